import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { RowferryError } from '../errors.ts';
import { type AtomicFile, openAtomic } from '../lib/atomic-file.ts';
import type { Dialect } from '../model/dialect.ts';
import { Cleaner } from './cleaner.ts';
import { dialectOf } from './dialect-of.ts';
import { RecordBuffer } from './record-buffer.ts';
import { type CleanOptions, type CleanReport, Tally } from './report.ts';
import { bytesOf, Utf8Source } from './source.ts';

/**
 * Any CSV file → RFC 4180 in UTF-8 with LF: the header first, all records with as many fields. A stray quote is kept as
 * data; what cannot be read is left out and reported. In bounded memory, however large the file.
 *
 * `dialect-invalid`, `dialect-ambiguous`, `file-unreadable`; `usage` when `out` is the file itself.
 */
export async function clean(path: string, options: CleanOptions = {}): Promise<CleanReport> {
  const dialect = await dialectOf(path, options);
  if (typeof options.out === 'string') await assertNotOver(path, options.out);
  const tally = new Tally();
  const file = typeof options.out === 'string' ? await openAtomic(options.out) : null;
  try {
    await run(path, { dialect, tally, options, write: writerOf(file, options.out) });
  } catch (error) {
    await file?.discard();
    throw error;
  }
  await file?.commit();
  return tally.report(options.name ?? path, dialect);
}

type Write = (bytes: Uint8Array) => Promise<void>;

interface Run {
  readonly dialect: Dialect;
  readonly tally: Tally;
  readonly options: CleanOptions;
  readonly write: Write;
}

async function run(path: string, { dialect, tally, options, write }: Run): Promise<void> {
  const out = new RecordBuffer();
  const cleaner = new Cleaner({ dialect, tables: options.tables ?? 'first', out, tally });
  const source = new Utf8Source(options.name ?? path, bytesOf(path), dialect.encoding);
  let consumed = 0;
  for (;;) {
    options.signal?.throwIfAborted();
    const piece = await source.next(consumed);
    consumed = cleaner.push(piece);
    await write(out.take());
    if (piece.last) return;
  }
}

function writerOf(file: AtomicFile | null, out: CleanOptions['out']): Write {
  if (file !== null) return async (bytes) => void (await file.file.writeFile(bytes));
  if (out === undefined || typeof out === 'string') return async () => {};
  return async (bytes) => {
    // A copy: the stream may keep what it was given, and the bytes are written over.
    if (bytes.length > 0 && !out.write(Buffer.from(bytes))) await once(out, 'drain');
  };
}

/** `usage` where both are one file: what came is never written over. */
export async function assertNotOver(path: string, out: string): Promise<void> {
  const [from, to] = await Promise.all([path, out].map((each) => stat(each).catch(() => null)));
  if (from === null || to === null || from?.ino !== to?.ino || from?.dev !== to?.dev) return;
  throw new RowferryError('usage', `${out} is the file that is cleaned`, {
    hint: 'give --out another name: the file that came is never written over',
  });
}
