import { isUtf8 } from 'node:buffer';
import { RowferryError } from '../errors.ts';

/** Avro binary (Avro 1.11, Binary encoding) out of a block; trusts no length and no text. Every fault is `backup-checksum`. */

const SHORT_TEXT = 64;

export function damaged(found: string): RowferryError {
  return new RowferryError('backup-checksum', `the rows of the backup cannot be read: ${found}`);
}

export class BinaryReader {
  #block: Buffer = Buffer.alloc(0);
  #at = 0;
  /** The upper 32 bits of the number that `long` read, as Int32. */
  high = 0;
  /** The lower 32 bits, as Int32. */
  low = 0;

  open(block: Buffer): void {
    this.#block = block;
    this.#at = 0;
  }

  get block(): Buffer {
    return this.#block;
  }

  /** Offset of the next byte. */
  get at(): number {
    return this.#at;
  }

  get atEnd(): boolean {
    return this.#at === this.#block.length;
  }

  /** Passes over so many bytes and gives where they start. */
  take(bytes: number): number {
    const start = this.#at;
    if (bytes > this.#block.length - start) throw damaged('a value runs past the end of its block');
    this.#at = start + bytes;
    return start;
  }

  byte(): number {
    return this.#block[this.take(1)] ?? 0;
  }

  /** Reads 64 bits into `high` and `low`. */
  long(): void {
    const block = this.#block;
    let at = this.#at;
    let low = 0;
    let high = 0;
    let shift = 0;
    let byte = 128;
    while (byte > 127) {
      if (at >= block.length) throw damaged('a value runs past the end of its block');
      if (shift > 63) throw damaged('a number of more than 64 bits');
      byte = block[at++] ?? 0;
      const bits = byte & 127;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (shift - 32);
      if (shift === 63 && bits > 1) throw damaged('a number of more than 64 bits');
      shift += 7;
    }
    this.#at = at;
    const sign = -(low & 1);
    this.low = ((low >>> 1) | (high << 31)) ^ sign;
    this.high = (high >>> 1) ^ sign;
  }

  /** An Int32. */
  int(): number {
    this.long();
    if (this.high !== this.low >> 31) throw damaged('a number of more than 32 bits');
    return this.low;
  }

  /** A number within ±2^53, a bigint beyond. */
  number(): number | bigint {
    this.long();
    const { high, low } = this;
    if (high === low >> 31) return low;
    const number = high * 0x1_0000_0000 + (low >>> 0);
    return Number.isSafeInteger(number) ? number : (BigInt(high) << 32n) | BigInt(low >>> 0);
  }

  double(): number {
    return this.#block.readDoubleLE(this.take(8));
  }

  float(): number {
    return this.#block.readFloatLE(this.take(4));
  }

  /** Passes over a length and its bytes; gives where these start, they end at `at`. */
  bytes(): number {
    const length = this.int();
    if (length < 0) throw damaged(`a length of ${length}`);
    return this.take(length);
  }

  /** `bytes` that are UTF-8. */
  text(): number {
    const start = this.bytes();
    const end = this.#at;
    const block = this.#block;
    let at = start;
    if (end - start <= SHORT_TEXT) while (at < end && (block[at] ?? 0) < 128) at += 1;
    if (at < end && !isUtf8(block.subarray(at, end))) throw damaged('a text that is not UTF-8');
    return start;
  }
}
