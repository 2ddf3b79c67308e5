import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { LoadOptions, Rowferry } from '../client/client.ts';
import { exportRejects } from '../client/export-rejects.ts';
import { loadNamedIn, type NotAdded, notAddedPaths } from '../client/not-added-paths.ts';
import { sha256Of } from '../client/source.ts';
import { SourceFile } from '../client/source-file.ts';
import { RowferryError } from '../errors.ts';
import { writeAtomic } from '../lib/atomic-file.ts';
import { type BatchReceipt, type Counts, type Load, NO_COUNTS, type Reason } from '../model/receipt.ts';
import { keyTells } from './key-tells.ts';
import type { LoadedFile } from './summary.ts';

/** A file of rejects that comes back under its own name, mended: it has the corrections of the load in it. */

/** What may be said of how mended records are loaded; the rest is as their load had it. */
export type MendedOptions = Pick<
  LoadOptions,
  'table' | 'mode' | 'atomic' | 'dialect' | 'noFollow' | 'signal' | 'onSending'
>;

/** Mended; or why the file goes the way of any other, for a person. Null: its name speaks of no load. */
export type Mended = { readonly result: LoadedFile } | { readonly because: string } | null;

/**
 * Where the file's name has the id of a load with rejects, its records are the corrections of those, each loaded once.
 * `bad-request` where they cannot be told and nothing else would keep them from being loaded twice.
 */
export async function loadMended(
  client: Rowferry,
  home: string,
  path: string,
  name: string,
  options: MendedOptions,
): Promise<Mended> {
  const id = loadNamedIn(name);
  if (id === null) return null;
  const load = await originOf(client, id);
  if (load === null) return { because: `load ${id} of its name is not known here` };
  if (load.table.toLowerCase() !== options.table.toLowerCase())
    return { because: `load ${id} of its name went into ${load.table}` };
  if (load.rejected === 0) return { because: `load ${id} of its name has no rejects` };
  const startedAt = performance.now();
  const content = await contentOf(path, options);
  await options.onSending?.(load);
  const receipts = await corrected(client, load, path, options);
  const before = await sentBefore(client, load, content.sha256, receipts);
  if (before === null && receipts instanceof RowferryError) {
    await assertKeyTells(client, load, path, receipts);
    return { because: `it is not taken for the rejects of load ${load.id}: ${receipts.detail}` };
  }
  const now = receipts instanceof RowferryError ? [] : receipts;
  const told = before ?? (await client.receipt(now.at(-1)?.load ?? load.id));
  const counts = before ?? now.reduce(added, NO_COUNTS);
  const seconds = Math.round(performance.now() - startedAt) / 1000;
  const rejects = counts.rejected === 0 ? null : await keepOpen(client, home, load, name);
  const result: LoadedFile = {
    load: told.id,
    parent: load.id,
    file: path,
    table: load.table,
    ...content,
    state: before === null ? stateOf(now) : 'duplicate',
    ...countsOf(counts),
    reasons: before === null ? summed(now) : before.reasons,
    dialect: told.dialect,
    strategy: told.strategy,
    seconds,
    rowsPerSecond: Math.round(counts.read / Math.max(seconds, 0.001)),
    detail: told.detail,
    readAs: null,
    warnings: [],
    rejects,
  };
  return { result };
}

/** The table of the load whose rejects a file is named for; null where its name speaks of none that has some. */
export async function tableOfMended(client: Rowferry, name: string): Promise<string | null> {
  const id = loadNamedIn(name);
  const load = id === null ? null : await originOf(client, id);
  return load === null || load.rejected === 0 ? null : load.table;
}

/** Of a load that is a retry, the one it retries. */
async function originOf(client: Rowferry, id: string): Promise<Load | null> {
  try {
    const load = await client.receipt(id);
    return load.parent === null ? load : await client.receipt(load.parent);
  } catch (error) {
    if (error instanceof RowferryError && error.code === 'load-not-found') return null;
    throw error;
  }
}

async function contentOf(
  path: string,
  { noFollow = false, signal }: MendedOptions,
): Promise<{ sha256: string; bytes: number }> {
  const source = await SourceFile.open(path, { noFollow });
  try {
    return { sha256: await sha256Of(source, undefined, signal), bytes: source.size };
  } finally {
    await source.close();
  }
}

