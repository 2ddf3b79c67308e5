import type { InsertPlan } from '../../model/plan.ts';
import type { LaidOutRows } from '../row-layout.ts';
import { isBinary } from './encode.ts';

export const copySql = (table: string, columns: string, plan: InsertPlan): string =>
  `COPY ${table} (${columns}) FROM STDIN (FORMAT ${isBinary(plan) ? 'binary' : 'text'})`;

/** Rows in a format of COPY, with the ordinals of their records as a first column. */
export function withOrdinals(rows: LaidOutRows, binary: boolean): Uint8Array<ArrayBuffer> {
  return binary ? withBinaryOrdinals(rows) : withTextOrdinals(rows);
}

/** Bytes of the count of columns that begins a row, and of an Int32 field with its length. */
const COUNT_BYTES = 2;
const ORDINAL_BYTES = 8;

function withBinaryOrdinals({ data, layout }: LaidOutRows): Uint8Array<ArrayBuffer> {
  const { starts, records } = layout;
  const out = new Uint8Array(data.length + records.length * ORDINAL_BYTES);
  const view = new DataView(out.buffer);
  const source = new DataView(data.buffer, data.byteOffset);
  const first = starts[0] ?? 0;
  out.set(data.subarray(0, first));
  let at = first;
  for (let row = 0; row < records.length; row++) {
    const start = starts[row] ?? 0;
    const end = starts[row + 1] ?? 0;
    view.setInt16(at, source.getInt16(start) + 1);
    view.setInt32(at + COUNT_BYTES, 4);
    view.setInt32(at + COUNT_BYTES + 4, records[row] ?? 0);
    at = copy(data, start + COUNT_BYTES, end, out, at + COUNT_BYTES + ORDINAL_BYTES);
  }
  out.set(data.subarray(starts[records.length] ?? first), at);
  return out;
}

const ZERO = 48;
const TAB = 9;
/** Digits of an ordinal and the tab after them. */
const MAX_ORDINAL_BYTES = 11;

function withTextOrdinals({ data, layout }: LaidOutRows): Uint8Array<ArrayBuffer> {
  const { starts, records } = layout;
  const out = new Uint8Array(data.length + records.length * MAX_ORDINAL_BYTES);
  let at = 0;
  for (let row = 0; row < records.length; row++) {
    at = writeDigits(records[row] ?? 0, out, at);
    out[at++] = TAB;
    at = copy(data, starts[row] ?? 0, starts[row + 1] ?? 0, out, at);
  }
  return out.subarray(0, at);
}

function writeDigits(value: number, out: Uint8Array, to: number): number {
  const digits = String(value);
  for (let i = 0; i < digits.length; i++) out[to + i] = digits.charCodeAt(i) || ZERO;
  return to + digits.length;
}

/** Rows are short: a loop beats the call of TypedArray.set below some forty bytes. */
function copy(from: Uint8Array, start: number, end: number, out: Uint8Array, to: number): number {
  if (end - start > 40) out.set(from.subarray(start, end), to);
  else for (let i = 0; i < end - start; i++) out[to + i] = from[start + i] ?? 0;
  return to + end - start;
}
