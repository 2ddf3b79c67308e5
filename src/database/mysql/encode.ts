import { freshMemory, giveBack, type Memory } from '../../lib/slabs.ts';
import type { InsertPlan } from '../../model/plan.ts';
import type { ColumnKind } from '../../model/table.ts';
import { FIELD_DOUBLED, type Tape } from '../../model/tape.ts';
import type { RowLayout } from '../database.ts';
import { copyField, isTrue } from '../field-bytes.ts';
import { formOf, type Job, mostBytes, writeUsualRows } from './encode-usual.ts';
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

export interface EncodedRows {
  readonly rows: number;
  readonly data: Uint8Array;
  readonly layout: RowLayout;
}

/**
 * Good records → rows of LOAD DATA's text format: tabs between the values, LF after each row, `\N` for NULL, and a
 * backslash before tab, LF and backslash. Binary values go as hexadecimal digits. Values that are equal are written
 * alike, but for floats and texts: so keys are told from each other without the server.
 */
export function encodeRows(
  tape: Tape,
  bad: Uint8Array,
  plan: InsertPlan,
  memory: Memory = freshMemory,
): EncodedRows {
  const writers = plan.columns.map((column) => WRITERS[column.kind]);
  const job = newJob(tape, bad, plan, memory);
  while (job.record < tape.records) {
    if (job.column === 0) reserve(job, memory);
    if (writeUsualRows(job)) writeOddValue(job, writers[job.column] ?? writeText);
  }
  const { starts, rows, at } = job;
  starts[rows] = at;
  const layout = { starts: starts.slice(0, rows + 1), records: job.records.slice(0, rows) };
  return { rows, data: new Uint8Array(job.out.buffer, 0, at), layout };
}

function newJob(tape: Tape, bad: Uint8Array, plan: InsertPlan, memory: Memory): Job {
  const { bytes, records, consumed } = tape;
  const size = Math.ceil(consumed * 1.1) + records * (plan.columns.length + 8) + 64;
  return {
    tape,
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
    bad,
    fields: Int32Array.from(plan.fields),
    forms: Int32Array.from(plan.columns, (column) => formOf(column.kind)),
    starts: new Int32Array(records + 1),
    records: new Int32Array(records),
    rows: 0,
    record: 0,
    column: 0,
    at: 0,
    out: viewOf(memory(size)),
  };
}

/** Makes room for the next record. */
function reserve(job: Job, memory: Memory): void {
  const needed = job.at + mostBytes(job.tape, job.record, job.fields.length);
  const size = job.out.byteLength;
  if (needed <= size) return;
  const written = new Uint8Array(job.out.buffer, 0, job.at);
  const larger = memory(Math.max(needed, Math.ceil(size * 1.5)));
  larger.set(written);
  giveBack(written);
  job.out = viewOf(larger);
}

const viewOf = ({ buffer, byteOffset, length }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, length);

function writeOddValue(job: Job, ofColumn: Write): void {
  const { bytes, starts, ends, flags, width } = job.tape;
  const slot = job.record * width + (job.fields[job.column] ?? 0);
  const write = (flags[slot] ?? 0) & FIELD_DOUBLED ? writeUndoubled : ofColumn;
  const out = new Uint8Array(job.out.buffer);
  const at = write(bytes, starts[slot] ?? 0, ends[slot] ?? 0, out, job.at);
  out[at] = TAB;
  job.at = at + 1;
  job.column++;
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
