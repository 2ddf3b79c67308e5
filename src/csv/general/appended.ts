/** What stands on a tape beside the bytes that came: fields that had to be written anew. */
export class Appended {
  #bytes = new Uint8Array(0);
  length = 0;

  /** Makes room and gives the bytes; what is written from `length` on counts once `length` is moved. */
  reserve(count: number): Uint8Array<ArrayBuffer> {
    const needed = this.length + count;
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2, 4096));
      larger.set(this.#bytes.subarray(0, this.length));
      this.#bytes = larger;
    }
    return this.#bytes;
  }

  /** The bytes with these after them; the bytes themselves where there are none. */
  after(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    if (this.length === 0) return bytes;
    const all = new Uint8Array(bytes.length + this.length);
    all.set(bytes);
    all.set(this.#bytes.subarray(0, this.length), bytes.length);
    return all;
  }
}
