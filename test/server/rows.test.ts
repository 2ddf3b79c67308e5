import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { MultiBatchReceipt } from '../../src/ingest/ingest.ts';
import type { BatchReceipt } from '../../src/model/receipt.ts';
import type { Problem } from '../../src/server/problems.ts';
import { hires, startTestServer } from './harness.ts';

type RefusedRows = Problem & { readonly receipt: BatchReceipt };

const { call, fail, rows, config } = await startTestServer();
const HIRES = '/v1/tables/hired_employees/rows';

test('1,000 rows, 3 of them bad: 997 inserted, each reject explained; the same again changes nothing', async () => {
  const body = hires(1000, 1);
  body[10] = { ...body[10], name: null };
  body[500] = { ...body[500], job_id: 9999 };
  body[999] = { ...body[999], datetime: '27/07/2021' };
  const before = rows('hired_employees');
  const key = randomUUID();
  const first = await call<BatchReceipt>('POST', HIRES, { body, key });
  assert.equal(first.status, 200, first.text);
  const { read, inserted, updated, skipped, rejected } = first.json;
  assert.deepEqual([read, inserted, updated, skipped, rejected], [1000, 997, 0, 0, 3]);
  assert.deepEqual(
    first.json.rejects.map(({ index, errors }) => [index, errors.map(({ code, column }) => [code, column])]),
    [
      [10, [['missing', 'name']]],
      [500, [['foreign_key', 'job_id']]],
      [999, [['type.datetime', 'datetime']]],
    ],
  );
  for (const { errors } of first.json.rejects)
    for (const { message } of errors) assert.ok(message.length > 10);
  assert.equal(rows('hired_employees') - before, 997);
  assert.equal(first.headers.get('idempotency-replayed'), null);

  const again = await call<BatchReceipt>('POST', HIRES, { body, key });
  assert.equal(again.status, 200);
  assert.equal(again.text, first.text, 'the same answer');
  assert.equal(again.headers.get('idempotency-replayed'), 'true');
  assert.equal(rows('hired_employees') - before, 997);
});

test('the forms of a body: objects, columns and rows, NDJSON, CSV with and without a header', async () => {
  const [one = {}, two = {}] = hires(2, 5001);
  const columns = Object.keys(one);
  const shift = (by: number) => [one, two].map((row) => ({ ...row, id: Number(row.id) + by }));
  const csv = (by: number) =>
    shift(by)
      .map((row) => `${Object.values(row).join(',')}\n`)
      .join('');
  const bodies: Array<[type: string, body: unknown]> = [
    ['application/json', shift(0)],
    ['application/json; charset=utf-8', { columns, rows: shift(10).map((row) => Object.values(row)) }],
    [
      'application/x-ndjson',
      shift(20)
        .map((row) => JSON.stringify(row))
        .join('\n'),
    ],
    ['text/csv', csv(30)],
    ['TEXT/CSV', `${columns.join(',')}\r\n${csv(40)}`],
  ];
  for (const [type, body] of bodies) {
    const { status, json, text } = await call<BatchReceipt>('POST', HIRES, { type, body });
    assert.equal(status, 200, `${type}: ${text}`);
    assert.equal(json.inserted, 2, type);
  }
});

test('atomic: one bad row and none is loaded; the receipt comes inside the problem', async () => {
  const body = [...hires(3, 7001), { ...hires(1, 7004)[0], name: null }];
  const before = rows('hired_employees');
  const key = randomUUID();
  const refused = await call<RefusedRows>('POST', `${HIRES}?atomic=true`, { body, key });
  assert.equal(refused.status, 422, refused.text);
  assert.equal(refused.headers.get('content-type')?.split(';')[0], 'application/problem+json');
  assert.equal(refused.json.code, 'rows-rejected');
  assert.equal(refused.json.receipt.inserted, 0);
  assert.equal(rows('hired_employees'), before);
  const again = await call<RefusedRows>('POST', `${HIRES}?atomic=true`, { body, key });
  assert.equal(again.status, 422, 'a replay has the same status');
  assert.equal(again.text, refused.text);
  assert.equal(again.headers.get('idempotency-replayed'), 'true');
});

