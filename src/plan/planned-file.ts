import { type FileHandle, open } from 'node:fs/promises';
import { Findings } from '../check/findings.ts';
import { checkRecords } from '../check/records.ts';
import { byteOrderMark, scanBytes } from '../csv/dialect.ts';
import { scan } from '../csv/scan.ts';
import { emptyTapeBuffers } from '../csv/tape-writer.ts';
import { RowferryError } from '../errors.ts';
import type { Dialect } from '../model/dialect.ts';
import { fieldText } from '../model/field-text.ts';
import type { RejectCode } from '../model/reject.ts';
import { MAX_FIELDS, MAX_RECORD_BYTES, type Tape } from '../model/tape.ts';
import { guessHeader } from './guess-header.ts';

/** How the content that begins with these bytes is written; `whole`: it has no others. */
export type DialectFor = (
  bytes: Uint8Array<ArrayBuffer>,
  whole: boolean,
  path: string,
) => Promise<Dialect> | Dialect;

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
const PART_BYTES = 4 << 20;
const SAMPLE_RECORDS = 1000;

/** One CSV file that a plan rests on: what its head says, and its records as often as they are wanted. */
export class PlannedFile {
  readonly path: string;
  readonly size: number;
  readonly dialect: Dialect;
  /** Null where the file has no header. */
  readonly header: readonly string[] | null;
  /** Of a record that is whole. */
  readonly width: number;
  /** What was assumed of the header and is not certain. */
  readonly doubt: string | null;
  readonly #start: { readonly at: number; readonly lines: number };

  private constructor(path: string, size: number, dialect: Dialect, head: Head) {
    this.path = path;
    this.size = size;
    this.dialect = dialect;
    this.header = head.header;
    this.width = head.width;
    this.doubt = head.doubt;
    this.#start = { at: head.dataStart, lines: head.dataLine };
  }

  /** What of a dialect says that the header is passed over and the fields are the columns in their order. */
  get positional(): Partial<Dialect> {
    const rows = this.header === null ? 0 : this.#start.lines;
    return { header: false, skipRows: this.dialect.skipRows + rows };
  }

  static async open(path: string, dialectFor: DialectFor): Promise<PlannedFile> {
    await using file = await openFile(path);
    const { size } = await file.stat();
    const bytes = await readAt(file, path, 0, Math.min(HEAD_BYTES, size));
    const whole = bytes.length === size;
    const dialect = await dialectFor(bytes, whole, path);
    return new PlannedFile(path, size, dialect, readHead(bytes, whole, dialect));
  }

  /** All records, those that cannot be read among them. The arrays of a stretch are used again for the next one. */
  async *read(signal?: AbortSignal): AsyncGenerator<Stretch> {
    await using file = await openFile(this.path);
    const buffers = emptyTapeBuffers();
    let { at, lines } = this.#start;
    while (at < this.size) {
      signal?.throwIfAborted();
      const bytes = await readAt(file, this.path, at, Math.min(PART_BYTES, this.size - at));
      const last = at + bytes.length >= this.size;
      const tape = scan(bytes, { ...scanBytes(this.dialect), width: this.width, last, buffers });
      if (tape.consumed === 0) throw endless(this.path, lines);
      const findings = new Findings(tape.records);
      checkRecords(tape, findings);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      at += tape.consumed;
      yield { tape, view, bad: findings.bad, codes: findings.codes, lines, done: at };
      lines += tape.lines;
    }
  }
}

interface Head {
  readonly header: readonly string[] | null;
  readonly width: number;
  readonly doubt: string | null;
  readonly dataStart: number;
  readonly dataLine: number;
}

function readHead(bytes: Uint8Array<ArrayBuffer>, whole: boolean, dialect: Dialect): Head {
  const from = byteOrderMark(bytes);
  const options = { ...scanBytes(dialect), width: MAX_FIELDS + 1, last: whole, from };
  const sample = scan(bytes, { ...options, maxRecords: SAMPLE_RECORDS });
  const { header, doubt } =
    dialect.header === null
      ? guessHeader(sample, sample.width)
      : { header: dialect.header && sample.records > 0, doubt: null };
  if (!header) {
    return { header: null, width: usualWidth(sample), doubt, dataStart: from, dataLine: 0 };
  }
  const width = sample.fieldCounts[0] ?? 0;
  const first = scan(bytes, { ...options, maxRecords: 1 });
  const names = Array.from({ length: width }, (_, slot) => fieldText(sample, slot));
  return { header: names, width, doubt, dataStart: first.consumed, dataLine: first.lines };
}

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

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new RowferryError('file-unreadable', `${path} cannot be read: ${reason}`, { cause });
  }
}

async function readAt(
  file: FileHandle,
  path: string,
  at: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const buffer = new Uint8Array(length);
  let read = 0;
  while (read < length) {
    const { bytesRead } = await file.read(buffer, read, length - read, at + read);
    if (bytesRead === 0) {
      throw new RowferryError('file-changed', `${path} became shorter while it was read`, {
        hint: 'plan it again',
      });
    }
    read += bytesRead;
  }
  return buffer;
}

function endless(path: string, lines: number): RowferryError {
  return new RowferryError(
    'record-too-long',
    `${path}: the record in line ${lines + 1} has no end within ${PART_BYTES} bytes; a record has at most ${MAX_RECORD_BYTES}`,
    { hint: 'check the record ends and the quotes of the file around this place' },
  );
}
