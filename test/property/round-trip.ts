import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadConfig } from '../../src/config.ts';
import type { Connection, SqlValue } from '../../src/database/database.ts';
import { openDatabase } from '../../src/database/open.ts';
import type { Ingest } from '../../src/ingest/ingest.ts';
import { openIngest } from '../../src/ingest/open-ingest.ts';
import { createLog } from '../../src/log.ts';
import type { Load } from '../../src/model/receipt.ts';
import type { RejectCode, RejectDocument } from '../../src/model/reject.ts';
import { allRejects, loadContent } from '../ingest/fixture.ts';
import type { ColumnType, RoundTripDatabase } from './column-type.ts';
import { csvFile } from './csv-file.ts';
import { Random } from './random.ts';
import { type FieldValue, nextValue, type Spellings, sharesOf, VALID } from './values.ts';

/**
 * Nothing is silently altered: random values of every type go the way of all files, and each is either a reject with
 * a reason or read back from the table as what the field says. ROUND_TRIP_VALUES: how many values of each type;
 * ROUND_TRIP_SEED: those of an earlier run.
 */
const COUNT = Number(process.env.ROUND_TRIP_VALUES ?? 4000);
const SEED = process.env.ROUND_TRIP_SEED ?? randomBytes(4).toString('hex');

/** Most deviations shown. */
const SHOWN = 12;

export async function roundTrips(database: RoundTripDatabase, types: readonly ColumnType[]): Promise<void> {
  for (const [nth, type] of types.entries()) await database.run(tableSql(nth, type));
  const home = mkdtempSync(join(tmpdir(), 'rowferry-round-trip-'));
  const config = loadConfig({ home, databaseUrl: database.url }, {});
  const ingest = await openIngest({ config, log: createLog({ destination: { write: () => {} } }) });
  const connection = await openDatabase(database.url);
  after(async () => {
    await ingest.close();
    await connection.close();
    rmSync(home, { recursive: true, maxRetries: 3 });
  });
  types.forEach((type, nth) => {
    const { declared, table = '' } = type;
    const count = Math.ceil(COUNT / (type.part ?? 1));
    test(`${declared} ${table}: ${count} values`, async () => {
      const trip = new RoundTrip({ ingest, connection, type, table: `t${nth}` });
      const deviations = await trip.run(new Random(`${SEED} ${declared}`), count);
      const again = `ROUND_TRIP_SEED=${SEED} ROUND_TRIP_VALUES=${COUNT}`;
      assert.equal(
        deviations.length,
        0,
        `${again}: ${deviations.length}\n${deviations.slice(0, SHOWN).join('\n')}`,
      );
    });
  });
}

const tableSql = (nth: number, { declared, table = '' }: ColumnType): string =>
  `CREATE TABLE t${nth} (id integer NOT NULL PRIMARY KEY, v ${declared}) ${table};`;

interface Place {
  readonly ingest: Ingest;
  readonly connection: Connection;
  readonly type: ColumnType;
  readonly table: string;
}

class RoundTrip {
  readonly #place: Place;
  readonly #deviations: string[] = [];

  constructor(place: Place) {
    this.#place = place;
  }

  /**
   * What was not as it should be, in words. Values that the database refused keep the others from the fast way: these
   * go once more, alone.
   */
  async run(random: Random, count: number): Promise<readonly string[]> {
    const { type } = this.#place;
    const shares = sharesOf(count, type.leftToDatabase === true);
    const values = Array.from({ length: count }, () => nextValue(random, type.values, shares));
    const { stored, refused } = await this.#send(values, 0, random);
    const taken = values.filter((_, id) => stored.has(id));
    if (refused) await this.#send(taken, count, random);
    if (type.binary !== undefined) await this.#sendBinary(type.binary, count, random);
    return this.#deviations;
  }

