/** Other programs read the typed columns of a server's tables: avrocat (Avro C), python3-avro and avsc. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import avsc from 'avsc';
import { postgresHome } from '../backup/postgres/fixture.ts';
import { lines, output } from './program.ts';

const PYTHON = `
import datetime, decimal, json, sys
from avro.datafile import DataFileReader
from avro.io import DatumReader
def plain(value):
    if isinstance(value, bytes): return {'bytes': value.hex()}
    if isinstance(value, (datetime.date, datetime.time, datetime.datetime, decimal.Decimal)): return str(value)
    return value
with DataFileReader(open(sys.argv[1], 'rb'), DatumReader()) as reader:
    for row in reader: print(json.dumps({name: plain(value) for name, value in row.items()}))
`;

const TABLE = `CREATE TABLE t (id integer PRIMARY KEY, flag boolean, big bigint, f real, d double precision, n numeric(10,2) NOT NULL,
  txt text, bin bytea, day date, tod time, ts timestamp, tz timestamptz, whenever interval, ids uuid, list integer[])`;
const ROWS = `INSERT INTO t VALUES
  (1, true, 4611686018427387904, 1.5, -2.25, -12345678.90, 'Zoë 😀', '\\x00ff', '2021-11-07', '02:48:42.000001', '1969-12-31 23:59:59.999999',
    '2021-11-07 02:48:42+00', '1 year', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{1,NULL}'),
  (2, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`;

async function backUp(t: TestContext, rows: boolean): Promise<string> {
  const home = await postgresHome(t, `${TABLE}; ${rows ? ROWS : ''}`);
  const { file } = await home.backUp('t');
  return join(home.path, file);
}

const EMPTY_ROW = Object.fromEntries(
  ['flag', 'big', 'f', 'd', 'txt', 'bin', 'day', 'tod', 'ts', 'tz', 'whenever', 'ids', 'list'].map((name) => [
    name,
    null,
  ]),
);

test('python3-avro reads dates, times and decimals as such', async (t) => {
  const text = output('python3', 'python3-avro', ['-c', PYTHON, await backUp(t, true)]);
  assert.deepEqual(
    lines(text).map((line) => JSON.parse(line)),
    [
      {
        id: 1,
        flag: true,
        big: 2 ** 62,
        f: 1.5,
        d: -2.25,
        n: '-12345678.90',
        txt: 'Zoë 😀',
        bin: { bytes: '00ff' },
        day: '2021-11-07',
        tod: '02:48:42.000001',
        ts: '1969-12-31 23:59:59.999999+00:00',
        tz: '2021-11-07 02:48:42+00:00',
        whenever: 'P1Y',
        ids: 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
        list: '{1,NULL}',
      },
      { id: 2, n: '0.00', ...EMPTY_ROW },
    ],
  );
});

test('avrocat reads them', async (t) => {
  const [first = '', second = '', ...more] = lines(output('avrocat', 'avro-bin', [await backUp(t, true)]));
  assert.deepEqual(more, []);
  const row = JSON.parse(first);
  assert.deepEqual(
    [row.id, row.flag, row.big, row.d, row.txt, row.ids, row.tz],
    [
      1,
      { boolean: true },
      { long: 2 ** 62 },
      { double: -2.25 },
      { string: 'Zoë 😀' },
      { string: 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11' },
      { long: Date.UTC(2021, 10, 7, 2, 48, 42) * 1000 },
    ],
  );
  assert.equal(JSON.parse(second).flag, null);
});

test('avsc reads them', async (t) => {
  const found: unknown[] = [];
  const longs = avsc.types.LongType.__with({
    fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
    toBuffer: () => Buffer.alloc(8),
    fromJSON: BigInt,
    toJSON: Number,
    isValid: () => true,
    compare: () => 0,
  });
  const decoder = {
    parseHook: (schema: avsc.Schema) => avsc.Type.forSchema(schema, { registry: { long: longs } }),
  };
  for await (const row of avsc.createFileDecoder(await backUp(t, true), decoder)) found.push({ ...row });
  const [first, second] = found;
  assert.partialDeepStrictEqual(first, {
    id: 1,
    big: 2n ** 62n,
    day: Date.UTC(2021, 10, 7) / 86_400_000,
    tod: 10_122_000_001,
    ts: -1,
    tz: Date.UTC(2021, 10, 7, 2, 48, 42) * 1000,
    n: Buffer.from('ffb669fd2e', 'hex'),
  });
  assert.partialDeepStrictEqual(second, { id: 2, txt: null });
});

test('all three read a table without rows', async (t) => {
  const path = await backUp(t, false);
  assert.deepEqual(lines(output('python3', 'python3-avro', ['-c', PYTHON, path])), []);
  assert.deepEqual(lines(output('avrocat', 'avro-bin', [path])), []);
  for await (const row of avsc.createFileDecoder(path)) assert.fail(`a row: ${String(row)}`);
});
