import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import type { SqlValue } from '../../src/database/database.ts';
import type { Dialect } from '../../src/model/dialect.ts';
import type { Load } from '../../src/model/receipt.ts';
import { allRejects, loadContent, summary } from '../ingest/fixture.ts';
import type { Rig } from './rig.ts';

/** What each engine calls the types. */
const TYPES = {
  sqlite: { double: 'REAL', local: 'DATETIME', instant: 'TIMESTAMPTZ', bytes: 'BLOB' },
  postgres: { double: 'double precision', local: 'timestamp', instant: 'timestamptz', bytes: 'bytea' },
  mysql: { double: 'DOUBLE', local: 'DATETIME', instant: 'TIMESTAMP NULL', bytes: 'VARBINARY(10)' },
};

const SELECT = {
  sqlite: { instant: "replace(substr(v_instant, 1, 19), 'T', ' ')", local: "replace(v_local, 'T', ' ')" },
  postgres: {
    instant: `to_char(v_instant AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')`,
    local: `to_char(v_local, 'YYYY-MM-DD HH24:MI:SS')`,
  },
  mysql: {
    instant: `DATE_FORMAT(v_instant, '%Y-%m-%d %H:%i:%s')`,
    local: `DATE_FORMAT(v_local, '%Y-%m-%d %H:%i:%s')`,
  },
};

interface Sent {
  readonly dialect: Partial<Dialect>;
  readonly content: string;
}

