import { RowferryError } from '../../errors.ts';
import { isDatabaseError } from './failures.ts';
import { quoteName } from './names.ts';
import { type Job, refuseVanishingParents } from './orphans.ts';
import { type Referrer, sameKey } from './referrers.ts';
import { rowsOf } from './relations.ts';
import { namesOf, ROWS, type WrittenColumn } from './staged-rows.ts';

/**
 * A table that rows of others point at, by keys that act when their parent goes: only the rows that differ are
 * changed, and none that has children is deleted. Where that cannot be, since unique values changed their rows, the
 * keys are taken away and made again in the same transaction.
 */
export async function applyDifferences(job: Job, columns: readonly WrittenColumn[]): Promise<void> {
  const { session, referrers } = job;
  for (const referrer of referrers.filter(({ own }) => !own)) await refuseVanishingParents(job, referrer);
  if (referrers.some(({ own }) => own) || (await someMoved(job))) {
    await applyWithoutKeys(job, columns);
    return;
  }
  await session.run('SAVEPOINT differences');
  try {
    await changeRows(job, columns);
    await session.run('RELEASE differences');
  } catch (error) {
    if (!isSwap(error)) throw error;
    await session.run('ROLLBACK TO differences');
    await applyWithoutKeys(job, columns);
  }
}

/** A unique value that another row still has, or an identity that only a new row can get. */
const isSwap = (error: unknown): boolean =>
  isDatabaseError(error) && (error.code === '23505' || error.code === '23P01' || error.code === '428C9');

/** The key by which rows are told: the primary key, else one that is pointed at. */
function rowKey({ table, referrers }: Job): readonly string[] {
  return table.primaryKey.length > 0 ? table.primaryKey : (referrers[0]?.parentColumns ?? []);
}

const equal = (columns: readonly string[]): string =>
  columns.map((column) => `s.${quoteName(column)} = t.${quoteName(column)}`).join(' AND ');

/** Rows that are pointed at by a key which another row has now. */
async function someMoved(job: Job): Promise<boolean> {
  const key = rowKey(job);
  for (const referrer of job.referrers) {
    const [row] = await job.session.rows(
      `SELECT 1 AS moved FROM ${rowsOf(job.relation)} t WHERE ${hasChild(referrer)}
         AND NOT EXISTS (SELECT 1 FROM ${ROWS} s WHERE ${equal(key)} AND ${equal(referrer.parentColumns)}) LIMIT 1`,
    );
    if (row !== undefined) return true;
  }
  return false;
}

const hasChild = (referrer: Referrer): string =>
  `EXISTS (SELECT 1 FROM ${referrer.child} c WHERE ${sameKey(referrer, 't')})`;

async function changeRows(job: Job, columns: readonly WrittenColumn[]): Promise<void> {
  const { session, relation, referrers } = job;
  const rows = rowsOf(relation);
  const key = rowKey(job);
  const held = referrers.map(hasChild).join(' OR ');
  const same = `record_image_eq(ROW(${namesOf(columns, 's.')}), ROW(${namesOf(columns, 't.')}))`;
  await session.run(
    `DELETE FROM ${rows} t WHERE NOT EXISTS (SELECT 1 FROM ${ROWS} s WHERE ${equal(key)} AND ${same}) AND NOT (${held})`,
  );
  const kept = new Set(key.map(quoteName));
  const changed = columns.filter(({ name }) => !kept.has(name)).map(({ name }) => `${name} = s.${name}`);
  if (changed.length > 0) {
    await session.run(
      `UPDATE ${rows} t SET ${changed.join(', ')} FROM ${ROWS} s WHERE ${equal(key)} AND NOT (${same})`,
    );
  }
  await session.run(
    `INSERT INTO ${relation.name} (${namesOf(columns)}) OVERRIDING SYSTEM VALUE SELECT ${namesOf(columns, 's.')}
     FROM ${ROWS} s WHERE NOT EXISTS (SELECT 1 FROM ${rows} t WHERE ${equal(key)})`,
  );
}

/** All keys that point at the table are away for the moment; no one else sees it without them. */
async function applyWithoutKeys(job: Job, columns: readonly WrittenColumn[]): Promise<void> {
  const { session, relation, referrers } = job;
  const foreign = referrers.find(({ owned }) => !owned);
  if (foreign !== undefined) throw notOwner(job, foreign);
  await session.run('SET CONSTRAINTS ALL IMMEDIATE');
  await session.run(
    ...referrers.map(({ child, name }) => `ALTER TABLE ${child} DROP CONSTRAINT ${quoteName(name)}`),
    `DELETE FROM ${rowsOf(relation)}`,
    `INSERT INTO ${relation.name} (${namesOf(columns)}) OVERRIDING SYSTEM VALUE SELECT ${namesOf(columns)} FROM ${ROWS}`,
    ...referrers.flatMap(addAgain),
  );
}

function addAgain({ child, name, definition, comment }: Referrer): string[] {
  const constraint = `CONSTRAINT ${quoteName(name)}`;
  const text = comment === null ? '' : `'${comment.replaceAll("'", "''")}'`;
  return [
    `ALTER TABLE ${child} ADD ${constraint} ${definition}`,
    ...(comment === null ? [] : [`COMMENT ON ${constraint} ON ${child} IS ${text}`]),
  ];
}

function notOwner({ table }: Job, { child, name, own }: Referrer): RowferryError {
  const why = own
    ? `rows of ${table.name} point at each other by the key ${name}, which acts when a row goes`
    : `rows of ${child} point at values of ${table.name} that other rows have in the backup`;
  return new RowferryError(
    'database-privilege',
    `${why}; only the owner of ${child} can take the key away for the moment`,
    { hint: `restore with a role that owns ${child}` },
  );
}
