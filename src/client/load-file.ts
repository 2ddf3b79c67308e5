import { resolveDialect } from '../csv/dialect.ts';
import type { Told } from '../csv/sniff/content.ts';
import type { SniffTable } from '../csv/sniff/fit.ts';
import { inWords } from '../csv/sniff/in-words.ts';
import { RowferryError } from '../errors.ts';
import type { Dialect } from '../model/dialect.ts';
import {
  type Counts,
  type Load,
  type LoadState,
  NO_COUNTS,
  type PartReceipt,
  type Reason,
} from '../model/receipt.ts';
import type { Mode } from '../model/table.ts';
import { PartReader } from './part-reader.ts';
import { FIRST_PART_BYTES } from './part-size.ts';
import { PartSender } from './parts.ts';
import { Patience, type Waiting } from './patience.ts';
import type { Api } from './retry.ts';
import { sniffSource } from './sniff-source.ts';
import { type Source, sha256Of } from './source.ts';

export interface SourceOptions {
  readonly table: string;
  /** The file's name as the ledger is to keep it; default: the last part of the path. */
  readonly name?: string;
  /** Of the content, in hex, where it is known already: it is not read for it then. */
  readonly sha256?: string;
  readonly mode?: Mode;
  /** All rows or none. */
  readonly atomic?: boolean;
  /** "100" or "5%": the load stops at more rejects. */
  readonly maxRejects?: string;
  /** What is not declared is sniffed on the first MiB, unless `sniff` is false. */
  readonly dialect?: Partial<Dialect>;
  /** False: what is not declared of the dialect is RFC 4180. */
  readonly sniff?: boolean;
  /** The rules of the table, where they are at hand: the server is asked for them otherwise. */
  readonly rules?: SniffTable;
  /** When a dialect was found that is not RFC 4180: what each of its properties rests on; and what is not certain. */
  readonly onSniffed?: (told: Told) => void;
  /** A Table Schema descriptor: what is asked of the rows beside the rules of the table. */
  readonly schema?: Readonly<Record<string, unknown>>;
  /** Before the first part is sent, for a load that is new or goes on; not for a duplicate. */
  readonly onSending?: (load: Load) => Promise<void> | void;
  readonly onProgress?: (progress: LoadProgress) => void;
  /**
   * With the answer to each part, in their order; what it returns is awaited before more is sent. A load that goes on
   * does not answer again to what was sent before.
   */
  readonly onPart?: (receipt: PartReceipt) => Promise<void> | void;
  /**
   * How long a server or a database is waited for that answered before and is away now, or has no room. Milliseconds;
   * default: ten attempts, about half a minute. The load stays open: loading the same file again goes on from there.
   */
  readonly waitMs?: number;
  /** With what is waited for, once that has lasted two seconds; with null when it goes on. */
  readonly onWaiting?: (waiting: Waiting | null) => void;
  /**
   * Stops sending: what is under way is answered first, then the signal's reason is thrown. The load stays open;
   * loading the same file again goes on from there.
   */
  readonly signal?: AbortSignal;
}

export interface LoadProgress {
  /** reading: the first pass, for size and SHA-256. */
  readonly phase: 'reading' | 'sending';
  /** Bytes read, or bytes the server has taken. */
  readonly bytes: number;
  readonly size: number;
  readonly counts: Counts;
  /** Of these, what an earlier attempt had sent. */
  readonly before?: { readonly bytes: number; readonly read: number };
}

/** duplicate: this content was loaded into this table before; the counts are those of that load. */
export type ResultState = Exclude<LoadState, 'receiving'> | 'duplicate';

/** What became of a file: the line of `load --json`, less the path of the not_added file. */
export interface LoadResult extends Counts {
  readonly load: string;
  readonly file: string;
  readonly table: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly state: ResultState;
  readonly reasons: readonly Reason[];
  readonly dialect: Dialect | null;
  readonly strategy: string | null;
  /** From the first byte read to the receipt. */
  readonly seconds: number;
  /** Of what this attempt sent: a load that goes on had the others before. */
  readonly rowsPerSecond: number;
  /** Why it was aborted or failed, for a person; null when all went well. */
  readonly detail: string | null;
  /** How the file was read, in words: `semicolons, header in row 3`; null where nothing was read. */
  readonly readAs: string | null;
  /** What was taken for records although it may be none, each for a person. */
  readonly warnings: readonly string[];
}

/** Sends one file and closes it. Resolves also when the load was stopped because of its rejects (`aborted`). */
export async function loadFile(impatient: Api, file: Source, options: SourceOptions): Promise<LoadResult> {
  const startedAt = performance.now();
  const { waitMs: limitMs, onWaiting } = options;
  const api = limitMs === undefined ? impatient : impatient.with(new Patience({ limitMs, onWaiting }));
  try {
    let warnings: readonly string[] = [];
    const reader = new PartReader(file);
    const announced = await announce(api, { file, reader }, options, (told) => {
      warnings = told.warnings;
      options.onSniffed?.(told);
    });
    const existed = hasCompleted(announced.load);
    const ended = existed ? announced.load : await sendAll(api, { file, reader }, announced, options);
    const state = existed ? 'duplicate' : stateOf(ended);
    const seconds = (performance.now() - startedAt) / 1000;
    const speed = speedOf(ended.read - announced.load.read, seconds);
    return { ...resultOf(ended, state, file.path, speed), warnings };
  } finally {
    await file.close();
  }
}

