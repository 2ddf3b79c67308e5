import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLog } from '../../src/log.ts';
import type { ForeignKey, Table } from '../../src/model/table.ts';
import type {
  FileToLoad,
  LoadOutcome,
  WatchEvent,
  Watcher,
  WatcherOptions,
} from '../../src/watch/contract.ts';
import { startWatcher } from '../../src/watch/watcher.ts';

/** A home in a temporary folder, a watcher on it, and a ledger in memory in place of the server. */

export const PLACES = ['incoming', 'work', 'done', 'failed'] as const;
export type Place = (typeof PLACES)[number];

export function table(name: string, parents: readonly string[] = []): Table {
  const foreignKeys: ForeignKey[] = parents.map((parentTable) => ({
    name: `${name}_${parentTable}`,
    columns: ['x'],
    parentTable,
    parentColumns: ['id'],
    onDelete: 'NO ACTION',
    onUpdate: 'NO ACTION',
  }));
  return {
    name,
    columns: [],
    primaryKey: ['id'],
    uniqueKeys: [],
    foreignKeys,
    checks: [],
    triggers: [],
  };
}

export const HR: readonly Table[] = [
  table('departments'),
  table('jobs'),
  table('hired_employees', ['departments', 'jobs']),
];

/** What is unpacked may be of any size. */
export const UNLIMITED = { maxExpandedBytes: Number.MAX_SAFE_INTEGER, maxExpansion: Number.MAX_SAFE_INTEGER };

/** Stands for client, server and ledger: one load per table and content, one row per line. */
export class LedgerDouble {
  readonly loads = new Map<string, LoadOutcome>();
  readonly #ids = new Map<string, string>();
  /** Every call, in order. */
  readonly calls: string[] = [];
  /** Those whose rows were sent, in order. */
  readonly sent: string[] = [];
  /** Runs before a file is loaded; may throw, or wait. */
  before: (file: FileToLoad, signal: AbortSignal) => Promise<void> | void = () => undefined;

  readonly loadFile = async (file: FileToLoad, signal: AbortSignal): Promise<LoadOutcome> => {
    this.calls.push(file.name);
    const content = readFileSync(file.path);
    const sha256 = createHash('sha256').update(content).digest('hex');
    const key = `${file.table} ${sha256}`;
    const known = this.loads.get(key);
    if (known !== undefined) return { ...known, state: 'duplicate' };
    const read = content.toString('latin1').split('\n').filter(Boolean).length;
    const load = this.#ids.get(key) ?? `LOAD${this.#ids.size}`;
    this.#ids.set(key, load);
    await file.sending(load);
    signal.throwIfAborted();
    this.sent.push(file.name);
    await this.before(file, signal);
    const counts = { read, inserted: read, updated: 0, skipped: 0, rejected: 0 };
    const outcome: LoadOutcome = { load, sha256, state: 'completed', ...counts };
    this.loads.set(key, outcome);
    return outcome;
  };
}

export interface StartOptions extends Partial<Omit<WatcherOptions, 'config'>> {
  readonly config?: Partial<WatcherOptions['config']>;
}

export interface Folder {
  readonly home: string;
  readonly ledger: LedgerDouble;
  readonly events: WatchEvent[];
  readonly log: string[];
  path(...parts: string[]): string;
  start(options?: StartOptions): Promise<Watcher>;
  /** Names (relative) of the files in a place, receipts and reasons left out. */
  files(place: Place): string[];
  /** Asserts that the name is in this place and in no other. */
  isOnlyIn(place: Place, name: string): void;
}

export async function openFolder(t: TestContext): Promise<Folder> {
  const home = await mkdtemp(join(tmpdir(), 'rowferry-folder-'));
  const ledger = new LedgerDouble();
  const events: WatchEvent[] = [];
  const lines: string[] = [];
  const running: Array<{ close(): Promise<void> }> = [];
  const log = createLog({
    level: 'debug',
    destination: { write: (line: string) => void lines.push(line) },
    errorFile: join(home, 'log.txt'),
  });
  t.after(async () => {
    for (const watcher of running) await watcher.close();
    rmSync(home, { recursive: true, force: true });
  });
  mkdirSync(join(home, 'data', 'incoming'), { recursive: true });
  const folder: Folder = {
    home,
    ledger,
    events,
    log: lines,
    path: (...parts) => join(home, 'data', ...parts),
    start: async ({ config, ...rest } = {}) => {
      const watcher = await startWatcher({
        config: { home, completion: 'stable', quietMs: 40, pollMs: 10, mapping: {}, ...UNLIMITED, ...config },
        log,
        tables: async () => HR,
        loadFile: ledger.loadFile,
        onEvent: (event) => void events.push(event),
        ...rest,
      });
      running.push(watcher);
      return watcher;
    },
    files: (place) => filesIn(join(home, 'data', place), place),
    isOnlyIn: (place, name) => {
      const found = PLACES.filter((each) => folder.files(each).includes(name));
      assert.deepEqual(found, [place], `${JSON.stringify(name)}: ${JSON.stringify(lines.slice(-5))}`);
    },
  };
  return folder;
}

/** In work a file lies below its claim's folder: that first part of the name is left out. */
function filesIn(root: string, place: Place): string[] {
  if (!statSync(root, { throwIfNoEntry: false })?.isDirectory()) return [];
  const names: string[] = [];
  for (const entry of readdirSync(root, { withFileTypes: true, recursive: true })) {
    if (
      entry.isDirectory() ||
      entry.name.startsWith('.') ||
      /\.(receipt\.json|reason\.txt)$/.test(entry.name)
    )
      continue;
    const name = join(entry.parentPath, entry.name).slice(root.length + 1);
    names.push(place === 'work' ? name.slice(name.indexOf('/') + 1) : name);
  }
  return names.sort();
}

/** Polls a condition; the deadline is for a machine under load. */
export async function until(condition: () => boolean, what: string, deadlineMs = 20_000): Promise<void> {
  const end = Date.now() + deadlineMs;
  while (!condition()) {
    if (Date.now() > end) assert.fail(`did not happen: ${what}`);
    await sleep(5);
  }
}

export function readReceipt(folder: Folder, name: string): Record<string, unknown> {
  const parsed: unknown = JSON.parse(readFileSync(folder.path('done', `${name}.receipt.json`), 'utf8'));
  assert.ok(typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed));
  return { ...parsed };
}

export function readReason(folder: Folder, name: string): string {
  return readFileSync(folder.path('failed', `${name}.reason.txt`), 'utf8');
}
