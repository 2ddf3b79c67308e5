import type { DatabaseError } from 'pg';
import type { RowferryError } from '../../errors.ts';
import type { Table } from '../../model/table.ts';
import { cascadeError, type Orphans, orphansError, privilegeError } from '../restore-failures.ts';
import { qualified, quoteName } from './names.ts';
import { acts, type Referrer, sameKey } from './referrers.ts';
import type { Relation } from './relations.ts';
import type { Session } from './session.ts';
import { ROWS } from './staged-rows.ts';

/** Rows without a parent: found in advance, or told of by the database's own check. */

/** The restore under way. */
export interface Job {
  readonly session: Session;
  readonly table: Table;
  readonly relation: Relation;
  readonly referrers: readonly Referrer[];
}

const listed = (columns: readonly string[], prefix: string): string =>
  `concat_ws(', ', ${columns.map((column) => `${prefix}.${quoteName(column)}::text`).join(', ')})`;

const given = (columns: readonly string[], prefix: string): string =>
  columns.map((column) => `${prefix}.${quoteName(column)} IS NOT NULL`).join(' AND ');

interface Found {
  readonly count: number;
  readonly example: string;
}

async function found(session: Session, sql: string): Promise<Found> {
  const [row] = await session.rows(sql);
  return { count: Number(row?.n), example: String(row?.example) };
}

/**
 * Refuses when rows of another table point at rows that are there now and that the staged rows do not have.
 * `restore-cascade-refused` where the key would act on them, else `restore-orphans`.
 */
export async function refuseVanishingParents(
  { session, table, relation }: Job,
  referrer: Referrer,
): Promise<void> {
  if (!referrer.readable) throw unreadableChild(referrer);
  const { child, columns } = referrer;
  const { count, example } = await found(
    session,
    `SELECT count(*) AS n, min(${listed(columns, 'c')}) AS example FROM ${child} c
     WHERE ${given(columns, 'c')} AND EXISTS (SELECT 1 FROM ${relation.name} t WHERE ${sameKey(referrer, 't')})
       AND NOT EXISTS (SELECT 1 FROM ${ROWS} s WHERE ${sameKey(referrer, 's')})`,
  );
  if (count === 0) return;
  const orphans = orphansOf(table, referrer, count, example);
  throw acts(referrer) ? cascadeError(orphans, referrer.onDelete) : orphansError(orphans);
}

function unreadableChild({ child }: Referrer): RowferryError {
  return privilegeError(
    `rows of ${child} point at this table, and the role may not read them`,
    `GRANT SELECT ON ${child} TO role`,
  );
}

function orphansOf(table: Table, referrer: Referrer, count: number | null, example: string): Orphans {
  const { childName: child, columns, parentColumns } = referrer;
  return { table: table.name, child, columns, parent: table.name, parentColumns, count, example };
}

/**
 * `restore-orphans` for a foreign key that the database found broken. With staged rows, and a transaction that works
 * again, they are counted; null where it is about no key of this table.
 */
export async function brokenForeignKey(
  job: Job,
  error: DatabaseError,
  staged: boolean,
): Promise<RowferryError | null> {
  const example = /\)=\((.*)\)/s.exec(error.detail ?? '')?.[1] ?? 'a value';
  const own = job.table.foreignKeys.find(({ name }) => name === error.constraint);
  const referrer = job.referrers.find(({ name, own: self }) => !self && name === error.constraint);
  if (own === undefined && referrer === undefined) return null;
  const counted = staged ? await count(job, error).catch(() => null) : null;
  const result = counted === null || counted.count === 0 ? { count: null, example } : counted;
  if (referrer !== undefined && own === undefined) {
    return orphansError(orphansOf(job.table, referrer, result.count, result.example));
  }
  if (own === undefined) return null;
  const { columns, parentTable: parent, parentColumns } = own;
  const { name } = job.table;
  return orphansError({ table: name, child: name, columns, parent, parentColumns, ...result });
}

async function count({ session, table, referrers }: Job, error: DatabaseError): Promise<Found | null> {
  const referrer = referrers.find(({ name, own }) => !own && name === error.constraint);
  if (referrer !== undefined) {
    const { child, columns } = referrer;
    return found(
      session,
      `SELECT count(*) AS n, min(${listed(columns, 'c')}) AS example FROM ${child} c WHERE ${given(columns, 'c')}
         AND NOT EXISTS (SELECT 1 FROM ${ROWS} s WHERE ${sameKey(referrer, 's')})`,
    );
  }
  const key = table.foreignKeys.find(({ name }) => name === error.constraint);
  if (key === undefined) return null;
  const self = key.parentTable === table.name && key.parentSchema === undefined;
  const parent = self ? ROWS : qualified(key.parentSchema, key.parentTable);
  const matches = key.columns.map(
    (column, index) => `p.${quoteName(key.parentColumns[index] ?? '')} = c.${quoteName(column)}`,
  );
  return found(
    session,
    `SELECT count(*) AS n, min(${listed(key.columns, 'c')}) AS example FROM ${ROWS} c
     WHERE ${given(key.columns, 'c')} AND NOT EXISTS (SELECT 1 FROM ${parent} p WHERE ${matches.join(' AND ')})`,
  );
}
