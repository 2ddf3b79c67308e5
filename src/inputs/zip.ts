import { crc32 } from 'node:zlib';
import { type Entry, getFileNameLowLevel, openPromise, type ZipFile } from 'yauzl';
import { RowferryError } from '../errors.ts';
import type { ExpandOptions } from './input.ts';
import { nestedIn } from './kind.ts';

/** Zip archives: which of their members are CSV, and their content. No name in an archive is ever used as a path. */

/** The directory is held in memory. */
const MOST_ENTRIES = 10_000;
const STORED = 0;
const DEFLATE = 8;
const METHODS: Readonly<Record<number, string>> = {
  9: 'Deflate64',
  12: 'bzip2',
  14: 'LZMA',
  93: 'zstd',
  95: 'xz',
  98: 'PPMd',
};
/** What file managers and editors leave beside what was meant. */
const LITTER = /(?:^|\/)(?:__MACOSX\/|\.[^./]|~|Thumbs\.db$|desktop\.ini$)/i;
const CSV = /\.(?:csv|tsv)$/i;
const PACKED = /\.(?:gz|zst|zip|bz2|xz|7z|rar|tar|tgz)$/i;

export interface Members {
  /** Names as they are written in the archive, in its order. */
  readonly names: readonly string[];
  readonly ignored: readonly string[];
}

/**
 * The members to be loaded: those named .csv or .tsv, or the only one whatever its name. Throws `file-unreadable` for
 * a damaged archive, one without such members, a spreadsheet, and members that are encrypted, packed again or
 * compressed in a way that cannot be read.
 */
export async function zipMembers(path: string, label: string): Promise<Members> {
  return withArchive(path, label, async (archive) => {
    const entries = await entriesOf(archive, label);
    const files = entries.filter(({ name, entry }) => isFile(name, entry));
    const chosen = chosenOf(files, label);
    for (const each of chosen) refuseUnreadable(each, label);
    const names = chosen.map(({ name }) => name);
    return { names, ignored: files.map(({ name }) => name).filter((name) => !names.includes(name)) };
  });
}

export interface MemberContent {
  readonly name: string;
  readonly chunks: AsyncGenerator<Uint8Array>;
}

/**
 * Gives the content of these members, one after the other; each is to be read to its end, where its size and its CRC-32
 * are checked. Throws `file-unreadable` for what is damaged, `file-changed` when a member is gone.
 */
export async function readMembers(
  path: string,
  label: string,
  names: readonly string[],
  use: (content: MemberContent) => Promise<void>,
  { signal, onProgress }: ExpandOptions = {},
): Promise<void> {
  await withArchive(path, label, async (archive) => {
    const entries = await entriesOf(archive, label);
    const chosen = names.map((name) => entries.find((entry) => entry.name === name) ?? gone(label, name));
    const size = chosen.reduce((sum, { entry }) => sum + entry.uncompressedSize, 0);
    let done = 0;
    const onRead = (bytes: number) => {
      signal?.throwIfAborted();
      done += bytes;
      onProgress?.(done, size);
    };
    for (const { name, entry } of chosen) {
      await use({ name, chunks: contentOf(archive, entry, `${label}!${name}`, onRead) });
    }
  });
}

interface Named {
  readonly name: string;
  readonly entry: Entry;
}

async function withArchive<T>(
  path: string,
  label: string,
  use: (archive: ZipFile) => Promise<T>,
): Promise<T> {
  // Names stay bytes: decoded, yauzl would refuse whole archives for a name that is no safe path, which none here is.
  const options = { autoClose: false, lazyEntries: true, decodeStrings: false };
  const archive = await openPromise(path, options).catch((error) => {
    throw asArchiveError(error, label);
  });
  try {
    return await use(archive);
  } finally {
    archive.close();
  }
}

/** Failures of the archive alone: those of whoever reads from it do not pass through here. */
async function* reading<T>(source: Promise<AsyncIterable<T>>, label: string): AsyncGenerator<T> {
  try {
    yield* await source;
  } catch (error) {
    throw asArchiveError(error, label);
  }
}

