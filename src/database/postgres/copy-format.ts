import type { LaidOutRows } from '../row-layout.ts';

/** Only the binary format has a header, so its first row does not begin at 0. */
export const isBinary = ({ layout }: LaidOutRows): boolean => layout.starts[0] !== 0;

export const copySql = (table: string, columns: string, rows: LaidOutRows): string =>
  `COPY ${table} (${columns}) FROM STDIN (FORMAT ${isBinary(rows) ? 'binary' : 'text'})`;

/** With the ordinals of the records as a first column. */
export function withOrdinals(rows: LaidOutRows): Uint8Array<ArrayBuffer> {
  return isBinary(rows) ? withBinaryOrdinals(rows) : withTextOrdinals(rows);
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

/** Rows from `from` up to `to`, without those in `gone`, as a whole of their own; indexes among the rows. */
export function cutRows(
  { data, layout }: LaidOutRows,
  from: number,
  to: number,
  gone: ReadonlySet<number>,
): Uint8Array<ArrayBuffer> {
  const { starts, records } = layout;
  const head = starts[0] ?? 0;
  const tail = starts[records.length] ?? head;
  const start = starts[from] ?? head;
  const out = new Uint8Array(head + (starts[to] ?? tail) - start + data.length - tail);
  out.set(data.subarray(0, head));
  let at = head;
  let next = from;
  const left = [...gone].filter((row) => row >= from && row < to).sort((a, b) => a - b);
  for (const row of [...left, to]) {
    const piece = data.subarray(starts[next], starts[row]);
    out.set(piece, at);
    at += piece.length;
    next = row + 1;
  }
  out.set(data.subarray(tail), at);
  return out.subarray(0, at + data.length - tail);
}

/** Of rows in the binary format: the bytes of one column, a character for each; null for NULL. */
export function fieldReader({ data, layout }: LaidOutRows, column: number): (row: number) => string | null {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
  return (row) => {
    let at = (layout.starts[row] ?? 0) + COUNT_BYTES;
    for (let c = 0; c < column; c++) at += 4 + Math.max(0, bytes.readInt32BE(at));
    const length = bytes.readInt32BE(at);
    return length < 0 ? null : bytes.toString('latin1', at + 4, at + 4 + length);
  };
}

const WORD = 2 ** 32;

/** Of rows in the binary format: an integer column as numbers, beyond 2^53 rounded; NaN for NULL. */
export function integerReader({ data, layout }: LaidOutRows, column: number): (row: number) => number {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  return (row) => {
    let at = (layout.starts[row] ?? 0) + COUNT_BYTES;
    for (let c = 0; c < column; c++) at += 4 + Math.max(0, view.getInt32(at));
    switch (view.getInt32(at)) {
      case 2:
        return view.getInt16(at + 4);
      case 4:
        return view.getInt32(at + 4);
      case 8:
        return view.getInt32(at + 4) * WORD + view.getUint32(at + 8);
      default:
        return Number.NaN;
    }
  };
}