/** Files whose values are written their own way, into a table of the engine and read back with SQL. */
export function runValues(rig: Rig): void {
  suite('values', () => {
    const { engine } = rig.target;

    before(async () => {
      const { double, local, instant, bytes } = TYPES[engine];
      await rig.target.run(`CREATE TABLE written (
        id integer NOT NULL PRIMARY KEY, v_whole bigint, v_decimal decimal(12, 2), v_double ${double},
        v_truth boolean, v_day date, v_local ${local}, v_instant ${instant}, v_bytes ${bytes})`);
    });

    const load = ({ dialect, content }: Sent): Promise<Load> =>
      loadContent(rig.ingest, content, { table: 'written', dialect, maxRejects: '100%' });

    const rows = (select: string, from: number): Promise<SqlValue[][]> =>
      rig.rows(`SELECT ${select} FROM written WHERE id >= ${from} ORDER BY id`);

    const text = (column: string): string =>
      engine === 'mysql' ? `CAST(${column} AS CHAR)` : `CAST(${column} AS text)`;

    test('numbers with a decimal comma and thousands', async () => {
      const done = await load({
        dialect: { delimiter: ';', decimalChar: ',', groupChar: '.' },
        content:
          'id;v_whole;v_decimal;v_double\n101;1.234.567;1.234,56;-0,125\n102;"-12";"5,5";1,5e3\n103;12.34;1.5;2.5\n104;;;\n',
      });
      assert.equal(summary(done), '4 = 3 + 0 + 0 + 1');
      const stored = await rows('v_whole, v_decimal, v_double', 101);
      assert.deepEqual(
        stored.map((row) => row.map((value) => (value === null ? null : Number(value)))),
        [
          [1_234_567, 1234.56, -0.125],
          [-12, 5.5, 1500],
          [null, null, null],
        ],
      );
    });

    test('a reject has its line, its raw record and its values as they came', async () => {
      const done = await load({
        dialect: { delimiter: ';', decimalChar: ',', groupChar: '.' },
        content: 'id;v_whole;v_decimal\n201;1.000;2,50\n202;10.00;"1.5"\n203;2.000;12.345.678.901,00\n',
      });
      const rejects = await allRejects(rig.ingest, done.id);
      assert.deepEqual(
        rejects.map(({ line, byteOffset, raw }) => ({ line, byteOffset, raw })),
        [
          { line: 3, byteOffset: 36, raw: '202;10.00;"1.5"' },
          { line: 4, byteOffset: 52, raw: '203;2.000;12.345.678.901,00' },
        ],
      );
      assert.deepEqual(
        rejects.map(({ errors }) => errors.map(({ code, value }) => [code, value])),
        [
          [
            ['type.integer', '10.00'],
            ['type.decimal', '1.5'],
          ],
          [['range', '12.345.678.901,00']],
        ],
      );
      assert.match(rejects[0]?.errors[1]?.message ?? '', /expected a number such as 1\.234,56/);
    });

    test('truth in other words', async () => {
      const done = await load({
        dialect: { trueValues: ['ja', 'j'], falseValues: ['nein', 'n'] },
        content: 'id,v_truth\n301,ja\n302,nein\n303,"j"\n304,true\n305,\n306,N\n',
      });
      assert.equal(summary(done), '6 = 4 + 0 + 0 + 2');
      const stored = await rows('id, v_truth', 301);
      assert.deepEqual(
        stored.map(([id, truth]) => [Number(id), truth === null ? null : Boolean(Number(truth))]),
        [
          [301, true],
          [302, false],
          [303, true],
          [305, null],
        ],
      );
    });

    test('dates and times in declared formats', async () => {
      const done = await load({
        dialect: { dateFormat: '%d/%m/%Y', datetimeFormat: '%m/%d/%y %I:%M:%S %p' },
        content:
          'id,v_day,v_local\n401,31/12/2020,12/31/20 11:59:58 PM\n402,3/4/2021,1/2/03 12:00:00 AM\n403,2021-04-03,\n404,29/02/2021,\n405,,13/01/20 01:00:00 AM\n',
      });
      assert.equal(summary(done), '5 = 2 + 0 + 0 + 3');
      assert.deepEqual(await rows(`${text('v_day')} AS d, ${SELECT[engine].local} AS l`, 401), [
        ['2020-12-31', '2020-12-31 23:59:58'],
        ['2021-04-03', '2003-01-02 00:00:00'],
      ]);
    });

    test('local times become instants, and those that were never or twice are rejects', async () => {
      const done = await load({
        dialect: { timeZone: 'Europe/Madrid' },
        content:
          'id,v_local,v_instant\n501,2021-07-01T12:00:00,2021-07-01T12:00:00\n502,2021-01-01 00:30:00,2021-01-01 00:30:00\n503,,2021-03-28 02:30:00\n504,,2021-10-31 02:30:00\n505,,2021-07-01T12:00:00Z\n506,,2021-07-01T12:00:00-05:00\n',
      });
      assert.equal(summary(done), '6 = 4 + 0 + 0 + 2');
      const { local, instant } = SELECT[engine];
      const zoned = engine === 'sqlite' ? '2021-07-01 12:00:00' : '2021-07-01 17:00:00';
      assert.deepEqual(await rows(`${local} AS l, ${instant} AS i`, 501), [
        ['2021-07-01 12:00:00', '2021-07-01 10:00:00'],
        ['2021-01-01 00:30:00', '2020-12-31 23:30:00'],
        [null, '2021-07-01 12:00:00'],
        [null, zoned],
      ]);
      assert.equal(done.dialect?.timeZone, 'Europe/Madrid');
    });

    test('bytes as hexadecimal digits', async () => {
      const done = await load({
        dialect: {},
        content: 'id,v_bytes\n601,\\x00ff\n602,0x00FF\n603,00ff\n604,AP8=\n',
      });
      assert.equal(summary(done), '4 = 3 + 0 + 0 + 1');
      const stored = await rows('v_bytes', 601);
      assert.deepEqual(
        stored.map(([value]) => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value)),
        ['00ff', '00ff', '00ff'],
      );
    });

    test('values in another encoding and under another delimiter', async () => {
      const latin = (text: string): Buffer => Buffer.from(text, 'latin1');
      const content = latin(
        'id||v_decimal||v_truth\n651||1\xa0234,5||s\xed\n652||"2,5"||no\n653||1.5||s\xed\n',
      );
      const done = await loadContent(rig.ingest, content, {
        table: 'written',
        dialect: {
          delimiter: '||',
          encoding: 'windows-1252',
          decimalChar: ',',
          groupChar: '\u00a0',
          trueValues: ['sí'],
          falseValues: ['no'],
        },
        maxRejects: '100%',
      });
      assert.equal(summary(done), '3 = 2 + 0 + 0 + 1');
      const stored = await rows('v_decimal, v_truth', 651);
      assert.deepEqual(
        stored.map(([number, truth]) => [Number(number), Boolean(Number(truth))]),
        [
          [1234.5, true],
          [2.5, false],
        ],
      );
      const [reject] = await allRejects(rig.ingest, done.id);
      assert.deepEqual([reject?.line, reject?.byteOffset], [4, content.indexOf('653')]);
    });

    test('parts of a load are read alike, wherever they are cut', async () => {
      const lines = Array.from(
        { length: 400 },
        (_, i) => `${700 + i};"${i % 10}.${String(i).padStart(3, '0')},5"\n`,
      );
      const content = `id;v_decimal\n${lines.join('')}`.replaceAll('"0.', '"');
      const done = await loadContent(rig.ingest, content, {
        table: 'written',
        dialect: { delimiter: ';', decimalChar: ',', groupChar: '.' },
        partBytes: () => 900,
      });
      assert.equal(summary(done), '400 = 400 + 0 + 0 + 0');
      const expected = Array.from({ length: 400 }, (_, i) => (i % 10) * 1000 + i + 0.5);
      const stored = await rows('v_decimal', 700);
      assert.deepEqual(
        stored.map(([value]) => Number(value)),
        expected,
      );
    });
  });
}
