import { type FileHandle, open } from 'node:fs/promises';
import { Findings } from '../check/findings.ts';
import { checkRecords } from '../check/records.ts';
import { isPlain, scanBytes } from '../csv/dialect.ts';
import { contentEncoding } from '../csv/general/encoding.ts';
import { readHead as readGeneralHead } from '../csv/general/head.ts';
import { readGeneral } from '../csv/general/read.ts';
import { scan } from '../csv/scan.ts';
import { emptyTapeBuffers, type TapeBuffers } from '../csv/tape-writer.ts';
import { RowferryError } from '../errors.ts';
import { DEFAULT_DIALECT, type Dialect } from '../model/dialect.ts';
import { fieldText } from '../model/field-text.ts';
import type { RejectCode } from '../model/reject.ts';
import { MAX_FIELDS, MAX_RECORD_BYTES, type Tape } from '../model/tape.ts';
import { guessHeader } from './guess-header.ts';

/** One CSV content that a plan rests on. */
export interface PlanInput {
  /** Where it lies, unpacked. */
  readonly path: string;
  /** For people: `jobs.csv`, `hr.zip!jobs.csv`, `stdin`. */
  readonly label: string;
  /** As a plain file would be called: what tells the table. */
  readonly plainName: string;
  /** What is typed to load it. */
  readonly typed: string;
}

/** How a content begins and ends. */
export interface Ends {
  readonly head: Uint8Array<ArrayBuffer>;
  readonly tail: Uint8Array<ArrayBuffer>;
  /** The head is all there is. */
  readonly whole: boolean;
}

/** How a content is written. */
export type DialectFor = (ends: Ends, input: PlanInput, table: string) => Dialect;

/** Some records of a file. */
export interface Stretch {
  readonly tape: Tape;
  readonly view: DataView;
  /** Uint8 × records: not 0 where the record cannot be read, so that a load rejects it. */
  readonly bad: Uint8Array;
  readonly codes: readonly RejectCode[];
  /** Physical lines of the file before the bytes of the tape. */
  readonly lines: number;
  /** Bytes of the file up to the end of the tape. */
  readonly done: number;
}

const HEAD_BYTES = 1 << 20;
const TAIL_BYTES = 1 << 16;
const PART_BYTES = 4 << 20;
const SAMPLE_RECORDS = 1000;

/** One CSV file that a plan rests on: what its head says, and its records as often as they are wanted. */
export class PlannedFile {
  readonly input: PlanInput;
  readonly size: number;
  readonly dialect: Dialect;
  /** The dialect without what its values say of it. */
  readonly declared: Dialect;
  /** Null where the file has no header. */
  readonly header: readonly string[] | null;
  /** Of a record that is whole. */
  readonly width: number;
  /** What was assumed of the header and is not certain. */
  readonly doubt: string | null;
  readonly #data: Start;
  readonly #head: Head;

  private constructor(input: PlanInput, size: number, head: Head, values: Partial<Dialect> = {}) {
    this.input = input;
    this.size = size;
    this.dialect = { ...head.dialect, ...values };
    this.declared = head.dialect;
    this.header = head.header;
    this.width = head.width;
    this.doubt = head.doubt;
    this.#data = head.data;
    this.#head = head;
  }

  /**
   * What of a dialect says that the header is passed over and the fields are the columns in their order. Rows are counted
   * from there on.
   */
  get positional(): Partial<Dialect> {
    const { line, rows } = this.#data;
    const commentRows = this.dialect.commentRows.filter((row) => row > rows).map((row) => row - rows);
    return { header: false, skipRows: line, headerRows: DEFAULT_DIALECT.headerRows, commentRows };
  }

