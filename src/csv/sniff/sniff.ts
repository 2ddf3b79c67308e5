import { DEFAULT_DIALECT, type Dialect } from '../../model/dialect.ts';
import { footerWarning, type HeaderDoubt, headerDoubt, headerQuestion, headerWarning } from './doubts.ts';
import { decode, type EncodingGuess, sniffEncoding } from './encoding.ts';
import type { SniffTable } from './fit.ts';
import { type Footers, footersAlone, footersFor } from './footers.ts';
import { isPlainFor } from './plain.ts';
import type { Question, Reading } from './question.ts';
import { type Candidate, candidate, rank } from './rank.ts';
import { type Row, type Shape, tokenize } from './tokenize.ts';
import { sniffValues } from './values.ts';

export type Property = keyof Dialect;

export interface SniffOptions {
  /** The dictionary of the table that the content goes into. */
  readonly table?: SniffTable;
  /** What is known: it is not sniffed. */
  readonly declared?: Partial<Dialect>;
  /** The bytes are the whole content. */
  readonly whole: boolean;
  /** The last bytes of a content of which `bytes` are only the first: footer lines are looked for in them. */
  readonly tail?: Uint8Array;
}

export interface Sniffed {
  readonly dialect: Dialect;
  /** Share of the records looked at that fit the table or, without one, how much like a table they look: 0 to 1. */
  readonly confidence: number;
  /** What the properties that are not those of RFC 4180 rest on, for a person. */
  readonly evidence: Readonly<Partial<Record<Property, string>>>;
  /** Other ways to read the records, the next best first. */
  readonly alternatives: ReadonlyArray<{ readonly dialect: Partial<Dialect>; readonly confidence: number }>;
  /** What the data do not decide: such a dialect is not to be loaded with (`ambiguous`). */
  readonly questions: readonly Question[];
  /** What is taken for records although it may be none, each for a person. */
  readonly warnings: readonly string[];
}

/** Characters that all shapes are tried on, and that the layout is found in. */
const TRIED = 1 << 14;
const LAID_OUT = 1 << 16;
/** So many records that a few odd ones make no difference. */
const FEWEST_ROWS = 12;

/**
 * How a CSV content is written, by its first bytes (1 MiB is enough). With a table the dialect under which most
 * records fit it; without one the dialect whose records look most like a table. What RFC 4180 reads stays so.
 */
export function sniff(bytes: Uint8Array, options: SniffOptions): Sniffed {
  const { declared = {}, table } = options;
  const encoding = encodingOf(bytes, declared);
  if (table !== undefined && isPlainFor(bytes, encoding, table, options)) return untouched(declared);
  const full = decode(bytes, encoding.encoding);
  const mark = spreadsheetMark(full, declared);
  if (mark !== null) return sniff(bytes, { ...options, declared: { ...declared, ...mark } });
  const { text, lines } = afterSkipped(full, declared.skipRows ?? 0);
  const ranking = rank(text.slice(0, triedLength(text)), {
    table,
    declared,
    whole: options.whole && text.length <= triedLength(text),
  });
  const { shape } = ranking.best;
  const whole = options.whole && text.length <= LAID_OUT;
  const best = candidate(text.slice(0, LAID_OUT), shape, { table, declared, whole });
  if (table !== undefined && best.score === 0 && !best.named) {
    return { ...untouched(declared), confidence: 0, ...asked(encoding, bytes) };
  }
  const end = endOf(best, text, encoding.encoding, options);
  const footers = footersOf(best, end, options);
  const header = headerDoubtOf(best, declared);
  const values = sniffValues({ best, text, footers: footers.count, whole: options.whole, declared, lines });
  const found = structureOf(best, footers, encoding, declared, table);
  return {
    dialect: { ...DEFAULT_DIALECT, ...found.dialect, ...values.dialect, ...declared },
    confidence: best.score,
    evidence: withoutKeysOf({ ...found.evidence, ...values.evidence }, declared),
    alternatives: ranking.others
      .slice(0, 3)
      .map(({ shape, score }) => ({ dialect: shape, confidence: score })),
    questions: [
      ...asked(encoding, bytes).questions,
      ...(ranking.question === null ? [] : [ranking.question]),
      ...values.questions,
      ...(header?.strong === true ? [headerQuestion(header, lines)] : []),
    ],
    warnings: [
      ...(header?.strong === false ? [headerWarning(header, lines)] : []),
      ...footerWarnings(best, end, footers, options),
    ],
  };
}

