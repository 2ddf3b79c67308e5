import type { DatabaseSync } from 'node:sqlite';
import { type Random, randomInteger } from '../../examples/hr/random.ts';
import type { TableRows } from '../../src/client/client.ts';
import { type ErrorCode, RowferryError } from '../../src/errors.ts';
import type { BatchReceipt } from '../../src/model/receipt.ts';

/** No key and no constraint: a row that came twice, or that nobody sent, must be able to get in. */
export const DDL = `CREATE TABLE events (id BIGINT NOT NULL, batch BIGINT NOT NULL, note VARCHAR(80) NOT NULL);
  CREATE INDEX events_of_batch ON events (batch);`;

type Event = Readonly<Record<'id' | 'batch', number> & Record<'note', string>>;

export interface Batch {
  readonly number: number;
  readonly good: readonly Event[];
  /** Rows that break a rule, each to be rejected. */
  readonly bad: number;
}

/** What the client was told: a receipt, or an error. */
export interface Told {
  readonly batch: Batch;
  readonly receipt: BatchReceipt | null;
  readonly error: unknown;
}

/**
 * What an attack may end as. Every other code says something about the rows, the table or the key's rights, and
 * nothing is wrong with these.
 */
const HONEST: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'answer-invalid',
  'unreachable',
  'timeout',
  'seal-invalid',
  'seal-replayed',
  'seal-body-invalid',
  'request-running',
  'rate-limited',
  'overloaded',
]);

const LEAST_ROWS = 5;
const MOST_ROWS = 50;
const ROOM = 100;

/** 5 to 50 rows, each with an id of its own; in one batch of four one of them has no note. */
export function makeBatch(number: number, random: Random): Batch {
  const rows = LEAST_ROWS + randomInteger(random, MOST_ROWS - LEAST_ROWS + 1);
  const bad = randomInteger(random, 4) === 0 ? 1 : 0;
  const good = Array.from({ length: rows - bad }, (_, index) => eventOf(number, index));
  return { number, good, bad };
}

function eventOf(batch: number, index: number): Event {
  const id = batch * ROOM + index;
  return { id, batch, note: `note ${id} of batch ${batch}` };
}

export async function send(table: TableRows, batch: Batch): Promise<Told> {
  const broken = batch.bad === 0 ? [] : [{ ...eventOf(batch.number, ROOM - 1), note: null }];
  try {
    return { batch, receipt: await table.insert([...batch.good, ...broken]), error: null };
  } catch (error) {
    return { batch, receipt: null, error };
  }
}

/**
 * Right after a run: what the client was told must be so already. A receipt that came unsealed may have lost any of
 * its names on the way, the list too.
 */
export function runViolations(database: DatabaseSync, told: Told): string[] {
  const { batch, receipt, error } = told;
  const found = rowsOf(database, batch);
  const name = `batch ${batch.number}`;
  if (receipt === null) return [...lies(name, error), ...notWhole(name, batch, found)];
  const { read, inserted, updated, skipped, rejected, rejects, table } = receipt;
  const listed = Array.isArray(rejects) ? rejects.length : 'no list';
  const said = [table, read, inserted, updated, skipped, rejected, listed].join(' ');
  const so = ['events', batch.good.length + batch.bad, found, 0, 0, batch.bad, batch.bad].join(' ');
  const untrue = said === so ? [] : [`${name}: the receipt says ${said}, it is ${so}`];
  return found === batch.good.length ? untrue : [...untrue, `${name}: ${found} of ${batch.good.length} rows`];
}

/** After all runs, when the last held request has come: the whole table against all that was sent. */
export function finalViolations(database: DatabaseSync, all: readonly Told[]): string[] {
  const sent = new Map(all.flatMap(({ batch }) => batch.good.map((event) => [event.id, event])));
  const stray = database
    .prepare('SELECT id, batch, note FROM events')
    .all()
    .filter((row) => !isSent(sent.get(Number(row.id)), row))
    .map((row) => `nobody sent ${JSON.stringify(row)}`);
  const twice = database
    .prepare('SELECT id, count(*) AS times FROM events GROUP BY id HAVING count(*) > 1')
    .all()
    .map(({ id, times }) => `row ${id} is there ${times} times`);
  const perBatch = all.flatMap((told) => runViolations(database, told));
  return [...stray, ...twice, ...perBatch, ...ledger(database)];
}

function isSent(event: Event | undefined, { batch, note }: Record<string, unknown>): boolean {
  return event !== undefined && event.batch === batch && event.note === note;
}

function lies(name: string, error: unknown): string[] {
  if (error instanceof RowferryError && HONEST.has(error.code)) return [];
  const said = error instanceof RowferryError ? `${error.code}: ${error.detail}` : String(error);
  return [`${name}: the client was told ${said}`];
}

/** A batch is one transaction. */
function notWhole(name: string, { good }: Batch, found: number): string[] {
  return found === 0 || found === good.length ? [] : [`${name}: ${found} of ${good.length} rows`];
}

function rowsOf(database: DatabaseSync, { number }: Batch): number {
  return Number(database.prepare('SELECT count(*) AS n FROM events WHERE batch = ?').get(number)?.n);
}

function ledger(database: DatabaseSync): string[] {
  const [rows, loaded] = [
    'SELECT count(*) AS n FROM events',
    'SELECT total(inserted) AS n FROM rowferry_loads',
  ]
    .map((sql) => database.prepare(sql).get()?.n)
    .map(Number);
  return rows === loaded ? [] : [`the ledger counts ${loaded} rows, the table holds ${rows}`];
}
