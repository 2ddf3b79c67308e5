import { hash } from 'node:crypto';
import type { EncodedRows } from '../avro/encoder.ts';
import { DigestSums } from '../lib/sha256-lanes.ts';

/** Rows of more bytes than this at a time are few and long: hashed one by one. */
const MOST_AT_ONCE = 1 << 20;
const KEPT_DIGITS = 32;

/**
 * What the rows of a table are, whatever their order: the sum mod 2^128 of the first 16 bytes of the SHA-256 of
 * each encoded row.
 */
export class ContentDigest {
  readonly #sums = new DigestSums();
  #sum = 0n;

  addRows({ data, rows, ends }: EncodedRows): void {
    if (data.length <= MOST_AT_ONCE) {
      this.#sums.add(data, ends);
      return;
    }
    for (let row = 0; row < rows; row++) {
      const digest = hash('sha256', data.subarray(ends[row - 1] ?? 0, ends[row]), 'hex');
      this.#sum += BigInt(`0x${digest.slice(0, KEPT_DIGITS)}`);
    }
  }

  /** 32 hex digits. */
  hex(): string {
    for (const [word, sum] of this.#sums.take().entries()) this.#sum += sum << BigInt(32 * (3 - word));
    return BigInt.asUintN(128, this.#sum).toString(16).padStart(KEPT_DIGITS, '0');
  }
}