const SEPARATOR = /^sep=([^\r\n])(?:\r\n|\r|\n)/i;

/** `sep=;` in the first line, as spreadsheets write and read it; null where there is none. */
function spreadsheetMark(
  text: string,
  { delimiter, skipRows }: Partial<Dialect>,
): Pick<Dialect, 'delimiter' | 'skipRows'> | null {
  const [, found] = SEPARATOR.exec(text) ?? [];
  if (found === undefined || skipRows !== undefined) return null;
  return { delimiter: delimiter ?? found, skipRows: 1 };
}

function untouched(declared: Partial<Dialect>): Sniffed {
  const dialect = { ...DEFAULT_DIALECT, ...declared };
  return { dialect, confidence: 1, evidence: {}, alternatives: [], questions: [], warnings: [] };
}

function encodingOf(bytes: Uint8Array, { encoding }: Partial<Dialect>): EncodingGuess {
  if (encoding !== undefined) return { encoding, evidence: 'declared', others: [] };
  return sniffEncoding(bytes);
}

/** The text after so many physical lines. */
function afterSkipped(text: string, skipRows: number): { text: string; lines: number } {
  let at = 0;
  for (let line = 0; line < skipRows && at < text.length; line++) {
    const end = /\r\n|\n|\r/g;
    end.lastIndex = at;
    const match = end.exec(text);
    at = match === null ? text.length : match.index + match[0].length;
  }
  return { text: text.slice(at), lines: skipRows };
}

/** As much as has a dozen lines. */
function triedLength(text: string): number {
  let length = TRIED;
  while (length < text.length && length < LAID_OUT && linesIn(text, length) < FEWEST_ROWS) length *= 2;
  return length;
}

function linesIn(text: string, length: number): number {
  return text.slice(0, length).split(/\r\n|\n|\r/, FEWEST_ROWS + 1).length;
}

function footersOf({ layout }: Candidate, rows: readonly Row[] | null, { declared }: SniffOptions): Footers {
  if (declared?.skipFooterRows !== undefined || rows === null) return { count: 0, evidence: null };
  const { columns, width } = layout;
  return columns === null ? footersAlone(rows, width) : footersFor(rows, columns);
}

/** Of a content whose first records were declared to be what they are there is none. */
function headerDoubtOf({ layout }: Candidate, { header, skipRows }: Partial<Dialect>): HeaderDoubt | null {
  return header === undefined && skipRows === undefined ? headerDoubt(layout) : null;
}

function footerWarnings(
  { layout: { columns } }: Candidate,
  rows: readonly Row[] | null,
  { count }: Footers,
  { declared }: SniffOptions,
): string[] {
  if (columns === null || rows === null || declared?.skipFooterRows !== undefined || count > 0) return [];
  const warning = footerWarning(rows, columns);
  return warning === null ? [] : [warning];
}

/** The rows at the end of the content; null where they are not known. */
function endOf({ shape, rows, layout }: Candidate, text: string, encoding: string, options: SniffOptions) {
  const start = layout.records[0]?.line ?? 0;
  if (options.whole && text.length <= LAID_OUT)
    return withoutMarks(
      rows.filter((row) => row.line >= start),
      layout.commentChar,
    );
  const tail = options.whole ? text.slice(-LAID_OUT) : options.tail && decode(options.tail, encoding);
  if (tail === undefined) return null;
  const from = tail.search(/[\r\n]/) + 1;
  const found = tokenize(tail.slice(from), shape, { whole: true });
  return found.some((row) => row.fault) ? null : withoutMarks(found, layout.commentChar);
}

