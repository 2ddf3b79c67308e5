import type { InsertPlan } from '../../model/plan.ts';
import type { ColumnKind } from '../../model/table.ts';
import { FIELD_DOUBLED, FIELD_NULL, type Tape } from '../../model/tape.ts';
import type { RowLayout } from '../database.ts';
import { copyField, isTrue } from '../field-bytes.ts';
import {
  writeDatetime,
  writeDecimal,
  writeFloat,
  writeHex,
  writeInteger,
  writeTime,
} from './encode-values.ts';

/** Writes the value of bytes[start, end) at `at`; the byte after it. */
type Write = (bytes: Uint8Array, start: number, end: number, out: Uint8Array, at: number) => number;

const WRITERS: Readonly<Record<ColumnKind, Write>> = {
  integer: writeInteger,
  decimal: writeDecimal,
  float: writeFloat,
  boolean: writeBoolean,
  date: copyField,
  time: writeTime,
  datetime: writeDatetime,
  uuid: writeHex,
  binary: writeHex,
  text: writeText,
  json: writeText,
};

const TAB = 9;
const LF = 10;
const BACKSLASH = 92;
const CAPITAL_N = 78;

/** No value grows by more than this beside its escapes: NULL, separators, the seconds of a date-time. */
const ROOM_PER_FIELD = 32;

export interface EncodedRows {
  readonly rows: number;
  readonly data: Uint8Array<ArrayBuffer>;
  readonly layout: RowLayout;
}

/**
 * Good records → rows of LOAD DATA's text format: tabs between the values, LF after each row, `\N` for NULL, and a
 * backslash before tab, LF and backslash. Binary values go as hexadecimal digits. Values that are equal are written
 * alike, but for floats and texts: so keys are told from each other without the server.
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
  readonly #fields: Int32Array;
  readonly #writers: readonly Write[];
  #out: Uint8Array<ArrayBuffer>;
  #at = 0;

  constructor(tape: Tape, plan: InsertPlan) {
    this.#tape = tape;
    this.#fields = Int32Array.from(plan.fields);
    this.#writers = plan.columns.map((column) => WRITERS[column.kind]);
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
    const writers = this.#writers;
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
      const write = flag & FIELD_DOUBLED ? writeUndoubled : (writers[c] ?? writeText);
      at = write(bytes, starts[slot] ?? 0, ends[slot] ?? 0, out, at);
    }
    out[at++] = LF;
    this.#at = at;
  }

  /** At worst every byte is escaped. */
  #room(record: number): Uint8Array {
    const { recordStarts, recordEnds } = this.#tape;
    const length = (recordEnds[record] ?? 0) - (recordStarts[record] ?? 0);
    const needed = this.#at + 2 * length + ROOM_PER_FIELD * (this.#fields.length + 1);
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

function writeBoolean(bytes: Uint8Array, start: number, _end: number, out: Uint8Array, at: number): number {
  out[at] = isTrue(bytes[start] ?? 0) ? 49 : 48;
  return at + 1;
}
