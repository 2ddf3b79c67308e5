import { open } from 'node:fs/promises';
import { isPlain } from '../csv/dialect.ts';
import { encodeAscii } from '../csv/general/encoding.ts';
import { csvRecord } from '../csv/write.ts';
import { type AtomicFile, openAtomic } from '../lib/atomic-file.ts';
import { DEFAULT_DIALECT, type Dialect } from '../model/dialect.ts';
import type { RejectDocument } from '../model/reject.ts';
import { REASON_HEADER, rawBytes, reasonLines } from './export-rejects.ts';
import { type NotAdded, type NotAddedPlace, notAddedPaths } from './not-added-paths.ts';

export interface NotAddedOptions extends NotAddedPlace {
  /** Where the content lies, for its header line and what stands before it; null: nothing does. */
  readonly headerFrom: string | null;
  /** That the content was read in; default: RFC 4180. The files of rejects are read in the same. */
  readonly dialect?: Dialect | null;
}

const MOST_HEADER_BYTES = 1 << 20;
const LF = 10;
const CR = 13;
const QUOTE = 34;

/** The rejects come page by page, in the order of their lines. */
export async function writeNotAdded(
  options: NotAddedOptions,
  rejects: AsyncIterable<readonly RejectDocument[]>,
): Promise<NotAdded> {
  const writer = await NotAddedWriter.open(options);
  try {
    for await (const page of rejects) await writer.add(page);
  } catch (error) {
    await writer.discard();
    throw error;
  }
  return writer.commit();
}

/**
 * Writes a load's rejects: the records as they came (header first where the file has one), so that the file can be
 * mended and dropped into incoming again, and beside it why each was rejected. Both are there whole or not at all.
 * To be ended by `commit` or `discard`.
 */
export class NotAddedWriter {
  readonly #paths: NotAdded;
  readonly #records: AtomicFile;
  readonly #reasons: AtomicFile;
  readonly #dialect: Dialect;

  private constructor(paths: NotAdded, records: AtomicFile, reasons: AtomicFile, dialect: Dialect) {
    this.#paths = paths;
    this.#records = records;
    this.#reasons = reasons;
    this.#dialect = dialect;
  }

  static async open(options: NotAddedOptions): Promise<NotAddedWriter> {
    const dialect = options.dialect ?? DEFAULT_DIALECT;
    const head = options.headerFrom === null ? [] : await headOf(options.headerFrom, dialect);
    const paths = notAddedPaths(options);
    const records = await openAtomic(paths.records);
    const reasons = await openAtomic(paths.reasons).catch((error) => discarded(records, error));
    const writer = new NotAddedWriter(paths, records, reasons, dialect);
    await writer.#write(head, csvRecord(REASON_HEADER)).catch((error) => discarded(writer, error));
    return writer;
  }

  /** The next rejects, in the order of their lines. */
  add(rejects: readonly RejectDocument[]): Promise<void> {
    const end = written('\n', this.#dialect);
    const records = rejects.flatMap((reject) => [rawBytes(reject), end]);
    return this.#write(records, rejects.flatMap(reasonLines).join(''));
  }

  /** The reasons last: where they are, the records are. When it fails nothing has to be discarded any more. */
  async commit(): Promise<NotAdded> {
    // As many records are passed over at the end of this file as of the first.
    const footer = written('-\n', this.#dialect);
    const footers = new Array<Uint8Array>(this.#dialect.skipFooterRows).fill(footer);
    await this.#write(footers, '').catch((error) => discarded(this, error));
    await this.#records.commit().catch((error) => discarded(this.#reasons, error));
    await this.#reasons.commit();
    return this.#paths;
  }

  async discard(): Promise<void> {
    await this.#records.discard();
    await this.#reasons.discard();
  }

  async #write(records: readonly Uint8Array[], reasons: string): Promise<void> {
    await this.#records.file.writeFile(Buffer.concat(records));
    await this.#reasons.file.writeFile(reasons);
  }
}

/** Text with the record ends of a dialect, in its encoding; as it is where that cannot be. */
function written(text: string, { lineTerminator, encoding }: Dialect): Uint8Array {
  const own = encodeAscii(text.replaceAll('\n', lineTerminator ?? '\n'), encoding);
  return own ?? Buffer.from(text);
}

async function discarded(other: Pick<AtomicFile, 'discard'>, error: unknown): Promise<never> {
  await other.discard();
  throw error;
}

/** What is to stand before the records: the header, and where the dialect passes over lines, those too. */
async function headOf(path: string, dialect: Dialect): Promise<Uint8Array[]> {
  const file = await open(path, 'r');
  try {
    const buffer = new Uint8Array(MOST_HEADER_BYTES);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    const bytes = buffer.subarray(0, bytesRead);
    if (!isPlain(dialect)) return [await wholeHead(bytes, dialect)];
    const record = firstRecord(bytes);
    return record === null ? [] : [record, written('\n', dialect)];
  } finally {
    await file.close();
  }
}

/** Up to the last row that is not data by its number, byte order mark and all. */
async function wholeHead(bytes: Uint8Array<ArrayBuffer>, dialect: Dialect): Promise<Uint8Array> {
  const { readHead } = await import('../csv/general/head.ts');
  const { header, headerRows, commentRows } = dialect;
  const row = Math.max(0, ...commentRows, ...(header === true ? headerRows : []));
  const last = bytes.length < MOST_HEADER_BYTES;
  const head = readHead(bytes, { ...dialect, headerRows: [Math.max(1, row)] }, last);
  return bytes.subarray(0, (row === 0 ? head?.first : head?.data)?.byte ?? 0);
}

/** The file's first record without its end and without a byte-order mark; null when there is none. */
function firstRecord(bytes: Uint8Array): Uint8Array | null {
  let start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  while (bytes[start] === LF || bytes[start] === CR) start++;
  let quoted = false;
  let end = start;
  for (; end < bytes.length; end++) {
    const c = bytes[end];
    if (c === QUOTE) quoted = !quoted;
    else if (!quoted && (c === LF || c === CR)) break;
  }
  return end === start ? null : bytes.subarray(start, end);
}
