import { fieldText } from '../../model/field-text.ts';
import type { InsertPlan } from '../../model/plan.ts';
import type { Column } from '../../model/table.ts';
import { FIELD_DOUBLED, FIELD_NULL, type Tape } from '../../model/tape.ts';
import type { EncodedRows } from './encode.ts';

/**
 * The good records of a tape for `COPY … FROM STDIN (FORMAT text)`, for what has no binary form here. Fields with
 * tabs between, \N for NULL, a backslash before what would end a field or a row (COPY, Text Format).
 */
export function encodeCopyText(tape: Tape, bad: Uint8Array, plan: InsertPlan): EncodedRows {
  const writer = new TextRows(tape, plan);
  const starts = new Int32Array(tape.records + 1);
  const records = new Int32Array(tape.records);
  let rows = 0;
  for (let r = 0; r < tape.records; r++) {
    if (bad[r] !== 0) continue;
    starts[rows] = writer.length;
    records[rows++] = r;
    writer.row(r);
  }
  starts[rows] = writer.length;
  const layout = { starts: starts.slice(0, rows + 1), records: records.slice(0, rows) };
  return { rows, data: writer.data, layout };
}

const TAB = 9;
const LF = 10;
const CR = 13;
const BACKSLASH = 92;
const UPPER_N = 78;

/** What follows the backslash, by the byte that is escaped. */
const ESCAPES = new Uint8Array(256);
ESCAPES[TAB] = 116;
ESCAPES[LF] = 110;
ESCAPES[CR] = 114;
ESCAPES[BACKSLASH] = BACKSLASH;

class TextRows {
  length = 0;
  readonly #tape: Tape;
  readonly #columns: readonly Column[];
  readonly #fields: readonly number[];
  #out: Uint8Array<ArrayBuffer>;

  constructor(tape: Tape, { columns, fields }: InsertPlan) {
    this.#tape = tape;
    this.#columns = columns;
    this.#fields = fields;
    this.#out = new Uint8Array(tape.consumed * 1.1 + 4096);
  }

  get data(): Uint8Array<ArrayBuffer> {
    return this.#out.subarray(0, this.length);
  }

  row(record: number): void {
    const base = record * this.#tape.width;
    for (let c = 0; c < this.#columns.length; c++) {
      if (c > 0) this.#out[this.length++] = TAB;
      this.#field(base + (this.#fields[c] ?? 0), this.#columns[c]);
    }
    this.#reserve(0);
    this.#out[this.length++] = LF;
  }

  #field(slot: number, column: Column | undefined): void {
    const { bytes, starts, ends, flags } = this.#tape;
    const flag = flags[slot] ?? 0;
    const start = starts[slot] ?? 0;
    const end = ends[slot] ?? 0;
    this.#reserve(end - start);
    if (flag & FIELD_NULL) {
      this.#out[this.length++] = BACKSLASH;
      this.#out[this.length++] = UPPER_N;
    } else if (column?.kind === 'binary') this.#bytes(slot);
    else this.#text(bytes, start, end, flag & FIELD_DOUBLED ? (bytes[start - 1] ?? -1) : -1);
  }

  /** `quote`: the byte that is doubled; -1 where none is. */
  #text(bytes: Uint8Array, start: number, end: number, quote: number): void {
    const out = this.#out;
    let at = this.length;
    for (let i = start; i < end; i++) {
      const c = bytes[i] ?? 0;
      const letter = ESCAPES[c] ?? 0;
      if (letter !== 0) out[at++] = BACKSLASH;
      out[at++] = letter === 0 ? c : letter;
      if (c === quote) i++;
    }
    this.length = at;
  }

  /** \x and digits, the backslash escaped, whatever mark the field has. */
  #bytes(slot: number): void {
    const text = `\\\\x${fieldText(this.#tape, slot).replace(/^(?:\\x|0x)/i, '')}`;
    for (let i = 0; i < text.length; i++) this.#out[this.length++] = text.charCodeAt(i);
  }

  /** Room for a field, each byte of it escaped, and what stands around it. */
  #reserve(size: number): void {
    const needed = this.length + size * 2 + 16;
    if (needed <= this.#out.length) return;
    this.#out = new Uint8Array(this.#out.buffer.transfer(Math.ceil(needed * 1.5)));
  }
}
