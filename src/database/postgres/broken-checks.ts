import type { RejectError } from '../../model/reject.ts';
import type { DatabaseReject } from '../database.ts';
import { BATCH, staged } from './batch-table.ts';
import { isDatabaseError } from './failures.ts';
import type { InsertJob } from './insert-job.ts';
import { quoteName, tableName } from './names.ts';

/** CHECKs of the table and of the domains of its columns, tried set by set on the batch table. */

/** Of nested domains those of the inner ones come first, as the database tries them. */
const DOMAIN_CHECKS = `WITH RECURSIVE domains AS (
    SELECT a.attname, a.atttypid, t.oid, t.typbasetype, 1 AS depth
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid AND t.typtype = 'd'
    WHERE a.attrelid = to_regclass($1) AND a.attnum > 0
    UNION ALL
    SELECT d.attname, d.atttypid, t.oid, t.typbasetype, d.depth + 1
    FROM domains d JOIN pg_type t ON t.oid = d.typbasetype AND t.typtype = 'd')
  SELECT d.attname AS column, format_type(d.atttypid, NULL) AS domain, k.conname AS name,
    pg_get_expr(k.conbin, 0) AS condition
  FROM domains d JOIN pg_constraint k ON k.contypid = d.oid AND k.contype = 'c'
  ORDER BY d.attname, d.depth DESC, k.conname`;

const TABLE_CHECKS = `SELECT conname AS name, pg_get_expr(conbin, conrelid) AS condition
  FROM pg_constraint WHERE conrelid = to_regclass($1) AND contype = 'c' ORDER BY conname`;

/** Rows that do not wait and break a CHECK, each with the first that it breaks, in the words of the database. */
export async function brokenChecks(job: InsertJob): Promise<DatabaseReject[]> {
  const { session, plan } = job;
  const found = new Map<number, DatabaseReject>();
  const add = (records: readonly number[], column: string | null, message: string): void => {
    const error: RejectError = { code: 'check', column, value: null, message };
    for (const index of records) if (!found.has(index)) found.set(index, { index, errors: [error] });
  };
  for (const { column, domain, name, condition } of await session.rows(DOMAIN_CHECKS, [tableName(plan)])) {
    const c = plan.columns.findIndex((each) => each.name === column);
    if (c < 0) continue;
    // A domain calls its value VALUE, which is a column like any other here.
    const records = await broken(job, `, ${staged(plan, c)} AS value`, String(condition));
    add(records, String(column), `value for domain ${domain} violates check constraint "${name}"`);
  }
  const row = plan.columns.map((column, c) => `, ${staged(plan, c)} AS ${quoteName(column.name)}`).join('');
  for (const { name, condition } of await session.rows(TABLE_CHECKS, [tableName(plan)])) {
    const records = await broken(job, row, String(condition));
    add(records, null, `new row for relation "${plan.table.name}" violates check constraint "${name}"`);
  }
  return [...found.values()];
}

/** None when the condition is about a column that the batch leaves out, or cannot be tried for another reason. */
async function broken({ session }: InsertJob, columns: string, condition: string): Promise<number[]> {
  const sql = `SELECT "ordinal of row" AS ordinal FROM (
      SELECT b.ordinal AS "ordinal of row"${columns} FROM ${BATCH} b WHERE b.waits IS NULL) row
    WHERE (${condition}) IS FALSE`;
  await session.run('SAVEPOINT checking');
  try {
    const rows = await session.rows(sql);
    await session.run('RELEASE checking');
    return rows.map(({ ordinal }) => Number(ordinal));
  } catch (error) {
    if (!isDatabaseError(error)) throw error;
    await session.run('ROLLBACK TO checking', 'RELEASE checking');
    return [];
  }
}
