import { RowferryError } from '../../errors.ts';
import type { InsertPlan } from '../../model/plan.ts';
import type { ForeignKey, Mode } from '../../model/table.ts';
import type { Moved } from '../database.ts';
import { upsertKey } from '../modes.ts';
import { isServerFailure, NO_PARENT, rowFailure } from './failures.ts';
import { columnList, quoteName, tableName } from './names.ts';
import { parentName } from './parents.ts';
import type { Session } from './session.ts';

export interface MoveJob {
  readonly session: Session;
  /** The table the rows are in. */
  readonly staging: string;
  readonly plan: InsertPlan;
  readonly mode: Mode;
}

/** All rows of a staging table into its target; `database-refused` when one is refused. Strict, without IGNORE. */
export async function moveRows(job: MoveJob): Promise<Moved> {
  const { session, staging, plan } = job;
  const [row] = await session.rows(`SELECT COUNT(*) AS n FROM ${quoteName(staging)}`);
  const rows = Number(row?.n ?? 0);
  const own = plan.table.foreignKeys.some((key) => refersToItself(plan, key));
  // Row by row a child could not come before its parent, so the whole is checked here.
  if (own) await refuseOrphans(job);
  if (own) await session.run('SET foreign_key_checks = 0');
  try {
    const updated = job.mode === 'upsert' ? await update(job) : 0;
    const inserted = await insert(job);
    return { inserted, updated, skipped: rows - inserted - updated };
  } catch (error) {
    throw await asRefusal(job, error);
  } finally {
    if (own && !session.lost) await session.run('SET foreign_key_checks = 1');
  }
}

const refersToItself = (plan: InsertPlan, key: ForeignKey): boolean =>
  key.parentTable === plan.table.name && key.parentSchema === undefined;

/** Those whose keys are free; in mode insert all of them. */
async function insert({ session, staging, plan, mode }: MoveJob): Promise<number> {
  const columns = columnList(plan);
  const free = keysOfMode(plan, mode).map(
    (key) => `NOT EXISTS (SELECT 1 FROM ${tableName(plan)} t WHERE ${sameRow(key)})`,
  );
  const where = free.length === 0 ? '' : `WHERE ${free.join(' AND ')}`;
  return strict(
    session,
    `INSERT INTO ${tableName(plan)} (${columns}) SELECT ${columns} FROM ${quoteName(staging)} s ${where}`,
  );
}

function keysOfMode(plan: InsertPlan, mode: Mode): (readonly string[])[] {
  if (mode === 'insert') return [];
  if (mode === 'upsert') return [upsertKey(plan)];
  const planned = new Set(plan.columns.map(({ name }) => name));
  return plan.table.uniqueKeys
    .map(({ columns }) => columns)
    .filter((key) => key.every((name) => planned.has(name)));
}

/** Rows whose primary key is there: changed, also where that changes nothing. */
async function update({ session, staging, plan }: MoveJob): Promise<number> {
  const key = upsertKey(plan);
  const joined = `${tableName(plan)} t JOIN ${quoteName(staging)} s ON ${sameRow(key)}`;
  const [row] = await session.rows(`SELECT COUNT(*) AS n FROM ${joined}`);
  const set = plan.columns
    .filter(({ name }) => !key.includes(name))
    .map(({ name }) => `t.${quoteName(name)} = s.${quoteName(name)}`);
  if (set.length > 0) await strict(session, `UPDATE ${joined} SET ${set.join(', ')}`);
  return Number(row?.n ?? 0);
}

const sameRow = (key: readonly string[]): string =>
  key.map((name) => `t.${quoteName(name)} = s.${quoteName(name)}`).join(' AND ');

/** Rows affected. */
async function strict(session: Session, sql: string): Promise<number> {
  const { affected, warnings } = await session.run(sql);
  const [first] = warnings === 0 ? [] : await session.warnings();
  if (first !== undefined) throw refusal(first.message, undefined);
  return affected;
}

async function asRefusal(job: MoveJob, error: unknown): Promise<unknown> {
  if (!isServerFailure(error)) return error;
  const code = rowFailure(error);
  // A table that changed under the load: the same again would fail again.
  if (code === null) return error.sqlState.startsWith('42S') ? refusal(error.message, error) : error;
  const orphans = error.errno === NO_PARENT ? await orphansOf(job) : [];
  return refusal([error.message, ...orphans].join('; '), error);
}

const refusal = (message: string, cause: unknown): RowferryError =>
  new RowferryError('database-refused', message, {
    hint: 'mend the file or the table, then load it again',
    cause,
  });

async function refuseOrphans(job: MoveJob): Promise<void> {
  const orphans = await orphansOf(job);
  if (orphans.length > 0) throw refusal(orphans.join('; '), undefined);
}

/** Foreign keys that rows of the staging table do not hold, in words; parents that are found stay locked. */
async function orphansOf(job: MoveJob): Promise<string[]> {
  const found: string[] = [];
  for (const key of job.plan.table.foreignKeys) {
    const planned = key.columns.every((name) => job.plan.columns.some((column) => column.name === name));
    const orphan = planned ? await orphanOf(job, key) : null;
    if (orphan !== null) found.push(orphan);
  }
  return found;
}

async function orphanOf({ session, staging, plan }: MoveJob, key: ForeignKey): Promise<string | null> {
  const names = key.columns.map((name) => `s.${quoteName(name)}`);
  const same = key.parentColumns.map((name, i) => `p.${quoteName(name)} = ${names[i]}`).join(' AND ');
  const present = names.map((name) => `${name} IS NOT NULL`).join(' AND ');
  const parent = parentName(key);
  const source = quoteName(staging);
  await session.rows(
    `SELECT COUNT(*) AS n FROM ${source} s STRAIGHT_JOIN ${parent} p ON ${same} LOCK IN SHARE MODE`,
  );
  const waiting = refersToItself(plan, key) ? `AND NOT EXISTS (SELECT 1 FROM ${source} p WHERE ${same})` : '';
  const [row] = await session.rows(
    `SELECT COUNT(*) AS n, MIN(CONCAT_WS(', ', ${names.join(', ')})) AS example FROM ${source} s
     WHERE ${present} AND NOT EXISTS (SELECT 1 FROM ${parent} p WHERE ${same}) ${waiting}`,
  );
  if (!row?.n) return null;
  return `${key.columns.join(', ')} = ${row.example} is not in ${key.parentTable} (records: ${row.n})`;
}
