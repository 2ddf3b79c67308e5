import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, describe, test } from 'node:test';
import type { ReconcileReceipt } from '../../src/model/reconciliation.ts';
import { claimOf, loadContent, summary, utf8 } from '../ingest/fixture.ts';
import type { Rig } from './rig.ts';

export const counts = ({ read, rejected, found, missing, changed }: ReconcileReceipt): string =>
  `${read} = ${rejected} + ${found} + ${missing} + ${changed}`;

export const told = ({ differences }: ReconcileReceipt): string[] =>
  differences.map(({ kind, line, columns }) =>
    [kind, line, ...columns.map(({ column, file, table }) => `${column}: ${file} / ${table}`)].join(' '),
  );

const TABLES = [
  'CREATE TABLE r_prices (id INTEGER PRIMARY KEY, price DECIMAL(10, 2))',
  'CREATE TABLE r_people (id INTEGER PRIMARY KEY, name VARCHAR(20))',
  'CREATE TABLE r_bare (v VARCHAR(9), n INTEGER)',
  `CREATE TABLE r_kinds (code VARCHAR(9) NOT NULL, day DATE NOT NULL, at TIMESTAMP NULL, f FLOAT, d DOUBLE PRECISION,
    yes BOOLEAN, big BIGINT, PRIMARY KEY (code, day))`,
];

