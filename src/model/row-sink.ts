import type { StoredValue } from './stored-table.ts';

/**
 * Takes rows value by value: one call per column, in the order of the columns, then `endRow`. Which call is right for
 * a column follows from its form; NULL is `null` for each. A database that is read pushes into the encoder of a
 * backup, a backup that is read into the bulk writer of a database: no row is ever an object.
 *
 * Bytes are views of the caller's memory: a sink that keeps them copies them.
 */
export interface RowSink {
  null(): void;
  boolean(value: boolean): void;
  /** `int` and `date`. */
  int(value: number): void;
  /** `long`, `time-micros` and `timestamp-micros`: the upper and the lower 32 bits, both as Int32. */
  long(high: number, low: number): void;
  float(value: number): void;
  double(value: number): void;
  /** `string`: UTF-8. */
  text(bytes: Uint8Array, start: number, end: number): void;
  /** `bytes`. */
  bytes(bytes: Uint8Array, start: number, end: number): void;
  /** `decimal`: as many bytes as the form's size says. */
  fixed(bytes: Uint8Array, start: number, end: number): void;
  /** `classes`: a value is what it is. */
  value(value: StoredValue): void;
  /** True: what was gathered is to be taken away before the next row. */
  endRow(): boolean;
}
