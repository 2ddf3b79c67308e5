/** Other programs read what we write: avrocat (Avro C), python3-avro and avsc. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import avsc from 'avsc';
import { makeHome, only } from '../backup/fixture.ts';
import { lines, output } from './program.ts';

type Cell = string | number | boolean | null | { readonly bytes: string };
type Row = Readonly<Record<string, Cell>>;

const WHAT_IS_THERE: ReadonlyArray<{
  readonly what: string;
  readonly sql: string;
  readonly rows: readonly Row[];
}> = [
  {
    what: 'hires',
    sql: `CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR(200), datetime DATETIME, department_id INTEGER);
      INSERT INTO t VALUES (1, 'Ann', '2021-07-27T16:02:08Z', 1), (2, 'Zoë 😀', NULL, NULL), (3, '', '2021-07', 12)`,
    rows: [
      { id: 1, name: 'Ann', datetime: '2021-07-27T16:02:08Z', department_id: 1 },
      { id: 2, name: 'Zoë 😀', datetime: null, department_id: null },
      { id: 3, name: '', datetime: '2021-07', department_id: 12 },
    ],
  },
  {
    what: 'every class, alone and mixed',
    sql: `CREATE TABLE t (i INTEGER NOT NULL, r REAL NOT NULL, x TEXT NOT NULL, b BLOB NOT NULL, m, w TEXT);
      INSERT INTO t VALUES (4611686018427387904, -1.5, 'x', x'00ff', 7, 'fine'), (-9223372036854775807 - 1, 1e300, 'é', x'', 7.5, CAST(x'c328' AS TEXT)),
        (0, 0.25, '', x'41', 'seven', NULL), (-1, 2, 'a', x'42', x'07', 'w'), (1, 3, 'b', x'43', NULL, 'w')`,
    rows: [
      { i: 2 ** 62, r: -1.5, x: 'x', b: { bytes: '00ff' }, m: 7, w: 'fine' },
      { i: -(2 ** 63), r: 1e300, x: 'é', b: { bytes: '' }, m: 7.5, w: { bytes: 'c328' } },
      { i: 0, r: 0.25, x: '', b: { bytes: '41' }, m: 'seven', w: null },
      { i: -1, r: 2, x: 'a', b: { bytes: '42' }, m: { bytes: '07' }, w: 'w' },
      { i: 1, r: 3, x: 'b', b: { bytes: '43' }, m: null, w: 'w' },
    ],
  },
  {
    what: 'names that Avro does not know',
    sql: `CREATE TABLE t ("full name" TEXT, "__proto__" INT, "record" INT); INSERT INTO t VALUES ('Ann', 1, 2)`,
    rows: [{ full_name: 'Ann', __proto___: 1, record_: 2 }],
  },
  { what: 'no rows', sql: 'CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)', rows: [] },
];

async function backUp(t: TestContext, sql: string): Promise<string> {
  const home = makeHome(t, sql);
  const { file } = only(await (await home.backups()).run(['t']));
  return join(home.path, file);
}

const PYTHON = `
import json, sys
from avro.datafile import DataFileReader
from avro.io import DatumReader
def plain(value):
    if isinstance(value, bytes): return {'bytes': value.hex()}
    return value
with DataFileReader(open(sys.argv[1], 'rb'), DatumReader()) as reader:
    for row in reader: print(json.dumps({name: plain(value) for name, value in row.items()}))
`;

/** Avro's JSON encoding: a union's value is {"branch": value}, bytes are a string of code points to U+00FF. */
function fromJsonEncoding(value: unknown, branch = ''): Cell {
  if (typeof value === 'object' && value !== null) {
    const [[name, inner] = ['', null]] = Object.entries(value);
    return fromJsonEncoding(inner, name);
  }
  if (typeof value === 'string' && branch === 'bytes')
    return { bytes: Buffer.from(value, 'latin1').toString('hex') };
  if (value === null || typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  throw new TypeError(`not a value: ${String(value)}`);
}

for (const { what, sql, rows } of WHAT_IS_THERE) {
  test(`python3-avro reads ${what}`, async (t) => {
    const text = output('python3', 'python3-avro', ['-c', PYTHON, await backUp(t, sql)]);
    assert.deepEqual(
      lines(text).map((line) => JSON.parse(line)),
      rows,
    );
  });

  test(`avrocat reads ${what}`, async (t) => {
    const text = output('avrocat', 'avro-bin', [await backUp(t, sql)]);
    const found = lines(text).map((line) => JSON.parse(line));
    assert.equal(found.length, rows.length);
    // It writes blobs as it likes (a NUL ends them): texts and numbers are compared.
    for (const [index, row] of rows.entries()) {
      for (const [name, cell] of Object.entries(row)) {
        if (typeof cell === 'object' && cell !== null) continue;
        assert.equal(fromJsonEncoding(found[index][name]), cell, `${name} of row ${index}`);
      }
    }
  });

  test(`avsc reads ${what}`, async (t) => {
    const path = await backUp(t, sql);
    const found: Row[] = [];
    for await (const row of avsc.createFileDecoder(path, DECODER)) found.push(plainRow(row));
    assert.deepEqual(found, rows);
  });
}

const longs = avsc.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => Number(bytes.readBigInt64LE()),
  toBuffer: () => Buffer.alloc(8),
  fromJSON: Number,
  toJSON: Number,
  isValid: Number.isInteger,
  compare: (a: number, b: number) => a - b,
});
const DECODER = {
  parseHook: (schema: avsc.Schema) =>
    avsc.Type.forSchema(schema, { registry: { long: longs }, wrapUnions: true }),
};

function plainRow(row: object): Row {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plainCell(value)]));
}

function plainCell(value: unknown): Cell {
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('hex') };
  if (typeof value === 'object' && value !== null) return plainCell(Object.values(value)[0]);
  return fromJsonEncoding(value);
}

test('a missing program fails with what to install', () => {
  assert.throws(() => output('avrocat-of-nowhere', 'avro-bin', []), /apt-get install -y avro-bin/);
});

test('the file starts as every reader expects', async (t) => {
  const path = await backUp(t, 'CREATE TABLE t (a INT)');
  assert.deepEqual([...readFileSync(path).subarray(0, 4)], [0x4f, 0x62, 0x6a, 1]);
});
