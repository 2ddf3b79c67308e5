import type { InsertPlan } from '../../model/plan.ts';
import type { Column, ForeignKey } from '../../model/table.ts';
import type { DatabaseReject, DistinctKeys, EncodedBatch } from '../database.ts';
import { IN_TABLE, NOWHERE, orphanRejects } from '../orphan-rejects.ts';
import type { StagedBatch } from '../staged-batches.ts';
import { BATCH, fillBatchTable, staged } from './batch-table.ts';
import { isJudged } from './encoders.ts';
import { qualified, quoteName } from './names.ts';
import type { Rights } from './rights.ts';
import type { Session } from './session.ts';
import { typeName } from './types.ts';

/** What the look-up of a batch's parents works on. */
export interface ParentsJob {
  readonly session: Session;
  readonly plan: InsertPlan;
  readonly batch: StagedBatch;
  readonly keys: EncodedBatch['foreignKeys'];
  /** The staging table of the load, where parents may wait too. */
  readonly waiting: string | null;
  /** Parents stay locked until the transaction ends: nothing else checks them. */
  readonly lock: boolean;
  rightsOn(table: string): Promise<Rights>;
}

/**
 * One look-up for the distinct keys of each foreign key instead of one per row; every record of an orphan key is
 * named. A table that refers to itself finds parents in the batch and in the staging table too, and a record whose
 * parent is an orphan is one as well.
 */
export async function missingParents(job: ParentsJob): Promise<DatabaseReject[]> {
  const lookUps = [];
  for (const keys of job.keys) {
    const key = job.plan.table.foreignKeys[keys.foreignKey];
    if (key === undefined) continue;
    const { sees, locks } = await job.rightsOn(qualified(key.parentSchema, key.parentTable));
    if (!sees || !isComparable(job.plan, key)) continue;
    const parents = await findParents({ ...job, lock: job.lock && locks }, keys, key);
    lookUps.push({ key, keys, parents });
  }
  return orphanRejects(lookUps);
}

/** Of some types only the database knows what is a value. */
const isComparable = ({ table }: InsertPlan, key: ForeignKey): boolean =>
  table.columns.every((column) => !key.columns.includes(column.name) || isJudged(column));

async function findParents(job: ParentsJob, keys: DistinctKeys, key: ForeignKey): Promise<Int32Array> {
  const { plan, waiting } = job;
  const parents = new Int32Array(keys.values.length).fill(IN_TABLE);
  const own = key.parentTable === plan.table.name && key.parentSchema === undefined;
  const readable = readableKeys(job, key, keys);
  let missing = await notIn(job, qualified(key.parentSchema, key.parentTable), key, keys, readable);
  if (own && waiting !== null) missing = await notIn({ ...job, lock: false }, waiting, key, keys, missing);
  for (const place of missing) parents[place] = NOWHERE;
  if (own && missing.length > 0) {
    for (const [place, record] of await inBatch(job, key, keys, missing)) parents[place] = record;
  }
  return parents;
}

/** Of the keys at `places` those that no row of the table has. */
async function notIn(
  job: ParentsJob,
  table: string,
  key: ForeignKey,
  keys: DistinctKeys,
  places: readonly number[],
): Promise<number[]> {
  if (places.length === 0) return [];
  const wanted = wantedKeys(job.plan, key);
  const same = key.parentColumns.map((name, i) => `p.${quoteName(name)} = k.k${i}`).join(' AND ');
  const rows = await job.session.rows(
    `WITH k AS MATERIALIZED (${wanted}),
       found AS MATERIALIZED (SELECT k.nth FROM k JOIN ${table} p ON ${same} ${job.lock ? 'FOR KEY SHARE OF p' : ''})
     SELECT nth FROM k WHERE nth NOT IN (SELECT nth FROM found)`,
    columnsOf(key, keys, places),
  );
  return rows.map(({ nth }) => places[Number(nth) - 1] ?? 0);
}

/** The distinct keys as rows: `nth` from 1 on, and k0, k1, … of the types of the foreign key's columns. */
function wantedKeys(plan: InsertPlan, key: ForeignKey): string {
  const arrays = key.columns.map((_, i) => `$${i + 1}::text[]`).join(', ');
  const texts = key.columns.map((_, i) => `t${i}`).join(', ');
  const typed = key.columns.map((name, i) => `t${i}::${typeOf(plan, name)} AS k${i}`).join(', ');
  return `SELECT nth, ${typed} FROM unnest(${arrays}) WITH ORDINALITY AS u(${texts}, nth)`;
}

/** One array in its text form for each column of the key. */
function columnsOf(key: ForeignKey, { values }: DistinctKeys, places: readonly number[]): string[] {
  return key.columns.map((_, i) => textArray(places.map((place) => values[place]?.[i] ?? '')));
}

/** postgresql.org/docs, 8.15.2: quotes around each, a backslash before quotes and backslashes. */
const textArray = (values: readonly string[]): string =>
  `{${values.map((value) => `"${value.replaceAll(/["\\]/g, '\\$&')}"`).join(',')}}`;

/** The first row of the batch with each of these keys. */
async function inBatch(
  { session, plan, batch }: ParentsJob,
  key: ForeignKey,
  keys: DistinctKeys,
  places: readonly number[],
): Promise<[place: number, record: number][]> {
  const columns = key.parentColumns.map((name) => plan.columns.findIndex((column) => column.name === name));
  if (columns.includes(-1)) return [];
  await fillBatchTable(session, plan, batch.rows);
  const same = columns.map((c, i) => `${staged(plan, c)} = k.k${i}`).join(' AND ');
  const rows = await session.rows(
    `WITH k AS MATERIALIZED (${wantedKeys(plan, key)})
     SELECT k.nth, min(b.ordinal) AS record FROM k JOIN ${BATCH} b ON ${same} GROUP BY k.nth`,
    columnsOf(key, keys, places),
  );
  await session.run(`DROP TABLE ${BATCH}`);
  return rows.map(({ nth, record }) => [places[Number(nth) - 1] ?? 0, Number(record)]);
}

const typeOf = (plan: InsertPlan, name: string): string =>
  typeName(plan.table.columns.find((column) => column.name === name));

/**
 * Places of the keys that are values of their types. Those of bad records may be none, which the database would
 * refuse: nothing is said about their parents then.
 */
function readableKeys(job: ParentsJob, key: ForeignKey, { values, keyOf }: DistinctKeys): number[] {
  const { plan, batch } = job;
  const columns = key.columns.map((name) => plan.table.columns.find((column) => column.name === name));
  const good = new Uint8Array(values.length);
  for (const record of batch.rows.layout.records) good[keyOf[record] ?? -1] = 1;
  return [...values.keys()].filter(
    (place) => good[place] === 1 || columns.every((column, i) => isValue(column, values[place]?.[i] ?? '')),
  );
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Sure for the usual types of keys only. */
function isValue(column: Column | undefined, text: string): boolean {
  switch (column?.kind) {
    case 'integer':
      return /^[+-]?\d{1,19}$/.test(text) && inRange(column, BigInt(text.replace(/^\+/, '')));
    case 'text':
      return !text.includes('\0') && (column.enum?.includes(text) ?? true);
    case 'uuid':
      return UUID.test(text);
    default:
      return false;
  }
}

const inRange = ({ minimum, maximum }: Column, value: bigint): boolean =>
  minimum !== undefined && maximum !== undefined && minimum <= value && value <= maximum;
