import { RowferryError } from '../errors.ts';
import { MAX_BLOCK_BYTES } from './limits.ts';

/** Avro binary (Avro 1.11, Binary encoding) into memory that grows: the primitive types. */

const START_BYTES = 1 << 16;
/** Short ASCII text is copied faster by hand than by a call into the runtime. */
const SHORT_TEXT = 48;
/** Of a length or number, and of a union's branch before it. */
const PREFIX_BYTES = 12;

function rowTooLarge(): RowferryError {
  return new RowferryError(
    'table-unsupported',
    `a row takes more than ${MAX_BLOCK_BYTES / (1 << 20)} MiB, the most that a backup can hold`,
  );
}

export class BinaryWriter {
  #buffer = Buffer.allocUnsafeSlow(START_BYTES);
  #at = 0;

  /** Bytes written since `take`. */
  get size(): number {
    return this.#at;
  }

  /** A view that holds until the next write. */
  view(start: number, end: number): Buffer {
    return this.#buffer.subarray(start, end);
  }

  /** Takes what was written away. */
  take(): Buffer {
    const taken = this.#buffer.subarray(0, this.#at);
    this.#buffer = Buffer.allocUnsafeSlow(Math.max(START_BYTES, this.#at + (this.#at >> 3)));
    this.#at = 0;
    return taken;
  }

  byte(value: number): void {
    this.#need(1);
    this.#buffer[this.#at++] = value;
  }

  /** An Int32, zigzag and of variable length. */
  int(value: number): void {
    this.#need(PREFIX_BYTES);
    this.#varint(((value << 1) ^ (value >> 31)) >>> 0);
  }

  /** 64 bits as two Int32, zigzag and of variable length. */
  long(high: number, low: number): void {
    this.#need(PREFIX_BYTES);
    const sign = high >> 31;
    let lower = ((low << 1) ^ sign) >>> 0;
    let upper = (((high << 1) | (low >>> 31)) ^ sign) >>> 0;
    while (upper !== 0) {
      this.#buffer[this.#at++] = (lower & 127) | 128;
      lower = ((lower >>> 7) | (upper << 25)) >>> 0;
      upper >>>= 7;
    }
    this.#varint(lower);
  }

  /** A whole number within ±2^53. */
  number(value: number): void {
    if ((value | 0) === value) this.int(value);
    else this.long(Math.floor(value / 0x1_0000_0000), value | 0);
  }

  bigint(value: bigint): void {
    this.long(Number(BigInt.asIntN(32, value >> 32n)), Number(BigInt.asIntN(32, value)));
  }

  float(value: number): void {
    this.#need(4);
    this.#at = this.#buffer.writeFloatLE(value, this.#at);
  }

  double(value: number): void {
    this.#need(8);
    this.#at = this.#buffer.writeDoubleLE(value, this.#at);
  }

  /** The length, then the bytes. */
  bytes(bytes: Uint8Array, start: number, end: number): void {
    this.int(end - start);
    this.fixed(bytes, start, end);
  }

  /** The bytes alone. */
  fixed(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    this.#need(length);
    const buffer = this.#buffer;
    let at = this.#at;
    if (length <= SHORT_TEXT) for (let from = start; from < end; from++) buffer[at++] = bytes[from] ?? 0;
    else buffer.set(bytes.subarray(start, end), at);
    this.#at += length;
  }

  /** UTF-8 with its length. Gives the number of bytes. */
  string(value: string): number {
    const { length } = value;
    if (length <= SHORT_TEXT && this.#shortAscii(value, length)) return length;
    const bytes = Buffer.byteLength(value);
    this.int(bytes);
    this.#need(bytes);
    this.#at += this.#buffer.write(value, this.#at);
    return bytes;
  }

  /** False, and nothing written, when a character is not ASCII. */
  #shortAscii(value: string, length: number): boolean {
    this.#need(SHORT_TEXT + PREFIX_BYTES);
    const buffer = this.#buffer;
    let at = this.#at + 1;
    for (let index = 0; index < length; index++) {
      const code = value.charCodeAt(index);
      if (code > 127) return false;
      buffer[at++] = code;
    }
    buffer[this.#at] = length << 1;
    this.#at = at;
    return true;
  }

  /** The caller has asked for room. */
  #varint(value: number): void {
    const buffer = this.#buffer;
    let rest = value;
    while (rest > 127) {
      buffer[this.#at++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    buffer[this.#at++] = rest;
  }

  #need(bytes: number): void {
    const wanted = this.#at + bytes;
    if (wanted <= this.#buffer.length) return;
    if (wanted > MAX_BLOCK_BYTES) throw rowTooLarge();
    const larger = Buffer.allocUnsafeSlow(
      Math.min(MAX_BLOCK_BYTES, Math.max(wanted, this.#buffer.length * 2)),
    );
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }
}