/** A receipt for each request; or the refusal, where it could not be told which reject a record is for. */
async function corrected(
  client: Rowferry,
  load: Load,
  path: string,
  { mode, atomic, dialect, signal }: MendedOptions,
): Promise<BatchReceipt[] | RowferryError> {
  const receipts: BatchReceipt[] = [];
  const said = {
    ...(mode === undefined ? {} : { mode }),
    ...(atomic === undefined ? {} : { atomic }),
    ...(dialect === undefined ? {} : { dialect }),
    ...(signal === undefined ? {} : { signal }),
  };
  try {
    for await (const receipt of client.mend(load.id, path, said)) receipts.push(receipt);
    return receipts;
  } catch (error) {
    const refused = error instanceof RowferryError && REFUSALS.has(error.code);
    if (refused && receipts.length === 0) return error;
    throw error;
  }
}

const REFUSALS: ReadonlySet<string> = new Set(['bad-request', 'usage', 'header-mismatch']);

/** The load of the same bytes for the same rejects, where nothing of them was left now. */
async function sentBefore(
  client: Rowferry,
  load: Load,
  sha256: string,
  receipts: readonly BatchReceipt[] | RowferryError,
): Promise<Load | null> {
  if (!(receipts instanceof RowferryError) && receipts.some(({ read }) => read > 0)) return null;
  const retries = await client.loads({ parent: load.id, limit: MOST_RETRIES });
  return retries.find((retry) => retry.sha256 === sha256 && retry.read > 0) ?? null;
}

const MOST_RETRIES = 1000;

/** As a file of its own it is loaded only where the key keeps a record from being there twice. */
async function assertKeyTells(
  client: Rowferry,
  load: Load,
  path: string,
  refusal: RowferryError,
): Promise<void> {
  const table = (await client.tables()).find(({ name }) => name === load.table);
  if (table !== undefined && (await keyTells(path, load, table))) return;
  throw new RowferryError(
    'bad-request',
    `${refusal.detail}; ${load.table} has no key in the file that would keep its records from being loaded twice`,
    {
      hint: `rowferry rejects ${load.id} --export raw --out fixed.csv; mend the records in it, then rowferry rejects retry ${load.id} --with fixed.csv`,
      cause: refusal,
    },
  );
}

function stateOf(receipts: readonly BatchReceipt[]): LoadedFile['state'] {
  if (receipts.some(({ state }) => state === 'aborted')) return 'aborted';
  return receipts.some(({ rejected }) => rejected > 0) ? 'completed_with_rejects' : 'completed';
}

const countsOf = ({ read, inserted, updated, skipped, rejected }: Counts): Counts => ({
  read,
  inserted,
  updated,
  skipped,
  rejected,
});

const added = (sum: Counts, more: Counts): Counts => ({
  read: sum.read + more.read,
  inserted: sum.inserted + more.inserted,
  updated: sum.updated + more.updated,
  skipped: sum.skipped + more.skipped,
  rejected: sum.rejected + more.rejected,
});

function summed(receipts: readonly BatchReceipt[]): Reason[] {
  const found = new Map<string, Reason>();
  for (const reason of receipts.flatMap(({ reasons }) => reasons)) {
    const key = JSON.stringify([reason.code, reason.column]);
    const known = found.get(key);
    found.set(key, {
      ...reason,
      count: reason.count + (known?.count ?? 0),
      firstLine: Math.min(reason.firstLine, known?.firstLine ?? Number.POSITIVE_INFINITY),
    });
  }
  return [...found.values()];
}

/** What is open still, to be mended again; where that file is there, a person may be at it. The path of the records. */
async function keepOpen(client: Rowferry, home: string, load: Load, name: string): Promise<string> {
  const stem = name.replace(/\.[^.]*\.csv$/, '.csv');
  const folder = join(home, 'data', 'not_added');
  const paths: NotAdded = notAddedPaths({ folder, table: load.table, load: load.id, name: stem });
  const open = () => client.rejectPages(load.id, { state: 'open' });
  for (const [path, format] of [
    [paths.records, 'raw'],
    [paths.reasons, 'csv'],
  ] as const) {
    if (format === 'raw' && existsSync(path)) continue;
    await writeAtomic(path, async (file) => {
      for await (const chunk of exportRejects(format, load, open())) await file.writeFile(chunk);
    });
  }
  return paths.records;
}