/** What reconcile finds on every engine. */
export function runReconcile(rig: Rig): void {
  describe('reconcile', () => {
    before(async () => {
      for (const sql of TABLES) await rig.rows(sql);
    });

    const empty = async () => {
      for (const table of ['r_prices', 'r_people', 'r_bare', 'r_kinds'])
        await rig.rows(`DELETE FROM ${table}`);
    };
    const held = (load: string, content: string, resend = false): Promise<ReconcileReceipt> => {
      const bytes = utf8(content);
      const claim = claimOf(bytes, `reconcile-${randomUUID()}`);
      return rig.ingest.reconcile(load, {
        offset: 0,
        line: 0,
        bytes,
        last: true,
        resend: resend ? claim : null,
      });
    };

    test('by the key: what is there, what is missing, what was changed; the missing are sent again', async () => {
      await empty();
      const rows = Array.from({ length: 40 }, (_, i) => `${i + 1},${i === 4 ? 'seven' : (i + 1) * 2}.50`);
      // The last has a key that is there: a reject of the database alone.
      const content = `id,price\n${rows.join('\n')}\n1,99\n`;
      const load = await loadContent(rig.ingest, content, { table: 'r_prices' });
      assert.equal(summary(load), '41 = 39 + 0 + 0 + 2');
      const proved = await held(load.id, content);
      assert.deepEqual(
        [counts(proved), proved.endByte, proved.lines],
        ['41 = 2 + 39 + 0 + 0', content.length, 42],
      );
      await rig.rows('DELETE FROM r_prices WHERE id IN (7, 9)');
      await rig.rows('UPDATE r_prices SET price = 3 WHERE id = 2');
      await rig.rows('UPDATE r_prices SET price = NULL WHERE id = 3');
      const differs = await held(load.id, content);
      assert.equal(counts(differs), '41 = 2 + 35 + 2 + 2');
      const [two, three, ...missing] = told(differs);
      assert.match(two ?? '', /^changed 3 price: 4\.50? \/ 3(\.0+)?$/);
      assert.match(three ?? '', /^changed 4 price: 6\.50? \/ null$/);
      assert.deepEqual(missing, ['missing 8', 'missing 10']);
      assert.equal(differs.differences.at(-1)?.raw, '9,18.50');
      const resent = await held(load.id, content, true);
      const again = await rig.ingest.load(resent.resent ?? assert.fail('nothing was sent again'));
      assert.deepEqual([summary(again), again.parent], ['2 = 2 + 0 + 0 + 0', load.id]);
      assert.equal(counts(await held(load.id, content, true)), '41 = 2 + 37 + 0 + 2');
    });

    test('a text that differs in its case alone, and one with a space more, is another one', async () => {
      await empty();
      const content = '1,Ann\n2,Bob\n3,\n';
      const load = await loadContent(rig.ingest, content, { table: 'r_people' });
      assert.equal(load.inserted, 3, JSON.stringify(load.reasons));
      assert.equal(counts(await held(load.id, content)), '3 = 0 + 3 + 0 + 0');
      await rig.rows("UPDATE r_people SET name = 'ann' WHERE id = 1");
      await rig.rows("UPDATE r_people SET name = 'Bob ' WHERE id = 2");
      assert.deepEqual(told(await held(load.id, content)), [
        'changed 1 name: Ann / ann',
        'changed 2 name: Bob / Bob ',
      ]);
    });

    test('without a key: as many rows alike', async () => {
      await empty();
      const content = 'a,1\na,1\nA,1\nb,\nb,\n';
      const load = await loadContent(rig.ingest, content, { table: 'r_bare' });
      assert.equal(load.inserted, 5, JSON.stringify(load.reasons));
      assert.equal(counts(await held(load.id, content)), '5 = 0 + 5 + 0 + 0');
      const fewer = 'a,1\na,1\na,1\nb,\n';
      assert.deepEqual(told(await held(load.id, fewer)), ['missing 3']);
    });

    test('values of all kinds are the same however they are written', async () => {
      await empty();
      const content =
        'A,2021-02-03,2021-02-03T04:05:06Z,0.1,1e-7,true,9007199254740993\nb,2021-02-03,,1e10,0.30,f,-5\n';
      const load = await loadContent(rig.ingest, content, { table: 'r_kinds' });
      assert.equal(load.inserted, 2, JSON.stringify(load.reasons));
      assert.equal(counts(await held(load.id, content)), '2 = 0 + 2 + 0 + 0');
      await rig.rows("UPDATE r_kinds SET big = big - 1, d = 0.31 WHERE code = 'b'");
      assert.deepEqual(told(await held(load.id, content)), ['changed 2 d: 0.3 / 0.31 big: -5 / -6']);
    });

    test('a table that was changed since: rows that do not fit it any more are looked up all the same', async () => {
      const content =
        'id,name,n,d\n1,Ann,5,1.50\n2,Barbara,70000,2.25\n3,Cid,,3\n4,Dorothea,1,1\n5,Eve,x,1\n';
      const keys = ['id INTEGER PRIMARY KEY', 'id INTEGER'];
      for (const [i, id] of keys.entries()) {
        const table = `r_narrow${i}`;
        await rig.rows(`CREATE TABLE ${table} (${id}, name VARCHAR(20), n INTEGER, d DECIMAL(8, 2))`);
        const load = await loadContent(rig.ingest, content, { table });
        assert.equal(summary(load), '5 = 4 + 0 + 0 + 1');
        await rig.rows(`DROP TABLE ${table}`);
        const narrower = 'name VARCHAR(3), n SMALLINT NOT NULL, d DECIMAL(8, 1)';
        await rig.rows(`CREATE TABLE ${table} (${id}, ${narrower})`);
        await rig.rows(
          `INSERT INTO ${table} VALUES (1, 'Ann', 5, 1.5), (2, 'Bar', 7, 2.3), (3, 'Cid', 0, 3)`,
        );
        const differs = await held(load.id, content);
        assert.equal(counts(differs), i === 0 ? '5 = 1 + 1 + 1 + 2' : '5 = 1 + 1 + 3 + 0');
        const changed = ['changed 3 name: Barbara / Bar n: 70000 / 7 d: 2.25 / 2.3', 'changed 4 n: null / 0'];
        assert.deepEqual(
          told(differs),
          i === 0 ? [...changed, 'missing 5'] : [3, 4, 5].map((n) => `missing ${n}`),
        );
      }
    });

    test('a key that the table cannot hold any more, and one that it holds as another type', async () => {
      await rig.rows('CREATE TABLE r_codes (code VARCHAR(9) PRIMARY KEY, v VARCHAR(9))');
      const content = '1x,x\n70000,y\n7,z\n';
      const load = await loadContent(rig.ingest, content, { table: 'r_codes' });
      await rig.rows('DROP TABLE r_codes');
      await rig.rows('CREATE TABLE r_codes (code SMALLINT PRIMARY KEY, v VARCHAR(9))');
      await rig.rows("INSERT INTO r_codes VALUES (7, 'z'), (1, 'x')");
      assert.deepEqual(told(await held(load.id, content)), ['missing 1', 'missing 2']);
    });

    test('a column that is gone, and a table that is', async () => {
      await rig.rows('CREATE TABLE r_gone (id INTEGER PRIMARY KEY, v VARCHAR(9))');
      const load = await loadContent(rig.ingest, 'id,v\n1,x\n', { table: 'r_gone' });
      await rig.rows('DROP TABLE r_gone');
      await assert.rejects(held(load.id, 'id,v\n1,x\n'), { code: 'table-not-found' });
      await rig.rows('CREATE TABLE r_gone (id INTEGER PRIMARY KEY, w VARCHAR(9))');
      const gone = /does not fit table r_gone: unknown column "v"/;
      await assert.rejects(held(load.id, 'id,v\n1,x\n'), { code: 'header-invalid', message: gone });
    });

    test('a slice in the middle has its own lines and places', async () => {
      await empty();
      const content = 'id,price\n1,1\n2,2\n';
      const load = await loadContent(rig.ingest, content, { table: 'r_prices' });
      await rig.rows('DELETE FROM r_prices WHERE id = 2');
      const slice = { offset: 13, line: 2, bytes: utf8('2,2\n'), last: true, resend: null };
      const receipt = await rig.ingest.reconcile(load.id, slice);
      assert.deepEqual([told(receipt), receipt.differences[0]?.byteOffset], [['missing 3'], 13]);
    });
  });
}
