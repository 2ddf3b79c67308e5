import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, describe, test } from 'node:test';
import { pause } from '../../src/lib/backoff.ts';
import { allRejects, loadContent, requestOf, summary, utf8 } from '../ingest/fixture.ts';
import { assertBalanced, type Rig } from './rig.ts';

const TABLES = [
  'CREATE TABLE m_parents (id INTEGER PRIMARY KEY)',
  `CREATE TABLE m_children (id INTEGER PRIMARY KEY, v VARCHAR(9) NOT NULL, parent INTEGER,
    FOREIGN KEY (parent) REFERENCES m_parents (id))`,
  'CREATE TABLE m_left (id INTEGER PRIMARY KEY)',
  'CREATE TABLE m_right (id INTEGER PRIMARY KEY, l INTEGER, FOREIGN KEY (l) REFERENCES m_left (id))',
  'CREATE TABLE m_bare (v VARCHAR(9) NOT NULL, n INTEGER)',
];

/** Rejects that are mended, and children whose parents come, on every engine. */
export function runMending(rig: Rig): void {
  describe('mending', () => {
    before(async () => {
      for (const sql of TABLES) await rig.rows(sql);
    });

    const mend = async (load: string, csv: string, first?: number) => {
      const body = utf8(csv);
      const { table: _table, ...rest } = requestOf(body, { format: 'csv', key: `mend-${randomUUID()}` });
      return summary(
        (await rig.ingest.retry(load, { ...rest, body, ...(first === undefined ? {} : { first }) })).answer,
      );
    };

    test('mended records are loaded once, without a key too, and told by state, code and column', async () => {
      const load = await loadContent(rig.ingest, 'a,1\n,2\n,x\n,4\n', { table: 'm_bare' });
      assert.equal(await mend(load.id, 'b,2\n,x\nc,4\n'), '3 = 2 + 0 + 0 + 1');
      assert.equal(await mend(load.id, 'b,2\n,x\nc,4\n'), '1 = 0 + 0 + 0 + 1');
      const found = async (filter: object) =>
        (await rig.ingest.rejects(load.id, { limit: 10, ...filter })).rejects.map(({ line }) => line);
      assert.deepEqual(await found({ state: 'open' }), [3]);
      assert.deepEqual(await found({ code: 'type.integer', column: 'n' }), [3]);
      assert.equal(await mend(load.id, 'd,3\n', 1), '1 = 1 + 0 + 0 + 0');
      assert.deepEqual(await rig.rows('SELECT n FROM m_bare ORDER BY n'), [[1], [2], [3], [4]]);
      await assertBalanced(rig);
    });

    test('two servers retry the same rejects at once: each is loaded once', async () => {
      const other = await rig.another();
      const rows = Array.from({ length: 300 }, (_, i) => `,${i}\n`).join('');
      const load = await loadContent(rig.ingest, rows, { table: 'm_bare', maxRejects: '100%' });
      const body = () => utf8(rows.replaceAll(/^,/gm, 'two,'));
      const retry = async (ingest: typeof other) => {
        const { table: _table, ...rest } = requestOf(body(), { format: 'csv', key: `two-${randomUUID()}` });
        return (await ingest.retry(load.id, { ...rest, body: body() })).answer.inserted;
      };
      const inserted = await Promise.all([retry(rig.ingest), retry(other), retry(rig.ingest), retry(other)]);
      assert.deepEqual(
        inserted.sort((a, b) => a - b),
        [0, 0, 0, 300],
      );
      assert.equal((await rig.rows("SELECT n FROM m_bare WHERE v = 'two'")).length, 300);
      await assertBalanced(rig);
    });

    test('children that only wanted for a parent come by themselves', async () => {
      const load = await loadContent(rig.ingest, '1,a,7\n2,,7\n3,c,8\n', { table: 'm_children' });
      assert.equal(load.rejected, 3);
      await loadContent(rig.ingest, '7\n', { table: 'm_parents' });
      const there = () => rig.rows('SELECT id FROM m_children');
      for (const deadline = performance.now() + 30_000; (await there()).length === 0; await pause(50)) {
        assert.ok(performance.now() < deadline, 'they did not come');
      }
      assert.deepEqual(await there(), [[1]]);
      const states = (await allRejects(rig.ingest, load.id)).map(({ state }) => state);
      assert.deepEqual(states, ['retried', 'open', 'open']);
      await assertBalanced(rig);
    });

    test('of tables that refer to each other all get in that can; two rows that need each other stay open', async () => {
      const column = 'ALTER TABLE m_left ADD COLUMN r INTEGER';
      const key = 'REFERENCES m_right (id)';
      const isMysql = rig.target.engine === 'mysql';
      await rig.rows(isMysql ? `${column}, ADD FOREIGN KEY (r) ${key}` : `${column} ${key}`);
      const left = await loadContent(rig.ingest, '1,10\n2,\n3,30\n4,20\n5,99\n', { table: 'm_left' });
      assert.equal(summary(left), '5 = 1 + 0 + 0 + 4');
      const right = await loadContent(rig.ingest, '10,2\n20,1\n30,3\n40,\n', { table: 'm_right' });
      assert.equal(summary(right), '4 = 2 + 0 + 0 + 2');
      const ids = async (table: string) => (await rig.rows(`SELECT id FROM ${table} ORDER BY id`)).flat();
      for (const deadline = performance.now() + 30_000; (await ids('m_left')).length < 3; await pause(50)) {
        assert.ok(performance.now() < deadline, `they did not come: ${await ids('m_left')}`);
      }
      await pause(300);
      assert.deepEqual(
        [await ids('m_left'), await ids('m_right')],
        [
          [1, 2, 4],
          [10, 20, 40],
        ],
      );
      const open = async (load: string) =>
        (await rig.ingest.rejects(load, { limit: 10, state: 'open' })).rejects.map(({ raw }) => raw);
      assert.deepEqual([await open(left.id), await open(right.id)], [['3,30', '5,99'], ['30,3']]);
      await assertBalanced(rig);
    });
  });
}
