import { freshMemory, type Memory } from '../../lib/slabs.ts';
import type { InsertPlan } from '../../model/plan.ts';
import type { TableFacts } from '../../model/stored-table.ts';
import type { Mode } from '../../model/table.ts';
import type { Tape } from '../../model/tape.ts';
import type { Connection, ConnectOptions, EncodedBatch, Engine } from '../database.ts';
import { distinctForeignKeys } from '../distinct-keys.ts';
import { foreignKeysBy } from '../foreign-keys-by.ts';
import type { Replacement, Scratch, Snapshot } from '../snapshot.ts';
import { CHECKS } from './checks.ts';
import { postgresDdl } from './ddl.ts';
import { encodeBinary } from './encode.ts';
import { encodeCopyText } from './encode-copy-text.ts';
import { isJudged } from './encoders.ts';

export const postgresEngine: Engine = {
  name: 'postgres',
  capabilities: {
    transactionalDdl: true,
    singleWriter: false,
    bulk: 'copy-binary',
    stagedBatches: 1000,
    setLevelForeignKeys: true,
    looseTypes: false,
  },

  checks: CHECKS,
  ddl: postgresDdl,

  /** The driver is loaded when wanted: threads that only encode have no use for it. */
  async connect(url: string, options?: ConnectOptions): Promise<Connection> {
    const { PostgresConnection } = await import('./connect.ts');
    return PostgresConnection.open(postgresEngine, url, options);
  },

  encode(tape: Tape, bad: Uint8Array, plan: InsertPlan, memory: Memory = freshMemory): EncodedBatch {
    const rows = encodeBinary(tape, bad, plan, memory) ?? encodeCopyText(tape, bad, plan);
    return { ...rows, foreignKeys: distinctForeignKeys(tape, plan) };
  },

  /**
   * Deferrable keys are held by triggers too, which are off while foreign keys are held by set. MATCH FULL refuses
   * keys of which a part is NULL, which the distinct keys do not tell; of some types only the database knows what
   * values are equal.
   */
  foreignKeysBy(plan: InsertPlan, mode: Mode): 'set' | 'row' {
    const { table } = plan;
    if (table.uniqueKeys.some((key) => key.deferrable === true)) return 'row';
    const plain = table.foreignKeys.every(
      (key) =>
        !(key.matchFull === true && key.columns.length > 1) &&
        table.columns.every((column) => !key.columns.includes(column.name) || isJudged(column)),
    );
    return plain ? foreignKeysBy(plan, mode) : 'row';
  },

  async openSnapshot(url: string, lockTimeoutMs?: number): Promise<Snapshot> {
    const { openPostgresSnapshot } = await import('./snapshot.ts');
    return openPostgresSnapshot(url, lockTimeoutMs);
  },

  async openReplacement(url: string, table: string, lockTimeoutMs?: number): Promise<Replacement> {
    const { openPostgresReplacement } = await import('./replace.ts');
    return openPostgresReplacement(url, table, lockTimeoutMs);
  },

  async openScratch(url: string, facts: TableFacts): Promise<Scratch> {
    const { openPostgresScratch } = await import('./scratch.ts');
    return openPostgresScratch(url, facts);
  },
};
