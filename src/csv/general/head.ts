import type { Dialect } from '../../model/dialect.ts';
import { fieldText } from '../../model/field-text.ts';
import { FIELD_NULL, MAX_FIELDS, type Tape } from '../../model/tape.ts';
import { contentEncoding, isUtf16 } from './encoding.ts';
import { readGeneral } from './read.ts';

/** Where records begin: byte, 0-based physical line, and rows before it as `headerRows` counts them. */
export interface Start {
  readonly byte: number;
  readonly line: number;
  readonly rows: number;
}

/** How a content begins. */
export interface Head {
  /** As declared, with the encoding that the byte order mark tells. */
  readonly dialect: Dialect;
  /** The names in the header rows, those of several rows joined; none where the content has no such row. */
  readonly names: readonly string[];
  /** The first row, after the mark and `skipRows`. */
  readonly first: Start;
  /** The first record after the header rows. */
  readonly data: Start;
}

/**
 * Reads the start of a content: byte order mark, `skipRows`, and the rows that are its header if it has one. Null: it
 * has not come whole, and more follows. `encoding-unsupported` where it cannot be read.
 *
 * Rows are records; blank ones that are skipped and those that start with `commentChar` are not counted.
 */
export function readHead(bytes: Uint8Array<ArrayBuffer>, declared: Dialect, last: boolean): Head | null {
  const { encoding, mark } = contentEncoding(bytes, declared.encoding);
  const dialect = { ...declared, encoding };
  const first = { byte: afterLines(bytes, mark, dialect), line: dialect.skipRows, rows: 0 };
  if (first.byte < 0) return last ? empty(dialect, bytes) : null;
  const rows = dialect.headerRows.at(-1) ?? 0;
  const tape = readGeneral(
    bytes,
    { ...dialect, ragged: 'reject', skipFooterRows: 0 },
    {
      width: MAX_FIELDS + 1,
      last,
      from: first.byte,
      maxRecords: rows,
    },
  );
  if (tape.records < rows && !last) return null;
  const data = { byte: tape.consumed, line: first.line + tape.lines, rows: tape.records };
  return { dialect, names: namesIn(tape, dialect), first, data };
}

function empty(dialect: Dialect, bytes: Uint8Array): Head {
  const end = { byte: bytes.length, line: dialect.skipRows, rows: 0 };
  return { dialect, names: [], first: end, data: end };
}

function namesIn(tape: Tape, { headerRows, headerJoin, ragged }: Dialect): string[] {
  const rows = headerRows.map((row) => row - 1).filter((record) => record < tape.records);
  const width = Math.max(0, ...rows.map((record) => tape.fieldCounts[record] ?? 0));
  const names = Array.from({ length: width }, (_, field) => {
    const slots = rows.map((record) => record * tape.width + field);
    const parts = slots.filter((slot) => !((tape.flags[slot] ?? 0) & FIELD_NULL));
    return parts.map((slot) => fieldText(tape, slot)).join(headerJoin);
  });
  if (ragged !== 'trim') return names;
  return names.slice(0, names.findLastIndex((name) => name !== '') + 1);
}

const LF = 10;
const CR = 13;

/** The byte after the lines of `skipRows`; -1 where their end has not come. */
function afterLines(bytes: Uint8Array, from: number, { encoding, skipRows }: Dialect): number {
  const unit = isUtf16(encoding) ? 2 : 1;
  const low = encoding === 'utf-16be' ? 1 : 0;
  const at = (i: number) => (unit === 2 && bytes[i + 1 - low] !== 0 ? -1 : bytes[i + low]);
  let i = from;
  for (let line = 0; line < skipRows; i += unit) {
    if (i >= bytes.length) return -1;
    const c = at(i);
    if (c === LF || (c === CR && at(i + unit) !== LF)) line++;
  }
  return i;
}
