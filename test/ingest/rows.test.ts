import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorsOf, ledgerFaults, openHome, send, summary, utf8 } from './fixture.ts';

const DDL = `CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price DECIMAL(20,7), born DATE);
  CREATE TABLE one (v TEXT); CREATE TABLE big (n BIGINT, r REAL, j JSON, b BOOLEAN);
  CREATE TABLE made (a INT, b INT AS (a + 1)); CREATE TABLE "__proto__" ("constructor" TEXT, "__proto__" TEXT);`;

const home = await openHome(DDL);
const table = (name: string, columns = '*'): unknown[][] =>
  home.values(`SELECT ${columns} FROM ${name} ORDER BY 1`);

test('an array of objects: keys in any order, left out is NULL', async () => {
  const receipt = await send(home.ingest, [
    { name: 'a', id: 1 },
    { id: 2, born: '2020-02-29', name: 'b' },
    { id: 3 },
  ]);
  assert.equal(summary(receipt), '3 = 2 + 0 + 0 + 1');
  assert.deepEqual(errorsOf(receipt), ['2 missing name']);
  assert.deepEqual(table('t', 'id, name, born'), [
    [1, 'a', null],
    [2, 'b', '2020-02-29'],
  ]);
  assert.equal(receipt.state, 'completed_with_rejects');
});

test('columns and rows, NDJSON and CSV say the same', async () => {
  const bodies: readonly (readonly ['json' | 'ndjson' | 'csv', string])[] = [
    ['json', '{"columns":["name","id"],"rows":[["x",ID],["y,\\"\\n",ID1],[null,5]]}'],
    ['ndjson', '{"name":"x","id":ID}\r\n\n{"id":ID1,"name":"y,\\"\\n"}\n{"id":5}'],
    ['csv', 'name,id\nx,ID\n"y,""\n",ID1\n,5\n'],
    ['csv', 'ID,x,,\nID1,"y,""\n",,\n5,,,\n'],
  ];
  for (const [i, [format, text]] of bodies.entries()) {
    const id = 100 + 10 * i;
    const body = text.replaceAll('ID1', String(id + 1)).replaceAll('ID', String(id));
    const receipt = await send(home.ingest, body, { format });
    assert.equal(summary(receipt), '3 = 2 + 0 + 0 + 1', body);
    assert.deepEqual(errorsOf(receipt), ['2 missing name'], body);
    assert.deepEqual(home.values(`SELECT name FROM t WHERE id BETWEEN ${id} AND ${id + 1}`), [
      ['x'],
      ['y,"\n'],
    ]);
  }
});

test('an empty array is a batch of no rows', async () => {
  for (const [format, body] of [
    ['json', '[]'],
    ['json', '{"columns":["id"],"rows":[]}'],
    ['ndjson', ''],
    ['csv', ''],
    ['csv', 'id,name\n'],
  ] as const) {
    const receipt = await send(home.ingest, body, { format });
    assert.deepEqual(
      [summary(receipt), receipt.state],
      ['0 = 0 + 0 + 0 + 0', 'completed'],
      `${format} ${body}`,
    );
  }
});

test('numbers keep the digits they were written with', async () => {
  const body = `[{"n": 9223372036854775807, "r": 1e3}, {"n": -9223372036854775808, "r": 0.1},
    {"n": 12345678901234567890, "r": 1}, {"n": 1e3, "r": 123456789012345678}, {"n": 5.0, "j": {"a": [1.5, null]}, "b": true}]`;
  const receipt = await send(home.ingest, body, { table: 'big' });
  assert.deepEqual(errorsOf(receipt), ['2 range n']);
  assert.deepEqual(table('big', 'CAST(n AS TEXT), r, j, b'), [
    ['-9223372036854775808', 0.1, null, null],
    ['1000', 123456789012345680, null, null],
    ['5', null, '{"a":[1.5,null]}', 1],
    ['9223372036854775807', 1000, null, null],
  ]);
});

