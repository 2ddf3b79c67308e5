import { DatabaseSync } from 'node:sqlite';
import { RowferryError } from '../../errors.ts';
import { translate } from './failures.ts';

/**
 * A lock between processes that ends with its holder, however that one dies: SQLite's own lock on an empty
 * database file. `lock-timeout` when another holds it for longer than `timeoutMs`.
 */
export function lockProcesses(path: string, timeoutMs: number, what: string): { release(): void } {
  const db = new DatabaseSync(path, { timeout: timeoutMs });
  try {
    // An empty database is begun with its first page, for which a journal on the disk is written: a full one has no room.
    db.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return { release: () => db.close() };
  } catch (error) {
    db.close();
    const failure = translate(error, path);
    if (!(failure instanceof RowferryError) || failure.code !== 'database-busy') throw failure;
    throw new RowferryError('lock-timeout', `another rowferry process is at work: ${what}`, {
      hint: 'try again when it is done',
      cause: error,
    });
  }
}
