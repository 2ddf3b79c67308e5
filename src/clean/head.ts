import { HeaderProfile } from '../csv/repair/header-profile.ts';
import type { Dialect } from '../model/dialect.ts';
import { fieldText } from '../model/field-text.ts';
import { MAX_FIELDS, RECORD_QUOTE_STRAY, RECORD_QUOTE_UNCLOSED, type Tape } from '../model/tape.ts';
import { afterLine, firstLineOf, markBytes } from './lines.ts';
import type { Mender } from './mender.ts';
import { OtherTable } from './other-table.ts';
import type { TapeReader } from './tape-reader.ts';

/** What stands before the data records. */
export interface Head {
  /** The header's rows; none where there is no header. */
  readonly rows: readonly (readonly string[])[];
  /** The names, those of several rows joined; null where there is no header. */
  readonly names: readonly string[] | null;
  /** Physical line of the header, 0-based. */
  readonly headerLine: number;
  /** Fields that most of the first records have; 0 where that is not clear. */
  readonly usualWidth: number;
  /** Where the data records start, and the 0-based physical line of it. */
  readonly from: number;
  readonly line: number;
}

export interface HeadOptions {
  readonly dialect: Dialect;
  readonly reader: TapeReader;
  readonly mender: Mender;
  readonly last: boolean;
}

/** Records that tell how many fields are usual. */
const PROBED = 1000;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Reads the head at the start of the content. A header row that is broken is mended where one way to do it fits. */
export function readHead(bytes: Uint8Array<ArrayBuffer>, options: HeadOptions): Head {
  const { dialect } = options;
  let from = markBytes(bytes);
  for (let row = 0; row < dialect.skipRows; row++) from = afterLine(bytes, from);
  const lastRow = lastHeadRow(dialect);
  const usualWidth = widthOf(bytes, { ...options, from, skipped: lastRow });
  const rows: string[][] = [];
  let line = dialect.skipRows;
  let headerLine = line;
  for (let row = 1; row <= lastRow && from < bytes.length; row++) {
    const found = readRow(bytes, from, usualWidth, options);
    if (found === null) break;
    const isHeader =
      dialect.header !== false && dialect.headerRows.includes(row) && !dialect.commentRows.includes(row);
    if (isHeader && rows.push(found.texts) === 1) headerLine = line + found.line;
    from = found.after;
    line += found.lines;
  }
  const names = rows.length === 0 ? null : joined(rows, dialect.headerJoin);
  return { rows, names, headerLine, usualWidth, from, line };
}

function lastHeadRow({ header, headerRows, commentRows }: Dialect): number {
  return Math.max(0, ...(header === false ? [] : headerRows), ...commentRows);
}

interface Row {
  readonly texts: string[];
  /** 0-based line it starts on, and lines it takes with those before it, from where it was looked for. */
  readonly line: number;
  readonly lines: number;
  readonly after: number;
}

function readRow(
  bytes: Uint8Array<ArrayBuffer>,
  from: number,
  width: number,
  { reader, mender, last }: HeadOptions,
): Row | null {
  const tape = reader.read(bytes, { from, width: MAX_FIELDS, last, maxRecords: 1 });
  if (tape.records === 0) return null;
  const start = tape.recordStarts[0] ?? 0;
  const line = tape.recordLines[0] ?? 0;
  const texts = textsOf(tape);
  const whole = decoder.decode(bytes.subarray(start, tape.recordEnds[0]));
  const quotes = ((tape.faults[0] ?? 0) & (RECORD_QUOTE_STRAY | RECORD_QUOTE_UNCLOSED)) !== 0;
  const read = { texts, line, lines: tape.lines, after: tape.consumed };
  if (width === 0 || (!quotes && texts.length === width)) return read;
  const profiles = Array.from({ length: width }, () => new HeaderProfile(mender.delimiter));
  const mended = mender.mend({ whole, firstLine: firstLineOf(whole), quotes }, profiles);
  if (mended === null) return read;
  const names = mended.fields.map(({ text }) => text);
  if (!mended.onlyFirstLine) return { ...read, texts: names };
  return { texts: names, line, lines: line + 1, after: afterLine(bytes, start) };
}

function textsOf(tape: Tape): string[] {
  const fields = Math.min(tape.fieldCounts[0] ?? 0, tape.width);
  return Array.from({ length: fields }, (_, slot) => fieldText(tape, slot));
}

/** The fields that most records after the head have, up to where another table starts; 0 where no number is that of most. */
function widthOf(
  bytes: Uint8Array<ArrayBuffer>,
  { reader, last, from, skipped }: HeadOptions & { readonly from: number; readonly skipped: number },
): number {
  // Two: a reader of one column takes blank lines for records.
  const tape = reader.read(bytes, { from, width: 2, last, maxRecords: PROBED });
  const times = new Map<number, number>();
  const header = [0, 1].map((slot) => fieldText(tape, slot));
  const other = skipped > 0 && tape.records > 0 ? new OtherTable(header) : null;
  for (let record = skipped; record < tape.records; record++) {
    if (record > skipped && other?.startsAt(tape, record)) break;
    const fields = tape.fieldCounts[record] ?? 0;
    if (tape.faults[record] === 0) times.set(fields, (times.get(fields) ?? 0) + 1);
  }
  const [usual] = [...times].sort((a, b) => b[1] - a[1]);
  const seen = [...times.values()].reduce((sum, each) => sum + each, 0);
  const [width = 0, count = 0] = usual ?? [];
  return skipped === 0 || count * 2 > seen ? width : 0;
}

function joined(rows: readonly (readonly string[])[], join: string): string[] {
  const width = Math.max(...rows.map((row) => row.length));
  return Array.from({ length: width }, (_, column) =>
    rows
      .map((row) => row[column] ?? '')
      .filter((part) => part !== '')
      .join(join),
  );
}
