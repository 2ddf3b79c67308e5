import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { csvRecord, formulaSafe } from '../csv/write.ts';
import { writeAtomic } from '../lib/atomic-file.ts';
import type { RejectDocument } from '../model/reject.ts';

export interface NotAddedOptions {
  /** data/not_added. */
  readonly folder: string;
  readonly table: string;
  readonly load: string;
  /** As it was dropped or named; only its last part is used, and what no file name may hold is replaced. */
  readonly name: string;
  /** Where the content lies, for its header line; null: it has none. */
  readonly headerFrom: string | null;
  /** Called once for each of the two files. */
  readonly rejects: () => AsyncIterable<RejectDocument>;
}

export interface NotAdded {
  readonly records: string;
  readonly reasons: string;
}

const FLUSH_BYTES = 1 << 18;
const MOST_HEADER_BYTES = 1 << 20;
/** File systems allow 255; the load's id and the endings come to it. */
const MOST_NAME_BYTES = 150;
const LF = 10;
const CR = 13;
const QUOTE = 34;

/** The two paths for a load's rejects: `<folder>/<table>/<file>.<load>.csv` and `….reasons.csv`. */
export function notAddedPaths(
  options: Pick<NotAddedOptions, 'folder' | 'table' | 'load' | 'name'>,
): NotAdded {
  const last = options.name.split(/[/\\]/).at(-1) ?? '';
  const stem = safeName(last.replace(/\.csv$/i, '')) || 'rows';
  const base = join(options.folder, safeName(options.table), `${stem}.${options.load}`);
  return { records: `${base}.csv`, reasons: `${base}.reasons.csv` };
}

/**
 * Writes a load's rejects: the records as they came (header first where the file has one), so that the file can be
 * mended and dropped into incoming again, and beside it why each was rejected. Both are there whole or not at all.
 */
export async function writeNotAdded(options: NotAddedOptions): Promise<NotAdded> {
  const paths = notAddedPaths(options);
  const header = options.headerFrom === null ? null : await headerOf(options.headerFrom);
  await writeAll(paths.reasons, reasonLines(options.rejects()));
  await writeAll(paths.records, records(header, options.rejects()));
  return paths;
}

async function* records(
  header: Uint8Array | null,
  rejects: AsyncIterable<RejectDocument>,
): AsyncGenerator<Uint8Array> {
  const recordEnd = Buffer.from('\n');
  if (header !== null) yield Buffer.concat([header, recordEnd]);
  for await (const reject of rejects) yield Buffer.concat([rawBytes(reject), recordEnd]);
}

async function* reasonLines(rejects: AsyncIterable<RejectDocument>): AsyncGenerator<Uint8Array> {
  yield Buffer.from(csvRecord(['line', 'byte_offset', 'column', 'value', 'code', 'message']));
  for await (const { line, byteOffset, errors } of rejects) {
    for (const { column, value, code, message } of errors) {
      const cells = [column, value, code, message].map((cell) => (cell === null ? null : formulaSafe(cell)));
      yield Buffer.from(csvRecord([line, byteOffset, ...cells]));
    }
  }
}

/** `raw` is text where the bytes are UTF-8; otherwise only `rawBase64` gives them back as they were. */
function rawBytes(reject: RejectDocument): Buffer {
  return reject.rawBase64 === undefined ? Buffer.from(reject.raw) : Buffer.from(reject.rawBase64, 'base64');
}

async function writeAll(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  await writeAtomic(path, async (file) => {
    let waiting: Uint8Array[] = [];
    let bytes = 0;
    for await (const piece of pieces) {
      waiting.push(piece);
      bytes += piece.length;
      if (bytes < FLUSH_BYTES) continue;
      await file.writeFile(Buffer.concat(waiting));
      waiting = [];
      bytes = 0;
    }
    await file.writeFile(Buffer.concat(waiting));
  });
}

/** The file's first record without its end and without a byte-order mark; null when there is none. */
async function headerOf(path: string): Promise<Uint8Array | null> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MOST_HEADER_BYTES), 0, MOST_HEADER_BYTES, 0);
    return firstRecord(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

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

/** A part of a path on any system: no separators, control characters or reserved marks, no dot in front. */
function safeName(name: string): string {
  const safe = name.replace(/[\p{Cc}/\\:*?"<>|]/gu, '_').replace(/^\.+/, '_');
  if (Buffer.byteLength(safe) <= MOST_NAME_BYTES) return safe;
  return Buffer.from(safe)
    .subarray(0, MOST_NAME_BYTES)
    .toString()
    .replace(/\uFFFD+$/, '');
}