interface Read {
  readonly file: Source;
  readonly reader: PartReader;
}

interface Announced {
  readonly load: Load;
  /** As which it is to be read. */
  readonly dialect: Dialect;
}

async function announce(
  api: Api,
  { file, reader }: Read,
  options: SourceOptions,
  onSniffed: (told: Told) => void,
): Promise<Announced> {
  const onRead = (bytes: number) =>
    options.onProgress?.({ phase: 'reading', bytes, size: file.size, counts: NO_COUNTS });
  let known = options.sha256;
  const hash = async () => (known ??= await sha256Of(file, onRead, options.signal));
  const declared = await dialectOf(api, file, { ...options, onSniffed }, hash);
  const dialect = resolveDialect(declared);
  reader.readAhead({ firstByte: 0, mostBytes: FIRST_PART_BYTES, dialect });
  const sha256 = await hash();
  const { table, mode, atomic, maxRejects, schema, name = file.name } = options;
  const json = { table, name, size: file.size, sha256, mode, atomic, maxRejects, dialect: declared, schema };
  const load = await api.call('POST /v1/loads', { json, idempotent: true, signal: options.signal });
  return { load, dialect };
}

async function dialectOf(
  api: Api,
  file: Source,
  options: SourceOptions,
  hash: () => Promise<string>,
): Promise<Partial<Dialect> | undefined> {
  if (options.sniff === false) return options.dialect;
  try {
    const told = await sniffSource(api, file, options);
    if (told !== null) options.onSniffed?.(told);
    return told?.found === true ? told.dialect : options.dialect;
  } catch (error) {
    if (!(error instanceof RowferryError) || error.code !== 'dialect-ambiguous') throw error;
    const answered = await dialectBefore(api, await hash(), options);
    if (answered === null) throw error;
    return { ...answered, ...options.dialect };
  }
}

/** In which this content was loaded into this table before: a question that was answered then is not asked again. */
async function dialectBefore(
  api: Api,
  sha256: string,
  { table, signal }: SourceOptions,
): Promise<Dialect | null> {
  const { loads } = await api.call('GET /v1/loads', { query: { table, sha256 }, signal });
  return loads.find((load) => load.inserted + load.updated + load.skipped > 0)?.dialect ?? null;
}

async function sendAll(
  api: Api,
  { file, reader }: Read,
  { load, dialect }: Announced,
  options: SourceOptions,
): Promise<Load> {
  await options.onSending?.(load);
  const before = { bytes: load.offset, read: load.read };
  const onAnswer = (answer: Load) =>
    options.onProgress?.({ phase: 'sending', bytes: answer.offset, size: file.size, counts: answer, before });
  const { signal, onPart = () => {} } = options;
  const sender = new PartSender({ api, reader, load, dialect, signal, onAnswer, onPart });
  const sent = await sender
    .send()
    .then((answer) => file.assertUnchanged().then(() => answer))
    .catch((error) => abandon(api, load, error));
  if (sent.state !== 'receiving') return sent;
  signal?.throwIfAborted();
  return api.call('POST /v1/loads/{id}/finish', { path: { id: load.id }, idempotent: true, signal });
}

/**
 * Of a file that changed, what was sent may be half the old content and half the new: its load must never look
 * complete. After any other error the load stays open, to be gone on with.
 */
async function abandon(api: Api, load: Load, error: unknown): Promise<never> {
  if (error instanceof RowferryError && error.code === 'file-changed') {
    await api.call('DELETE /v1/loads/{id}', { path: { id: load.id } }).catch(() => undefined);
  }
  throw error;
}

function hasCompleted(load: Load): boolean {
  return load.state === 'completed' || load.state === 'completed_with_rejects';
}

function stateOf(load: Load): ResultState {
  if (load.state !== 'receiving') return load.state;
  throw new RowferryError('answer-invalid', `the load ${load.id} is still receiving after it was finished`);
}

function resultOf(
  load: Load,
  state: ResultState,
  file: string,
  speed: Pick<LoadResult, 'seconds' | 'rowsPerSecond'>,
): Omit<LoadResult, 'warnings'> {
  const { read, inserted, updated, skipped, rejected, reasons, dialect, strategy, detail } = load;
  const counts = { read, inserted, updated, skipped, rejected };
  const { id, table, sha256, size } = load;
  return {
    load: id,
    file,
    table,
    sha256,
    bytes: size,
    state,
    ...counts,
    reasons,
    dialect,
    strategy,
    ...speed,
    detail,
    readAs: dialect === null ? null : inWords(dialect),
  };
}

function speedOf(read: number, seconds: number): Pick<LoadResult, 'seconds' | 'rowsPerSecond'> {
  return { seconds: round(seconds), rowsPerSecond: Math.round(read / Math.max(seconds, 0.001)) };
}

function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
