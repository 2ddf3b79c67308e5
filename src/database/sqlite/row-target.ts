import type { StoredValue } from '../../model/stored-table.ts';
import type { RowTarget } from '../snapshot.ts';

/** Rows handed over at a time. */
const MOST_ROWS = 1000;

/** SQLite's columns hold values of any class, so every form that a backup of SQLite has is `classes`. */
export class SqliteRowTarget implements RowTarget {
  readonly #insert: (values: readonly StoredValue[]) => void;
  #values: StoredValue[] = [];
  #rows = 0;

  /** `insert` gets whole rows one after the other. */
  constructor(insert: (values: readonly StoredValue[]) => void) {
    this.#insert = insert;
  }

  value(value: StoredValue): void {
    this.#values.push(value);
  }

  endRow(): boolean {
    this.#rows += 1;
    return this.#rows >= MOST_ROWS;
  }

  async flush(): Promise<void> {
    const values = this.#values;
    this.#values = [];
    this.#rows = 0;
    this.#insert(values);
  }

  null(): void {
    this.#values.push(null);
  }
  boolean(value: boolean): void {
    this.#values.push(value ? 1n : 0n);
  }
  int(value: number): void {
    this.#values.push(BigInt(value));
  }
  long(high: number, low: number): void {
    this.#values.push((BigInt(high) << 32n) | BigInt(low >>> 0));
  }
  float(value: number): void {
    this.#values.push(value);
  }
  double(value: number): void {
    this.#values.push(value);
  }
  text(bytes: Uint8Array, start: number, end: number): void {
    this.#values.push(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString());
  }
  bytes(bytes: Uint8Array, start: number, end: number): void {
    this.#values.push(bytes.slice(start, end));
  }
  fixed(bytes: Uint8Array, start: number, end: number): void {
    this.bytes(bytes, start, end);
  }
}
