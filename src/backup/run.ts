import { engineOf } from '../database/open.ts';
import type { Snapshot } from '../database/snapshot.ts';
import { type ErrorCode, RowferryError } from '../errors.ts';
import type { AvroOptions } from '../model/avro-options.ts';
import type { BackupResult } from './backups.ts';
import { type Progress, unwatched } from './job-progress.ts';
import type { Signer } from './manifest.ts';
import { backupOf, newRun, WHOLE_BACKUP, writeBackup } from './write-backup.ts';

/** A run: one file per table, all from one snapshot. */

export interface RunOptions {
  readonly home: string;
  readonly databaseUrl: string;
  readonly signer: Signer;
  /** Who can open the files; none: everybody. */
  readonly recipients: readonly string[];
  /** The id of the database; null: not known. */
  readonly database: string | null;
  /** Undefined: every table. */
  readonly tables: readonly string[] | undefined;
  /** How the files are written. */
  readonly avro: AvroOptions;
  readonly progress?: Progress;
}

/**
 * Goes on with the other tables when one fails, then rejects with the first failure; `extra` names what was
 * written and what was not. A full disk ends the run at once.
 */
export async function runBackup(options: RunOptions): Promise<readonly BackupResult[]> {
  const engine = await engineOf(options.databaseUrl);
  const snapshot = await engine.openSnapshot(options.databaseUrl);
  try {
    return await backUpAll(snapshot, await wantedTables(snapshot, options.tables), options);
  } finally {
    await snapshot.close();
  }
}

async function backUpAll(
  snapshot: Snapshot,
  tables: readonly string[],
  { home, signer, recipients, database, avro, progress = unwatched() }: RunOptions,
): Promise<readonly BackupResult[]> {
  const target = { home, signer, recipients, database, avro, progress, run: newRun() };
  const results: BackupResult[] = [];
  const failures = new Map<string, unknown>();
  await countAll(snapshot, tables, progress);
  for (const [done, table] of tables.entries()) {
    progress.tables(done, tables.length);
    try {
      results.push(await writeBackup(snapshot, table, target));
    } catch (error) {
      failures.set(table, error);
      if (error instanceof RowferryError && ENDS_RUN.has(error.code)) break;
    }
  }
  if (failures.size > 0) throw failed(results, failures);
  return results;
}

/** Failures that the next table would meet too. */
const ENDS_RUN: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['disk-full', 'job-stopped']);

/** How many rows all tables have, to tell when the run will end; one table is counted when it is read. */
async function countAll(snapshot: Snapshot, tables: readonly string[], progress: Progress): Promise<void> {
  if (tables.length < 2) return;
  progress.tables(0, tables.length);
  for (const table of tables) {
    progress.begin('counting', table, null);
    const rows = await snapshot.count(table);
    progress.expect(backupOf(table), rows ?? 0, WHOLE_BACKUP);
  }
}

/**
 * Names as the database spells them, each once; one that is not there, or that cannot be backed up, ends the run before
 * it starts: the snapshot says why.
 */
async function wantedTables(
  snapshot: Snapshot,
  tables: readonly string[] | undefined,
): Promise<readonly string[]> {
  if (tables === undefined) return snapshot.tables;
  const found = new Set<string>();
  for (const name of tables) {
    const spelled = snapshot.tables.find((each) => each.toLowerCase() === name.toLowerCase());
    found.add(spelled ?? (await snapshot.table(name, false)).facts.table);
  }
  return [...found];
}

function failed(results: readonly BackupResult[], failures: ReadonlyMap<string, unknown>): RowferryError {
  const [first] = failures;
  const [table, cause] = first ?? ['', undefined];
  const detail = cause instanceof Error ? cause.message : String(cause);
  const code = cause instanceof RowferryError ? cause.code : 'internal';
  const done = results.map((result) => result.table);
  const extra = { failed: [...failures.keys()], done };
  if (code === 'job-stopped') {
    const whole = done.length === 0 ? 'nothing was backed up' : `whole are: ${done.join(', ')}`;
    return new RowferryError(code, `the backup was stopped at ${table}; ${whole}`, { extra, cause });
  }
  const others = failures.size > 1 ? ` (and ${failures.size - 1} more tables)` : '';
  return new RowferryError(code, `the backup of ${table} failed${others}: ${detail}`, {
    ...(cause instanceof RowferryError && cause.hint !== undefined ? { hint: cause.hint } : {}),
    extra,
    cause,
  });
}