/** Comments are no footers; blank lines stay, since what stands after one stands apart. */
function withoutMarks(rows: readonly Row[], commentChar: string | null): Row[] {
  return rows.filter(({ cells }) => commentChar === null || cells[0]?.startsWith(commentChar) !== true);
}

function structureOf(
  { shape, layout }: Candidate,
  footers: Footers,
  encoding: EncodingGuess,
  declared: Partial<Dialect>,
  table: SniffTable | undefined,
): { dialect: Partial<Dialect>; evidence: Partial<Record<Property, string>> } {
  const { commentChar, headerRows, names, records } = layout;
  const skipRows = countsRows(declared) ? 0 : layout.skipRows;
  const header = table === undefined ? headerRows > 0 : null;
  const changed: Partial<Dialect> = {
    ...shape,
    doubleQuote: shape.escapeChar === null || shape.doubleQuote,
    encoding: encoding.encoding,
    header,
    ...(commentChar === null ? {} : { commentChar }),
    ...(skipRows > 0 ? { skipRows } : {}),
    ...(headerRows > 1 ? { headerRows: Array.from({ length: headerRows }, (_, i) => i + 1) } : {}),
    ...(footers.count > 0 ? { skipFooterRows: footers.count } : {}),
  };
  const odd = isOdd(changed);
  const dialect = odd && header === null && names !== null ? { ...changed, header: true } : changed;
  const line = (declared.skipRows ?? 0) + skipRows + 1;
  return {
    dialect,
    evidence: {
      ...shapeEvidence(shape, layout.width, records.length),
      ...(encoding.encoding === 'utf-8' ? {} : { encoding: encoding.evidence }),
      ...(commentChar === null ? {} : { commentChar: `lines that begin with ${commentChar}` }),
      ...(skipRows > 0
        ? { skipRows: `${names === null ? 'the records start' : 'the header stands'} in line ${line}` }
        : {}),
      ...(headerRows > 1 ? { headerRows: `the header has ${headerRows} rows` } : {}),
      ...(footers.evidence === null ? {} : { skipFooterRows: footers.evidence }),
    },
  };
}

/** Whoever gives numbers of rows counts them from the start that is declared too. */
const countsRows = ({ headerRows, commentRows }: Partial<Dialect>): boolean =>
  headerRows !== undefined || commentRows !== undefined;

function isOdd(dialect: Partial<Dialect>): boolean {
  return Object.entries(dialect).some(([name, value]) => value !== Reflect.get(DEFAULT_DIALECT, name));
}

function shapeEvidence(shape: Shape, width: number, records: number): Partial<Record<Property, string>> {
  const rests = `${records} records looked at, ${width} fields each`;
  const names = ['delimiter', 'quoteChar', 'escapeChar', 'skipInitialSpace'] as const;
  const odd = names.filter((name) => shape[name] !== DEFAULT_DIALECT[name]);
  return Object.fromEntries(odd.map((name) => [name, rests]));
}

function withoutKeysOf(
  evidence: Partial<Record<Property, string>>,
  declared: Partial<Dialect>,
): Partial<Record<Property, string>> {
  return Object.fromEntries(Object.entries(evidence).filter(([name]) => !Object.hasOwn(declared, name)));
}

/** The first line that another encoding reads otherwise. */
function asked({ encoding, others }: EncodingGuess, bytes: Uint8Array): { questions: Question[] } {
  const [other] = others;
  if (other === undefined) return { questions: [] };
  const [one, two] = [encoding, other].map((each) => decode(bytes, each).split(/\r\n|\n|\r/));
  const at = one?.findIndex((line, i) => line !== two?.[i]) ?? 0;
  const reading = (name: string, lines: readonly string[] | undefined): Reading => ({
    dialect: { encoding: name },
    shows: JSON.stringify(lines?.[at]?.slice(0, 80) ?? ''),
  });
  return {
    questions: [{ about: `line ${at + 1}`, readings: [reading(encoding, one), reading(other, two)] }],
  };
}
