/** The bytes of a tape and behind them an area for values that are written anew. */
export class Appended {
  /** Bytes up to `end` are in use. Replaced when the area grows, so take them anew after `room`. */
  bytes: Uint8Array<ArrayBuffer>;
  end: number;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.bytes = bytes;
    this.end = bytes.length;
  }

  /** Makes room for so many bytes behind `end`. */
  room(count: number): void {
    if (this.end + count <= this.bytes.length) return;
    const larger = new Uint8Array(Math.ceil((this.end + count) * 1.5) + 1024);
    larger.set(this.bytes.subarray(0, this.end));
    this.bytes = larger;
  }

  /** A few bytes: so few that a loop is faster than a call. */
  put(bytes: Uint8Array): void {
    this.room(bytes.length);
    for (let i = 0; i < bytes.length; i++) this.bytes[this.end++] = bytes[i] ?? 0;
  }

  /** Returns where it starts. */
  text(text: string): number {
    // A UTF-16 code unit has at most three bytes in UTF-8.
    this.room(text.length * 3);
    const start = this.end;
    this.end += encoder.encodeInto(text, this.bytes.subarray(start)).written;
    return start;
  }

  /** A copy of bytes[start, end) of the area itself; returns where it starts. */
  copy(start: number, end: number): number {
    this.room(end - start);
    const at = this.end;
    this.bytes.copyWithin(at, start, end);
    this.end += end - start;
    return at;
  }
}

const encoder = new TextEncoder();