test('small and large numbers are written out, not in powers of ten', async () => {
  const body =
    '[{"id":300,"name":"a","price":0.0000001},{"id":301,"name":"a","price":1e-7},{"id":302,"name":"a","price":-2.5e-6},{"id":303,"name":"b","price":1e21}]';
  const receipt = await send(home.ingest, body);
  assert.deepEqual(errorsOf(receipt), ['3 range price']);
  assert.deepEqual(home.values('SELECT price FROM t WHERE id BETWEEN 300 AND 303'), [
    [1e-7],
    [1e-7],
    [-2.5e-6],
  ]);
});

test('rows that are no objects are rejects in their places, and no other row is lost', async () => {
  const receipt = await send(home.ingest, [
    { id: 400, name: 'a' },
    null,
    5,
    'x',
    [1],
    {},
    true,
    { id: 401, name: 'b' },
  ]);
  assert.equal(summary(receipt), '8 = 2 + 0 + 0 + 6');
  assert.deepEqual(
    receipt.rejects.map(({ index, line, errors }) => [index, line, errors[0]?.code, errors[0]?.message]),
    [
      [1, 2, 'type.json', 'row 1 is null; expected an object'],
      [2, 3, 'type.json', 'row 2 is a number; expected an object'],
      [3, 4, 'type.json', 'row 3 is a string; expected an object'],
      [4, 5, 'type.json', 'row 4 is an array; expected an object'],
      [5, 6, 'missing', 'id is empty; it must have a value'],
      [6, 7, 'type.json', 'row 6 is a boolean; expected an object'],
    ],
  );
});