async function entriesOf(archive: ZipFile, label: string): Promise<Named[]> {
  if (archive.entryCount > MOST_ENTRIES) {
    throw new RowferryError(
      'file-unreadable',
      `${label} has ${archive.entryCount} members, at most ${MOST_ENTRIES}`,
      {
        hint: 'unpack it into a folder, then load the folder',
      },
    );
  }
  const entries = new Map<string, Entry>();
  for await (const entry of reading(Promise.resolve(archive.eachEntry()), label)) {
    const name = nameOf(entry);
    if (entries.has(name)) throw damaged(label, `${name} is in it twice`);
    entries.set(name, entry);
  }
  refuseSpreadsheet(entries, label);
  return [...entries].map(([name, entry]) => ({ name, entry }));
}

/** APPNOTE 4.4.17: slashes forward; what Windows wrote otherwise is mended. */
function nameOf(entry: Entry): string {
  const { generalPurposeBitFlag, fileNameRaw, extraFields } = entry;
  return getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, false);
}

/** Neither a folder, nor a symbolic link (its content would be a path), nor litter. */
function isFile(name: string, { externalFileAttributes }: Entry): boolean {
  const isLink = ((externalFileAttributes >>> 16) & 0o170000) === 0o120000;
  return !name.endsWith('/') && !isLink && !LITTER.test(name);
}

function chosenOf(files: readonly Named[], label: string): readonly Named[] {
  const packed = files.find(({ name }) => PACKED.test(name));
  if (packed !== undefined) throw nestedIn(label, packed.name);
  const csv = files.filter(({ name }) => CSV.test(name));
  if (csv.length > 0) return csv;
  if (files.length === 1) return files;
  const found = files.length === 0 ? 'no file' : `${files.length} files, none of them .csv`;
  throw new RowferryError('file-unreadable', `${label} holds ${found}`, {
    hint: 'name its members TABLE.csv, or load the files one by one with --table',
  });
}

/** Office documents are zip archives; their members are no tables. */
function refuseSpreadsheet(entries: ReadonlyMap<string, Entry>, label: string): void {
  if (!entries.has('[Content_Types].xml') && !entries.has('META-INF/manifest.xml')) return;
  throw new RowferryError(
    'file-unreadable',
    `${label} is a spreadsheet or another office document; expected CSV`,
    {
      hint: 'open it and save each sheet as CSV in UTF-8',
    },
  );
}

function refuseUnreadable({ name, entry }: Named, label: string): void {
  const member = `${label}!${name}`;
  if (entry.isEncrypted()) {
    throw new RowferryError('file-unreadable', `${member} is encrypted, and passwords are not taken`, {
      hint: `unpack it first: unzip ${label}`,
    });
  }
  const { compressionMethod: method } = entry;
  if (method === STORED || method === DEFLATE) return;
  const found = METHODS[method] ?? `method ${method}`;
  throw new RowferryError('file-unreadable', `${member} is compressed with ${found}; expected deflate`, {
    hint: `unpack it first: 7z x ${label}`,
  });
}

async function* contentOf(
  archive: ZipFile,
  entry: Entry,
  member: string,
  onRead: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  let crc = 0;
  let bytes = 0;
  for await (const chunk of reading<unknown>(archive.openReadStreamPromise(entry), member)) {
    if (!Buffer.isBuffer(chunk)) continue;
    crc = crc32(chunk, crc);
    bytes += chunk.length;
    onRead(chunk.length);
    yield chunk;
  }
  if (bytes !== entry.uncompressedSize)
    throw damaged(member, `it ends after ${bytes} of ${entry.uncompressedSize} bytes`);
  if (crc !== entry.crc32) throw damaged(member, 'its CRC-32 is not the one it was packed with');
}

function gone(label: string, name: string): never {
  throw new RowferryError('file-changed', `${name} is no longer in ${label}`, {
    hint: 'load the archive again',
  });
}

function damaged(label: string, fault: string, cause?: unknown): RowferryError {
  return new RowferryError('file-unreadable', `${label} cannot be read as zip: ${fault}`, {
    hint: 'have it sent again; nothing of it was loaded',
    ...(cause === undefined ? {} : { cause }),
  });
}

/** yauzl's own errors and zlib's are of the archive; those of the operating system are passed on. */
function asArchiveError(error: unknown, label: string): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (!(error instanceof Error) || (code !== '' && !code.startsWith('Z_'))) return error;
  return damaged(label, error.message, error);
}