test('every row rejected is 422, no row at all is 200', async () => {
  const refused = await call<RefusedRows>('POST', HIRES, { body: [{ id: 1 }] });
  assert.equal(refused.status, 422);
  assert.equal(refused.json.receipt.rejected, 1);
  const empty = await call<BatchReceipt>('POST', HIRES, { body: [] });
  assert.equal(empty.status, 200, empty.text);
  assert.equal(empty.json.read, 0);
});

test('modes: a row whose key exists is rejected, skipped or updated', async () => {
  const job = '/v1/tables/jobs/rows';
  await call('POST', job, { body: [{ id: 800, job: 'Ferryman' }] });
  const body = [{ id: 800, job: 'Ferrywoman' }];
  const insert = await call<RefusedRows>('POST', job, { body });
  assert.equal(insert.json.receipt.rejects[0]?.errors[0]?.code, 'unique.table');
  assert.equal((await call<BatchReceipt>('POST', `${job}?mode=skip`, { body })).json.skipped, 1);
  assert.equal((await call<BatchReceipt>('POST', `${job}?mode=upsert`, { body })).json.updated, 1);
});

test('several tables in one request, parents first whatever their order', async () => {
  const body = {
    hired_employees: [{ ...hires(1, 9001)[0], department_id: 700, job_id: 700 }],
    jobs: [{ id: 700, job: 'Pilot' }],
    departments: [{ id: 700, department: 'Harbour' }],
  };
  const key = randomUUID();
  const { status, json, text } = await call<MultiBatchReceipt>('POST', '/v1/rows', { body, key });
  assert.equal(status, 200, text);
  assert.deepEqual(
    json.receipts.map((each) => each.inserted),
    [1, 1, 1],
  );
  assert.equal((await call('POST', '/v1/rows', { body, key })).headers.get('idempotency-replayed'), 'true');
});

test('several tables, atomic: a bad child keeps the parents out', async () => {
  const body = { departments: [{ id: 701, department: 'Quay' }], hired_employees: [{ id: 9002 }] };
  const before = rows('departments');
  const refused = await call<Problem & MultiBatchReceipt>('POST', '/v1/rows?atomic=true', { body });
  assert.equal(refused.status, 422, refused.text);
  assert.equal(refused.json.code, 'rows-rejected');
  assert.equal(refused.json.receipts.length, 2);
  assert.equal(rows('departments'), before);
});

test('an Idempotency-Key used for another body, query or path is refused', async () => {
  const key = randomUUID();
  const body = [{ id: 801, job: 'Stoker' }];
  await call('POST', '/v1/tables/jobs/rows', { body, key });
  const others: Array<[path: string, body: unknown]> = [
    ['/v1/tables/jobs/rows', [{ id: 802, job: 'Stoker' }]],
    ['/v1/tables/jobs/rows?mode=skip', body],
    ['/v1/tables/departments/rows', body],
  ];
  for (const [path, other] of others) {
    const refused = await fail('POST', path, { body: other, key });
    assert.equal(refused.json.code, 'idempotency-key-reused', path);
    assert.equal(refused.status, 422);
  }
});

test('one key sent by many at one time runs once', async () => {
  const key = randomUUID();
  const body = [{ id: 803, job: 'Bosun' }];
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => call<BatchReceipt>('POST', '/v1/tables/jobs/rows', { body, key })),
  );
  for (const { status, json, text } of answers) {
    assert.ok(status === 200 || status === 409, text);
    if (status === 200) assert.equal(json.inserted, 1);
  }
  assert.equal(
    answers.filter(({ status, headers }) => status === 200 && !headers.has('idempotency-replayed')).length,
    1,
  );
});