test('a line of NDJSON that is no JSON is a reject of its own', async () => {
  const receipt = await send(home.ingest, '{"id":410,"name":"a"}\n{"id":\nnull\n{"id":411,"name":"b"}\n', {
    format: 'ndjson',
  });
  assert.equal(summary(receipt), '4 = 2 + 0 + 0 + 2');
  assert.match(receipt.rejects[0]?.errors[0]?.message ?? '', /not a JSON object: \{"id":/);
});

test('rows of arrays with too few, too many or no fields, and what is no array', async () => {
  const receipt = await send(home.ingest, {
    columns: ['id', 'name'],
    rows: [[420, 'a'], [421], [422, 'b', 'c'], [], null, [null], [423, 'd']],
  });
  assert.equal(summary(receipt), '7 = 2 + 0 + 0 + 5');
  assert.deepEqual(errorsOf(receipt), [
    '1 columns.few',
    '2 columns.many',
    '3 columns.few',
    '4 type.json',
    '5 columns.few',
  ]);
});

test('a table of one column: NULL, the empty string and no field at all are told apart', async () => {
  const receipt = await send(
    home.ingest,
    { columns: ['v'], rows: [[null], [''], [], ['x'], null] },
    { table: 'one' },
  );
  assert.equal(summary(receipt), '5 = 3 + 0 + 0 + 2');
  assert.deepEqual(errorsOf(receipt), ['2 columns.few', '4 type.json']);
  assert.deepEqual(home.values('SELECT v FROM one ORDER BY rowid'), [[null], [''], ['x']]);
});

test('unknown keys are rejects with the near names; the names of Object are names like any other', async () => {
  const body =
    '[{"id":430,"nmae":"x"},{"id":431,"name":"x","__proto__":1},{"id":432,"name":"x","constructor":2},{"id":433,"name":"y"}]';
  const receipt = await send(home.ingest, body);
  assert.equal(summary(receipt), '4 = 1 + 0 + 0 + 3');
  assert.match(receipt.rejects[0]?.errors[0]?.message ?? '', /unknown column "nmae", did you mean name\?/);
  assert.match(receipt.rejects[1]?.errors[0]?.message ?? '', /unknown column "__proto__"/);
  const odd = await send(home.ingest, '[{"constructor":"c","__proto__":"p"}]', { table: '__proto__' });
  assert.equal(summary(odd), '1 = 1 + 0 + 0 + 0');
  const header = await send(home.ingest, '__proto__,constructor\np,c\n', {
    table: '__proto__',
    format: 'csv',
  });
  assert.equal(summary(header), '1 = 1 + 0 + 0 + 0');
  assert.deepEqual(table('"__proto__"'), [
    ['c', 'p'],
    ['c', 'p'],
  ]);
  assert.equal(Reflect.get({}, 'nmae'), undefined);
});

test('lone surrogates are rejects, never replaced', async () => {
  const body =
    '[{"id":440,"name":"\\ud800"},{"id":441,"name":"\\ude00\\ud83d"},{"id":442,"name":"\\ud83d\\ude00"}]';
  const receipt = await send(home.ingest, body);
  assert.deepEqual(errorsOf(receipt), ['0 encoding', '1 encoding']);
  assert.deepEqual(home.values('SELECT name FROM t WHERE id BETWEEN 440 AND 442'), [['😀']]);
});

test('NUL is a reject', async () => {
  assert.deepEqual(errorsOf(await send(home.ingest, [{ id: 450, name: 'a\0' }])), ['0 nul']);
});

const REFUSED: readonly (readonly [string, 'json' | 'ndjson' | 'csv', string | Uint8Array, string])[] = [
  ['no JSON', 'json', '[{"id":1]', 'body-invalid'],
  ['no rows', 'json', '{"id":1}', 'body-invalid'],
  ['a text', 'json', '"x"', 'body-invalid'],
  ['no UTF-8', 'json', Uint8Array.from([0x5b, 0xff, 0x5d]), 'body-invalid'],
  ['an unknown column', 'json', '{"columns":["id","nope"],"rows":[]}', 'header-invalid'],
  ['a column twice', 'json', '{"columns":["id","ID"],"rows":[]}', 'header-invalid'],
  ['a column twice in CSV', 'csv', 'id,id\n1,1\n', 'header-invalid'],
];
for (const [what, format, body, code] of REFUSED) {
  test(`refused as a whole: ${what}`, async () => {
    await assert.rejects(send(home.ingest, body, { format }), { code });
  });
}

test('a generated column cannot be loaded', async () => {
  await assert.rejects(send(home.ingest, [{ a: 1, b: 2 }], { table: 'made' }), {
    code: 'header-invalid',
    message: /column b is computed by the database/,
  });
  assert.equal(summary(await send(home.ingest, [{ a: 1 }], { table: 'made' })), '1 = 1 + 0 + 0 + 0');
});

test('more rows than allowed are refused, with the other way', async () => {
  await assert.rejects(send(home.ingest, [{ id: 1 }, { id: 2 }, { id: 3 }], { maxRows: 2 }), {
    code: 'too-many-rows',
    hint: /rowferry load/,
  });
  const many = { columns: ['id', 'name'], rows: Array.from({ length: 1000 }, (_, i) => [1000 + i, 'x']) };
  assert.equal(summary(await send(home.ingest, many)), '1000 = 1000 + 0 + 0 + 0');
});

test('a table that is not there, with the near names', async () => {
  await assert.rejects(send(home.ingest, [], { table: 'bigg' }), {
    code: 'table-not-found',
    hint: 'did you mean big?',
  });
});

test('rejects know their place: the row of JSON, line and byte of CSV', async () => {
  const json = await send(home.ingest, [
    { id: 500, name: 'a' },
    { id: 'x', name: 'b' },
  ]);
  assert.deepEqual(json.rejects[0], {
    index: 1,
    line: 2,
    byteOffset: 0,
    raw: 'x,b',
    errors: [
      {
        code: 'type.integer',
        column: 'id',
        value: 'x',
        message: 'id is "x"; expected a whole number such as 42',
      },
    ],
  });
  const csv = await send(home.ingest, '\uFEFF\r\nid,name\r\n501,"a\r\nb"\r\n\r\nx,"c\r\nd"\r\n', {
    format: 'csv',
  });
  const [reject] = csv.rejects;
  assert.deepEqual([reject?.index, reject?.line, reject?.byteOffset, reject?.raw], [1, 6, 28, 'x,"c\r\nd"']);
});

test('raw bytes that are no UTF-8 come back as they were', async () => {
  const body = Uint8Array.from([...utf8('id,name\n600,'), 0xff, 0xfe, 10]);
  const { rejects } = await send(home.ingest, body, { format: 'csv' });
  assert.equal(rejects[0]?.rawBase64, Buffer.from([...utf8('600,'), 0xff, 0xfe]).toString('base64'));
});

test('the ledger holds what the receipts say', () => {
  assert.deepEqual(ledgerFaults(home), []);
});
