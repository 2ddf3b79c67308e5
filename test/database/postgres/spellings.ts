import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { csvRecord } from '../../../src/csv/write.ts';
import { postgresEngine } from '../../../src/database/postgres/engine.ts';
import { Preparer } from '../../../src/ingest/prepare.ts';
import type { Table } from '../../../src/model/table.ts';
import { Random } from '../../property/random.ts';
import { nextValue, type Values } from '../../property/values.ts';
import { connectionTo, databaseOf, listIn, valuesIn } from './fixture.ts';
import { load } from './load.ts';

/**
 * Encoders of fields that only the database can judge. Whatever spelling such an encoder reads, the database takes and
 * reads alike; one that it does not read sends its batch as text.
 */

const DRAWN = 4000;
const SEED = process.env.ENCODE_SEED ?? randomBytes(4).toString('hex');
export const MOSTLY_ODD = { empty: 5, edges: 300, mutations: 500, garbage: 50 };

export interface Kind {
  readonly type: string;
  readonly values: Values;
  /** Spellings that go in binary form, and some that do not. */
  readonly read: readonly string[];
  readonly unread: readonly string[];
}

/** Whether a batch of this value alone is encoded in the binary format. */
function isRead(table: Table, text: string): boolean {
  const bytes = new TextEncoder().encode(csvRecord(['0', text]));
  const columns = ['n', 'v'];
  const { encoded } = new Preparer(postgresEngine).csv({ bytes, table, last: true, columns, dialect: {} });
  return encoded.rows === 1 && encoded.layout?.starts[0] !== 0;
}

export function spellingTests(kinds: readonly Kind[]): void {
  for (const { type, values, read, unread } of kinds) {
    test(`${type}: the database takes every spelling that goes in binary form, and reads it alike`, async () => {
      const url = await databaseOf(`CREATE TABLE t (n int, v ${type})`);
      const table = (await (await connectionTo(url)).introspect()).find(({ name }) => name === 't');
      assert.ok(table);
      assert.deepEqual(
        [read.filter((text) => !isRead(table, text)), unread.filter((text) => isRead(table, text))],
        [[], []],
      );
      const random = new Random(`${SEED} ${type}`);
      const drawn = Array.from({ length: DRAWN }, () => nextValue(random, values, MOSTLY_ODD));
      const sent = [...read, ...drawn.filter((text) => typeof text === 'string' && isRead(table, text))];
      const loaded = await load(url, sent.map((text, n) => csvRecord([String(n), String(text)])).join(''));
      assert.deepEqual([SEED, loaded.strategy, loaded.errors], [SEED, 'copy-binary', []]);
      const stored = await listIn(url, 'SELECT v::text FROM t ORDER BY n');
      const list = JSON.stringify(sent).replaceAll("'", "''");
      const cast = await listIn(
        url,
        `SELECT (value::${type})::text FROM json_array_elements_text('${list}') AS value`,
      );
      sent.forEach((text, n) => {
        assert.deepEqual([SEED, text, stored[n]], [SEED, text, cast[n]]);
      });
    });

    test(`${type}: one other spelling sends its batch as text, for the database to judge`, async () => {
      const url = await databaseOf(`CREATE TABLE t (n int, v ${type})`);
      const sent = [...read, ...unread];
      const loaded = await load(url, sent.map((text, n) => csvRecord([String(n), text])).join(''));
      assert.match(loaded.strategy, /^copy-text/);
      assert.ok(loaded.rejects.every(({ errors: [error] }) => error?.code === 'database'));
      const kept = (await valuesIn(url, 'SELECT n, v::text FROM t')).map(([n, v]) => [sent[Number(n)], v]);
      assert.equal(kept.length + loaded.rejects.length, sent.length);
      assert.ok(kept.length >= read.length);
    });
  }
}