  /** The same file with its values written so. */
  readAs(values: Partial<Dialect>): PlannedFile {
    return new PlannedFile(this.input, this.size, this.#head, values);
  }

  static async open(input: PlanInput, table: string, dialectFor: DialectFor): Promise<PlannedFile> {
    await using file = await openFile(input);
    const { size } = await file.stat();
    const head = await readAt(file, input, 0, Math.min(HEAD_BYTES, size));
    const whole = head.length === size;
    const tailBytes = Math.min(TAIL_BYTES, size);
    const tail = whole ? head : await readAt(file, input, size - tailBytes, tailBytes);
    const dialect = dialectFor({ head, tail, whole }, input, table);
    return new PlannedFile(input, size, readHead(input, head, whole, dialect));
  }

  /** All records, those that cannot be read among them. The arrays of a stretch are used again for the next one. */
  async *read(signal?: AbortSignal): AsyncGenerator<Stretch> {
    await using file = await openFile(this.input);
    const buffers = emptyTapeBuffers();
    let { byte: at, line: lines } = this.#data;
    let rows: number | undefined = this.#data.rows;
    while (at < this.size) {
      signal?.throwIfAborted();
      const left = this.size - at;
      // A footer is not cut in two.
      const bytes = await readAt(file, this.input, at, left < PART_BYTES + HEAD_BYTES ? left : PART_BYTES);
      const last = bytes.length === left;
      const tape = readTape(bytes, this.dialect, { width: this.width, last, buffers, rows });
      if (tape.consumed === 0) throw endless(this.input, lines);
      at += tape.consumed;
      yield stretch(tape, lines, at);
      lines += tape.lines;
      rows = undefined;
    }
  }
}

interface ReadOptions {
  readonly width: number;
  readonly last: boolean;
  readonly buffers?: TapeBuffers;
  readonly from?: number;
  readonly maxRecords?: number;
  /** Rows before the first record; undefined in the middle of a file. */
  readonly rows: number | undefined;
}

function readTape(bytes: Uint8Array<ArrayBuffer>, dialect: Dialect, options: ReadOptions): Tape {
  const { rows, ...others } = options;
  if (isPlain(dialect)) return scan(bytes, { ...scanBytes(dialect), ...others });
  return readGeneral(bytes, dialect, rows === undefined ? others : { ...others, rows });
}

function stretch(tape: Tape, lines: number, done: number): Stretch {
  const findings = new Findings(tape.records);
  checkRecords(tape, findings);
  const view = new DataView(tape.bytes.buffer, tape.bytes.byteOffset, tape.bytes.length);
  return { tape, view, bad: findings.bad, codes: findings.codes, lines, done };
}

/** Byte and 0-based physical line, and the rows before it. */
interface Start {
  readonly byte: number;
  readonly line: number;
  readonly rows: number;
}

interface Head {
  /** As declared, with the encoding that the byte order mark tells. */
  readonly dialect: Dialect;
  readonly header: readonly string[] | null;
  readonly width: number;
  readonly doubt: string | null;
  /** The first record after the header. */
  readonly data: Start;
}

function readHead(input: PlanInput, bytes: Uint8Array<ArrayBuffer>, whole: boolean, declared: Dialect): Head {
  const { encoding, mark } = contentEncoding(bytes, declared.encoding);
  const dialect = { ...declared, encoding };
  const start = isPlain(dialect)
    ? plainStart(bytes, whole, dialect, mark)
    : generalStart(bytes, whole, dialect);
  if (start === null) throw endless(input, 0);
  const { first, data, names } = start;
  const options = {
    width: MAX_FIELDS + 1,
    last: whole,
    from: first.byte,
    maxRecords: SAMPLE_RECORDS,
    rows: 0,
  };
  const sample = readTape(bytes, { ...dialect, ragged: 'reject', skipFooterRows: 0 }, options);
  const { header, doubt } =
    dialect.header === null && dialect.headerRows.length === 1
      ? guessHeader(sample, sample.width)
      : { header: dialect.header !== false && names.length > 0, doubt: null };
  return header
    ? { dialect, header: names, width: names.length, doubt, data }
    : { dialect, header: null, width: usualWidth(sample), doubt, data: first };
}

interface HeadStart {
  readonly first: Start;
  readonly data: Start;
  readonly names: readonly string[];
}

/** Null: the first record has no end within the bytes. */
function plainStart(
  bytes: Uint8Array<ArrayBuffer>,
  whole: boolean,
  dialect: Dialect,
  mark: number,
): HeadStart | null {
  const options = { width: MAX_FIELDS + 1, last: whole, from: mark, maxRecords: 1, rows: 0 };
  const tape = readTape(bytes, dialect, options);
  if (tape.records === 0 && !whole) return null;
  const names = Array.from({ length: tape.fieldCounts[0] ?? 0 }, (_, slot) => fieldText(tape, slot));
  return {
    first: { byte: mark, line: 0, rows: 0 },
    data: { byte: tape.consumed, line: tape.lines, rows: tape.records },
    names: tape.records === 0 ? [] : names,
  };
}

const generalStart = (bytes: Uint8Array<ArrayBuffer>, whole: boolean, dialect: Dialect): HeadStart | null =>
  readGeneralHead(bytes, dialect, whole);

/** The number of fields that most records have. */
function usualWidth({ fieldCounts, records }: Tape): number {
  const counts = new Map<number, number>();
  for (let r = 0; r < records; r++) {
    const fields = fieldCounts[r] ?? 0;
    counts.set(fields, (counts.get(fields) ?? 0) + 1);
  }
  const [usual] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? [1];
  return Math.max(1, usual);
}

async function openFile({ path, label }: PlanInput): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new RowferryError('file-unreadable', `${label} cannot be read: ${reason}`, { cause });
  }
}

async function readAt(
  file: FileHandle,
  { label }: PlanInput,
  at: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const buffer = new Uint8Array(length);
  let read = 0;
  while (read < length) {
    const { bytesRead } = await file.read(buffer, read, length - read, at + read);
    if (bytesRead === 0) {
      throw new RowferryError('file-changed', `${label} became shorter while it was read`, {
        hint: 'plan it again',
      });
    }
    read += bytesRead;
  }
  return buffer;
}

function endless({ label }: PlanInput, lines: number): RowferryError {
  return new RowferryError(
    'record-too-long',
    `${label}: the record in line ${lines + 1} has no end within ${PART_BYTES} bytes; a record has at most ${MAX_RECORD_BYTES}`,
    { hint: 'check the record ends and the quotes of the file around this place' },
  );
}
