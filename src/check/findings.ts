import type { RejectCode } from '../model/reject.ts';

/** Marks in `bad`, one byte per record. */
const GOOD = 0;
const BAD_VALUE = 1;
/** The record itself is broken, so its fields may stand in the wrong places and are not looked at. */
export const BAD_RECORD = 2;

/** What the checkers found, kept flat: most records have nothing, so nothing is allocated for them. */
export class Findings {
  /** Uint8 × records: GOOD, BAD_VALUE or BAD_RECORD. */
  readonly bad: Uint8Array<ArrayBuffer>;
  readonly records: number[] = [];
  /** Index into the plan's columns; -1: the whole record. */
  readonly columns: number[] = [];
  readonly codes: RejectCode[] = [];
  #rejected = 0;

  constructor(records: number) {
    this.bad = new Uint8Array(records);
  }

  /** Records with at least one finding. */
  get rejected(): number {
    return this.#rejected;
  }

  value(record: number, column: number, code: RejectCode): void {
    this.#add(record, column, code, BAD_VALUE);
  }

  record(record: number, code: RejectCode): void {
    this.#add(record, -1, code, BAD_RECORD);
  }

  #add(record: number, column: number, code: RejectCode, mark: number): void {
    if (this.bad[record] === GOOD) this.#rejected++;
    if (this.bad[record] !== BAD_RECORD) this.bad[record] = mark;
    this.records.push(record);
    this.columns.push(column);
    this.codes.push(code);
  }
}