  /** A value that goes as text takes its batch with it: spellings that go in binary form are sent by themselves. */
  async #sendBinary(valid: Spellings, count: number, random: Random): Promise<void> {
    const values = Array.from({ length: count }, () => nextValue(random, { valid, edges: [] }, VALID));
    const { strategy } = await this.#send(values, 2 * count, random);
    assert.equal(strategy, 'copy-binary');
  }

  async #send(values: readonly FieldValue[], first: number, random: Random) {
    const { ingest, table } = this.#place;
    const load = await loadContent(ingest, csvFile(values, first, random), {
      table,
      maxRejects: '100%',
      partBytes: () => random.between(20_000, 400_000),
    });
    const rejects = rejectsById(await allRejects(ingest, load.id));
    const stored = await this.#stored(first);
    this.#balance(load, { read: values.length, inserted: stored.size, rejected: rejects.size });
    await this.#ask(values.flatMap((value, nth) => this.#judge(value, first + nth, stored, rejects)));
    const refused = [...rejects.values()].some(({ errors }) =>
      errors.some(({ code }) => code === 'database'),
    );
    return { stored, refused, strategy: load.strategy };
  }

  async #stored(first: number): Promise<ReadonlyMap<number, SqlValue>> {
    const { connection, type, table } = this.#place;
    const rows = await connection.query(
      `SELECT id, ${type.select} AS stored FROM ${table} WHERE id >= ${first}`,
    );
    return new Map(rows.map(({ id, stored }) => [Number(id), stored ?? null]));
  }

  #balance(load: Load, found: Pick<Load, 'read' | 'inserted' | 'rejected'>): void {
    const { read, inserted, updated, skipped, rejected } = load;
    assert.equal(read, inserted + updated + skipped + rejected);
    assert.deepEqual({ read, inserted, rejected }, found);
  }

  /** The id and the text of what the database must be asked about. */
  #judge(
    value: FieldValue,
    id: number,
    stored: ReadonlyMap<number, SqlValue>,
    rejects: ReadonlyMap<number, RejectDocument>,
  ): [number, string][] {
    const reject = rejects.get(id);
    if (reject !== undefined) this.#judgeReject(value, reject);
    if (stored.has(id) === (reject !== undefined)) {
      this.#found(value, reject === undefined ? 'neither stored nor rejected' : 'stored and rejected');
    }
    if (!stored.has(id)) return [];
    const meaning = typeof value === 'string' ? this.#place.type.meaning(value) : null;
    if (meaning?.is === 'ask' && typeof value === 'string') return [[id, value]];
    this.#judgeStored(value, stored.get(id) ?? null);
    return [];
  }

  #judgeReject(value: FieldValue, { errors }: RejectDocument): void {
    const [error] = errors;
    if (error === undefined || error.message === '') this.#found(value, 'rejected without a reason');
    else if (!this.#mayBeRejected(value, error.code))
      this.#found(value, `rejected: ${error.code} ${error.message}`);
  }

  #mayBeRejected(value: FieldValue, code: RejectCode): boolean {
    if (value === null) return false;
    if (value instanceof Uint8Array) return code === 'encoding' || code === 'nul';
    const meaning = this.#place.type.meaning(value);
    return meaning.is !== 'kept' || !meaning.surely;
  }

  #judgeStored(value: FieldValue, stored: SqlValue): void {
    const { meaning, canonical = String } = this.#place.type;
    const expected = typeof value === 'string' ? meaning(value) : null;
    if (value === null) {
      if (stored !== null) this.#found(value, `stored as ${show(stored)}`);
    } else if (expected?.is !== 'kept') this.#found(value, `not rejected but stored as ${show(stored)}`);
    else if (stored === null || canonical(stored) !== expected.canonical) {
      this.#found(value, `stored as ${show(stored)}, expected ${show(expected.canonical)}`);
    }
  }

  /** What the database makes of a text in a cast is what must be stored. */
  async #ask(asked: readonly [number, string][]): Promise<void> {
    const { connection, type, table } = this.#place;
    if (asked.length === 0) return;
    const texts = new Map(asked);
    // Elements of arrays by their values; intervals by their texts, as 30 days are equal to a month.
    const as = type.ask?.endsWith('[]') ? type.ask : `${type.ask}::text`;
    const rows = await connection.query(
      `SELECT id, t.v::text AS stored FROM ${table} t JOIN json_to_recordset($1::json) AS x(id integer, written text)
         USING (id) WHERE t.v::${as} IS DISTINCT FROM x.written::${as}`,
      [JSON.stringify(asked.map(([id, written]) => ({ id, written })))],
    );
    for (const { id, stored } of rows)
      this.#found(texts.get(Number(id)) ?? '', `stored as ${show(stored ?? null)}`);
  }

  #found(value: FieldValue, what: string): void {
    this.#deviations.push(`${show(value)} ${what}`);
  }
}

function show(value: SqlValue): string {
  const text =
    value instanceof Uint8Array
      ? `bytes ${Buffer.from(value).toString('hex')}`
      : JSON.stringify(String(value));
  return text.length > 200 ? `${text.slice(0, 200)}… (${text.length})` : text;
}

/** The id is the first field of the record. */
function rejectsById(rejects: readonly RejectDocument[]): Map<number, RejectDocument> {
  return new Map(
    rejects.map((reject) => {
      const { raw, rawBase64 } = reject;
      const text = rawBase64 === undefined ? raw : Buffer.from(rawBase64, 'base64').toString('latin1');
      return [Number.parseInt(text, 10), reject];
    }),
  );
}