test('a body that is no JSON, of the wrong shape, or of too many rows is refused as a whole', async () => {
  const cases: Array<[body: string, type: string, code: string]> = [
    ['[{"id":1', 'application/json', 'body-invalid'],
    ['"text"', 'application/json', 'body-invalid'],
    ['{"columns":["id"]}', 'application/json', 'body-invalid'],
  ];
  for (const [body, type, code] of cases) {
    const refused = await fail('POST', '/v1/tables/jobs/rows', { body, type });
    assert.equal(refused.json.code, code, `${body}: ${refused.text}`);
  }
  const many = 'a,b\n'.repeat(config.maxRows + 1);
  const refused = await fail('POST', '/v1/tables/jobs/rows', { body: many, type: 'text/csv' });
  assert.equal(refused.json.code, 'too-many-rows', refused.text.slice(0, 300));
  assert.equal(refused.status, 413);
});

test('a dialect in the query is honoured, and refused when it is none', async () => {
  const dialect = encodeURIComponent(JSON.stringify({ delimiter: ';', header: false }));
  const loaded = await call<BatchReceipt>('POST', `/v1/tables/jobs/rows?dialect=${dialect}`, {
    body: '804;Mate\n',
    type: 'text/csv',
  });
  assert.equal(loaded.json.inserted, 1, loaded.text);
  const csvw = encodeURIComponent('{"@type":"Dialect","delimiter":";","headerRowCount":0}');
  const described = await call<BatchReceipt>('POST', `/v1/tables/jobs/rows?dialect=${csvw}`, {
    body: '806;Purser\n',
    type: 'text/csv',
  });
  assert.equal(described.json.inserted, 1, described.text);
  for (const wrong of ['{', '{"delimiter":"\\n"}', '{"colour":"red"}', '[]', '{"skipColumns":1}']) {
    const refused = await fail('POST', `/v1/tables/jobs/rows?dialect=${encodeURIComponent(wrong)}`, {
      body: '805;Cook\n',
      type: 'text/csv',
    });
    assert.equal(refused.json.code, 'dialect-invalid', wrong);
  }
});

test('a request in any dialect: UTF-16, a delimiter of two characters, ragged rows, values in their form', async () => {
  const post = (dialect: object, body: string | Uint8Array) =>
    call<BatchReceipt>(
      'POST',
      `/v1/tables/jobs/rows?dialect=${encodeURIComponent(JSON.stringify(dialect))}`,
      {
        body,
        type: 'text/csv',
      },
    );
  const wide = Buffer.from('\uFEFFid||job\r\n820||Señor 😀\r\nx||bad\r\n821||"a||b"\r\n', 'utf16le');
  const { json, text } = await post({ delimiter: '||', encoding: 'utf-16le' }, wide);
  assert.deepEqual([json.inserted, json.rejected], [2, 1], text);
  const [reject] = json.rejects;
  assert.deepEqual([reject?.index, reject?.line], [1, 3]);
  const raw = Buffer.from(reject?.rawBase64 ?? reject?.raw ?? '', reject?.rawBase64 ? 'base64' : 'utf8');
  assert.deepEqual(raw, Buffer.from('x||bad', 'utf16le'));
  const grouped = await post(
    { delimiter: ';', decimalChar: ',', groupChar: '.', ragged: 'pad' },
    '1.822;Mate\n1.823\n',
  );
  assert.deepEqual([grouped.json.inserted, grouped.json.rejected], [1, 1], grouped.text);
  assert.equal(grouped.json.rejects[0]?.errors[0]?.code, 'missing');
  const ragged = Array.from({ length: 12 }, (_, i) => `${830 + i},Welder ${i % 10}`).join('\n');
  const repaired = await post({ ragged: 'repair' }, `${ragged}\n850,,Welder 3\n`);
  assert.deepEqual([repaired.json.inserted, repaired.json.rejected], [13, 0], repaired.text);
});

test('a dialect for rows that are JSON is refused: nothing of it would be honoured', async () => {
  const dialect = encodeURIComponent('{"decimalChar":","}');
  const refused = await fail('POST', `/v1/tables/jobs/rows?dialect=${dialect}`, {
    body: [{ id: 860, job: 'x' }],
  });
  assert.deepEqual([refused.status, refused.json.code], [400, 'bad-request'], refused.text);
  assert.match(refused.json.detail ?? '', /a dialect, and a body of application\/json; expected text\/csv/);
});
