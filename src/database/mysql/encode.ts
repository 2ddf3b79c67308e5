import type { InsertPlan } from '../../model/plan.ts';
import type { Column, ColumnKind } from '../../model/table.ts';
import { FIELD_DOUBLED, FIELD_NULL, type Tape } from '../../model/tape.ts';
import type { RowLayout } from '../database.ts';
import { writeDatetime, writeDecimal, writeFloat, writeHex, writeTime } from './encode-values.ts';

/** How a field becomes a value of LOAD DATA's text format. */
const TEXT = 0;
/** Of digits, signs and the like: nothing in it is ever escaped. */
const PLAIN = 1;
const DECIMAL = 2;
const BOOLEAN = 3;
const HEX = 4;
const DATETIME = 5;
const TIME = 6;
const FLOAT = 7;

const WAYS: Partial<Record<ColumnKind, number>> = {
  integer: PLAIN,
  float: FLOAT,
  date: PLAIN,
  uuid: PLAIN,
  decimal: DECIMAL,
  boolean: BOOLEAN,
  binary: HEX,
  datetime: DATETIME,
  time: TIME,
};

const TAB = 9;
const LF = 10;
const BACKSLASH = 92;
const CAPITAL_N = 78;

/** No value grows by more than this beside its escapes: NULL, separators, the seconds of a date-time. */
const ROOM_PER_FIELD = 32;

/** The format that `loadSql` and `parseRow` read. */
export interface EncodedRows {
  readonly rows: number;
  readonly data: Uint8Array<ArrayBuffer>;
  readonly layout: RowLayout;
}

/**
 * Good records → rows of LOAD DATA's text format: tabs between the values, LF after each row, `\N` for NULL, and a
 * backslash before tab, LF and backslash. Binary values go as hexadecimal digits.
 */
export function encodeRows(tape: Tape, bad: Uint8Array, plan: InsertPlan): EncodedRows {
  const writer = new RowWriter(tape, plan);
  const starts = new Int32Array(tape.records + 1);
  const records = new Int32Array(tape.records);
  let rows = 0;
  for (let r = 0; r < tape.records; r++) {
    if (bad[r] !== 0) continue;
    starts[rows] = writer.at;
    records[rows++] = r;
    writer.row(r);
  }
  starts[rows] = writer.at;
  return {
    rows,
    data: writer.finish(),
    layout: { starts: starts.slice(0, rows + 1), records: records.slice(0, rows) },
  };
}

class RowWriter {
  readonly #tape: Tape;
  readonly #columns: readonly Column[];
  readonly #fields: Int32Array;
  readonly #ways: Uint8Array;
  #out: Uint8Array<ArrayBuffer>;
  #at = 0;

  constructor(tape: Tape, plan: InsertPlan) {
    this.#tape = tape;
    this.#columns = plan.columns;
    this.#fields = Int32Array.from(plan.fields);
    this.#ways = Uint8Array.from(plan.columns.map((column) => WAYS[column.kind] ?? TEXT));
    this.#out = new Uint8Array(
      Math.ceil(tape.consumed * 1.1) + tape.records * (plan.columns.length + 8) + 64,
    );
  }

  get at(): number {
    return this.#at;
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#out.subarray(0, this.#at);
  }

  row(record: number): void {
    const { starts, ends, flags, width, bytes } = this.#tape;
    const fields = this.#fields;
    const ways = this.#ways;
    const out = this.#room(record);
    const base = record * width;
    let at = this.#at;
    for (let c = 0; c < fields.length; c++) {
      if (c > 0) out[at++] = TAB;
      const slot = base + (fields[c] ?? 0);
      const flag = flags[slot] ?? 0;
      if (flag & FIELD_NULL) {
        out[at++] = BACKSLASH;
        out[at++] = CAPITAL_N;
        continue;
      }
      const start = starts[slot] ?? 0;
      const end = ends[slot] ?? 0;
      const way = ways[c];
      if (way === PLAIN) for (let i = start; i < end; i++) out[at++] = bytes[i] ?? 0;
      else if (way === TEXT) {
        at =
          flag & FIELD_DOUBLED
            ? writeUndoubled(bytes, start, end, out, at)
            : writeText(bytes, start, end, out, at);
      } else at = this.#value(c, start, end, out, at);
    }
    out[at++] = LF;
    this.#at = at;
  }

  #value(c: number, start: number, end: number, out: Uint8Array, at: number): number {
    const { bytes } = this.#tape;
    switch (this.#ways[c]) {
      case DECIMAL:
        return writeDecimal(bytes, start, end, out, at);
      case DATETIME:
        return writeDatetime(bytes, start, end, out, at);
      case TIME:
        return writeTime(bytes, start, end, out, at);
      case FLOAT:
        return writeFloat(bytes, start, end, out, at);
      case HEX:
        return writeHex(bytes, start, end, out, at);
      default:
        out[at] = isTrue(bytes[start]) ? 49 : 48;
        return at + 1;
    }
  }

  /** At worst every byte is escaped. */
  #room(record: number): Uint8Array {
    const { recordStarts, recordEnds } = this.#tape;
    const length = (recordEnds[record] ?? 0) - (recordStarts[record] ?? 0);
    const needed = this.#at + 2 * length + ROOM_PER_FIELD * (this.#columns.length + 1);
    if (needed > this.#out.length) {
      const larger = new Uint8Array(Math.max(needed, Math.ceil(this.#out.length * 1.5)));
      larger.set(this.#out.subarray(0, this.#at));
      this.#out = larger;
    }
    return this.#out;
  }
}

function writeText(bytes: Uint8Array, start: number, end: number, out: Uint8Array, to: number): number {
  let at = to;
  for (let i = start; i < end; i++) {
    const c = bytes[i] ?? 0;
    if (c === BACKSLASH || c === TAB || c === LF) at = writeEscape(c, out, at);
    else out[at++] = c;
  }
  return at;
}

/** Of two quotes one is left. */
function writeUndoubled(bytes: Uint8Array, start: number, end: number, out: Uint8Array, to: number): number {
  const quote = bytes[start - 1];
  let at = to;
  for (let i = start; i < end; i++) {
    const c = bytes[i] ?? 0;
    if (c === BACKSLASH || c === TAB || c === LF) at = writeEscape(c, out, at);
    else out[at++] = c;
    if (c === quote) i++;
  }
  return at;
}

const SMALL_N = 110;
const SMALL_T = 116;

/** As letters: then no row holds a tab or LF that is not a separator, and SQL strings read it the same way. */
function writeEscape(byte: number, out: Uint8Array, at: number): number {
  out[at] = BACKSLASH;
  out[at + 1] = byte === TAB ? SMALL_T : byte === LF ? SMALL_N : BACKSLASH;
  return at + 2;
}

/** 1, t, T of the accepted spellings. */
function isTrue(first: number | undefined): boolean {
  return first === 49 || first === 116 || first === 84;
}
