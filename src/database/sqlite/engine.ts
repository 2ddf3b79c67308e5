import { freshMemory, type Memory } from '../../lib/slabs.ts';
import type { InsertPlan } from '../../model/plan.ts';
import type { Tape } from '../../model/tape.ts';
import type { Connection, ConnectOptions, EncodedBatch, Engine } from '../database.ts';
import { distinctForeignKeys } from '../distinct-keys.ts';
import { foreignKeysBy } from '../foreign-keys-by.ts';
import { SqliteConnection } from './connect.ts';
import { sqliteDdl } from './ddl.ts';
import { encodeImage } from './encode.ts';
import { openSqliteReplacement } from './replace.ts';
import { openSqliteScratch } from './scratch.ts';
import { openSqliteSnapshot } from './snapshot.ts';

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

  checks: [],
  ddl: sqliteDdl,

  async connect(url: string, options?: ConnectOptions): Promise<Connection> {
    return new SqliteConnection(sqliteEngine, url, options);
  },

  encode(tape: Tape, bad: Uint8Array, plan: InsertPlan, memory: Memory = freshMemory): EncodedBatch {
    const image = encodeImage(tape, bad, plan, memory);
    return { ...image, layout: null, foreignKeys: distinctForeignKeys(tape, plan) };
  },

  foreignKeysBy,
  openSnapshot: openSqliteSnapshot,
  openReplacement: openSqliteReplacement,
  openScratch: openSqliteScratch,
};
