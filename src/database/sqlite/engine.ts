import type { InsertPlan } from '../../model/plan.ts';
import type { Mode } from '../../model/table.ts';
import type { Tape } from '../../model/tape.ts';
import type { Connection, ConnectOptions, EncodedBatch, Engine } from '../database.ts';
import { distinctForeignKeys, plannedFields } from '../distinct-keys.ts';
import { SqliteConnection } from './connect.ts';
import { encodeImage } from './encode.ts';

export const sqliteEngine: Engine = {
  name: 'sqlite',
  capabilities: {
    transactionalDdl: true,
    singleWriter: true,
    bulk: 'database-image',
    // SQLite attaches at most 10 databases; one stays free.
    stagedBatches: 9,
    setLevelForeignKeys: true,
    looseTypes: true,
  },

  async connect(url: string, options?: ConnectOptions): Promise<Connection> {
    return new SqliteConnection(sqliteEngine, url, options);
  },

  encode(tape: Tape, bad: Uint8Array, plan: InsertPlan): EncodedBatch {
    let rows = 0;
    for (const mark of bad) if (mark === 0) rows++;
    const data = encodeImage(tape, bad, plan);
    return { rows, data, layout: null, foreignKeys: distinctForeignKeys(tape, plan) };
  },

  /**
   * By set only for plain inserts: triggers could write into other tables, an upsert could change a key that other
   * tables refer to, a foreign key that a default fills is not on the tape, and a row that is passed over because of
   * one key is no parent by another.
   */
  foreignKeysBy(plan: InsertPlan, mode: Mode): 'set' | 'row' {
    if (mode === 'upsert' || plan.table.triggers.length > 0) return 'row';
    const known = plan.table.foreignKeys.every(
      (key) =>
        (plannedFields(plan, key) !== null || noDefault(plan, key.columns)) &&
        !(mode === 'skip' && key.parentTable === plan.table.name),
    );
    return known ? 'set' : 'row';
  },
};

/** A foreign key with a column that stays NULL is not checked (MATCH SIMPLE). */
function noDefault(plan: InsertPlan, columns: readonly string[]): boolean {
  return columns.some((name) => {
    const planned = plan.columns.some((column) => column.name === name);
    return !planned && plan.table.columns.find((column) => column.name === name)?.default === null;
  });
}
