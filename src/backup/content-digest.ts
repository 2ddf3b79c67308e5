import { hash } from 'node:crypto';
import type { EncodedRows } from '../avro/encoder.ts';

/**
 * What the rows of a table are, whatever their order: the sum mod 2^128 of the first 16 bytes of the SHA-256 of
 * each encoded row.
 */
export class ContentDigest {
  /** Four lanes of 32 bits, lowest first; they may grow to 2^53 before the carries are moved. */
  readonly #lanes = new Float64Array(4);
  #pending = 0;

  addRows({ data, rows, ends }: EncodedRows): void {
    let start = 0;
    for (let row = 0; row < rows; row++) {
      const end = ends[row] ?? 0;
      this.add(data.subarray(start, end));
      start = end;
    }
  }

  add(row: Buffer): void {
    const bytes = hash('sha256', row, 'latin1');
    for (let lane = 0; lane < 4; lane++) {
      const at = 12 - lane * 4;
      const high = (bytes.charCodeAt(at) << 8) | bytes.charCodeAt(at + 1);
      const low = (bytes.charCodeAt(at + 2) << 8) | bytes.charCodeAt(at + 3);
      this.#lanes[lane] = (this.#lanes[lane] ?? 0) + high * 0x1_0000 + low;
    }
    this.#pending += 1;
    if (this.#pending === 1 << 20) this.#carry();
  }

  /** 32 hex digits. */
  hex(): string {
    this.#carry();
    return [...this.#lanes].reverse().reduce((text, lane) => text + lane.toString(16).padStart(8, '0'), '');
  }

  #carry(): void {
    let carry = 0;
    for (let lane = 0; lane < 4; lane++) {
      const sum = (this.#lanes[lane] ?? 0) + carry;
      this.#lanes[lane] = sum % 0x1_0000_0000;
      carry = Math.floor(sum / 0x1_0000_0000);
    }
    this.#pending = 0;
  }
}
