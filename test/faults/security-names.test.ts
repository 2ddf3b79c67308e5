/** Test 20 of the security tests: names that mean something to JavaScript, in everything that brings names. */
import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import avro from 'avsc';
import type { BackupResult, RestoreResult } from '../../src/backup/backups.ts';
import type { BatchReceipt, Load } from '../../src/model/receipt.ts';
import { startTestServer } from '../server/harness.ts';
import { type SealedCall, sendSealed, signerOf } from '../server/sealed.ts';

const { url, token, call, rows, config, log } = await startTestServer();
const NAMES = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '__defineGetter__'];
const ROWS = '/v1/tables/jobs/rows';
const key = token('tables:*:*', 'keys:admin');

interface Outcome {
  readonly status: number;
  readonly text: string;
}

const WAYS: Readonly<Record<string, (method: string, target: string, sent: SealedCall) => Promise<Outcome>>> =
  {
    Bearer: (method, target, { body, type = 'application/json' }) =>
      call(method, target, { token: key, ...(body === undefined ? {} : { body, type }) }),
    sealed: (method, target, sent) => sendSealed(url, signerOf(key), method, target, sent),
  };

/** An Avro file with one field of this name. */
async function avroWith(field: string): Promise<Buffer> {
  const type = avro.Type.forSchema({
    type: 'record',
    name: 'jobs',
    fields: [{ name: field, type: 'string' }],
  });
  const encoder = new avro.streams.BlockEncoder(type);
  const chunks: Buffer[] = [];
  encoder.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise((resolve) => encoder.once('end', resolve));
  encoder.end(Object.defineProperty({}, field, { value: 'x', enumerable: true }));
  await ended;
  return Buffer.concat(chunks);
}

/** Requests that bring a name; as text, since an object of ours with such a member would not be sent. */
const BRINGS: Readonly<
  Record<string, (name: string) => Promise<[method: string, target: string, SealedCall]>>
> = {
  'an object of rows': async (name) => [
    'POST',
    ROWS,
    { body: `[{"id":9000,"job":"x","${name}":{"polluted":1}}]` },
  ],
  'the columns of rows': async (name) => [
    'POST',
    ROWS,
    { body: `{"columns":["id","${name}"],"rows":[[9002,"x"]]}` },
  ],
  'a line of NDJSON': async (name) => [
    'POST',
    ROWS,
    { body: `{"id":9003,"job":"x","${name}":{"polluted":1}}\n`, type: 'application/x-ndjson' },
  ],
  'a table of several': async (name) => ['POST', '/v1/rows', { body: `{"${name}":[{"polluted":1}]}` }],
  'a CSV header': async (name) => [
    'POST',
    ROWS,
    { body: `id,job,${name}\n9004,x,y\n`, type: 'text/csv; header=present' },
  ],
  'a control document': async (name) => [
    'POST',
    '/v1/keys',
    { body: `{"owner":"x","scopes":["keys:admin"],"${name}":{"polluted":1}}` },
  ],
  'an announcement': async (name) => [
    'POST',
    '/v1/loads',
    { body: `{"table":"jobs","name":"x","size":1,"sha256":"${'a'.repeat(64)}","${name}":{"polluted":1}}` },
  ],
  'a dialect': async (name) => [
    'POST',
    '/v1/loads',
    {
      body: `{"table":"jobs","name":"x","size":1,"sha256":"${'b'.repeat(64)}","dialect":{"${name}":{"polluted":1}}}`,
    },
  ],
  'the table of an announcement': async (name) => [
    'POST',
    '/v1/loads',
    { body: `{"table":"${name}","name":"x","size":1,"sha256":"${'c'.repeat(64)}"}` },
  ],
  'a table to back up': async (name) => ['POST', '/v1/backups', { body: `{"tables":["${name}"]}` }],
  'a backup to restore': async (name) => [
    'POST',
    '/v1/tables/jobs/restore',
    { body: `{"backup":"${name}"}` },
  ],
  'a field of an Avro file': async (name) => [
    'POST',
    '/v1/tables/jobs/restore',
    { body: await avroWith(name), type: 'application/avro' },
  ],
  'a query': async (name) => ['GET', `/v1/tables?${name}=1`, {}],
  'a query with brackets': async (name) => ['GET', `/v1/tables?${name}[polluted]=1`, {}],
  'the value of a query': async (name) => ['POST', `${ROWS}?mode=${name}`, { body: '[]' }],
  'a table in the path': async (name) => ['GET', `/v1/tables/${name}`, {}],
  'a load in the path': async (name) => ['GET', `/v1/loads/${name}`, {}],
  'a backup in the path': async (name) => ['GET', `/v1/backups/${name}/content`, {}],
  'a key in the path': async (name) => ['DELETE', `/v1/keys/${name}`, {}],
  'a problem type': async (name) => ['GET', `/problems/${name}`, {}],
  'a media type': async (name) => ['POST', ROWS, { body: '[]', type: name }],
};

const pollution = (): unknown[] => [
  ...Object.keys(Object.prototype),
  ...Object.keys(Array.prototype),
  Reflect.get({}, 'polluted'),
];
const clean = pollution();

for (const [way, ask] of Object.entries(WAYS)) {
  test(`${way}: names such as __proto__ are refused as any unknown name, and nothing is changed by them`, async () => {
    const before = rows('jobs');
    for (const [what, bring] of Object.entries(BRINGS)) {
      for (const name of NAMES) {
        const { status, text } = await ask(...(await bring(name)));
        assert.ok(status >= 400 && status < 500, `${name} as ${what}: ${status} ${text}`);
        assert.match(text, /"code":"[a-z-]+"/, `${name} as ${what}`);
      }
    }
    assert.equal(rows('jobs'), before);
    assert.deepEqual(pollution(), clean);
    assert.ok(!log.some((line) => line.includes('unforeseen')), 'no failure that nobody foresaw');
  });
}

/** A table whose columns have these names: they are names like any other. */
function makeOddTable(): void {
  const db = new DatabaseSync(config.databaseUrl.slice('sqlite:'.length), { timeout: 10_000 });
  db.exec(`CREATE TABLE odd (id INTEGER PRIMARY KEY, ${NAMES.map((name) => `"${name}" TEXT`).join(', ')})`);
  db.close();
}

function oddRows(): unknown[][] {
  const db = new DatabaseSync(config.databaseUrl.slice('sqlite:'.length), { readOnly: true });
  const statement = db.prepare('SELECT * FROM odd ORDER BY id');
  statement.setReturnArrays(true);
  const found = statement.all();
  db.close();
  return found.map((row) => Object.values(row));
}

test('columns with such names are loaded by CSV, JSON and NDJSON, backed up and restored', async () => {
  makeOddTable();
  const target = '/v1/tables/odd/rows';
  const values = NAMES.map((_, index) => `value ${index}`);
  const object = (id: number): string =>
    `{"id":${id},${NAMES.map((name, index) => `"${name}":"value ${index}"`).join(',')}}`;
  const bodies: Array<[body: string, type: string]> = [
    [`${['id', ...NAMES]}\n1,${values}\n`, 'text/csv; header=present'],
    [`[${object(2)}]`, 'application/json'],
    [`${object(3)}\n`, 'application/x-ndjson'],
    [JSON.stringify({ columns: ['id', ...NAMES], rows: [[4, ...values]] }), 'application/json'],
  ];
  for (const [body, type] of bodies) {
    const { json, text } = await call<BatchReceipt>('POST', target, { body, type });
    assert.equal(json.inserted, 1, text);
  }
  await call('POST', target, { body: `[{"id":5},${object(6)}]` });
  const left = [5, ...NAMES.map(() => null)];
  const expected = [...[1, 2, 3, 4].map((id) => [id, ...values]), left, [6, ...values]];
  assert.deepEqual(oddRows(), expected);
  const announced = { table: 'odd', name: 'odd.csv', size: 9, sha256: 'd'.repeat(64) };
  assert.equal((await call<Load>('POST', '/v1/loads', { body: announced })).status, 201);
  const made = await call<{ backups: BackupResult[] }>('POST', '/v1/backups', { body: { tables: ['odd'] } });
  const backup = made.json.backups[0]?.id ?? assert.fail(made.text);
  await call('POST', target, { body: '7,a,b,c,d,e,f\n', type: 'text/csv' });
  const restored = await call<RestoreResult>('POST', '/v1/tables/odd/restore', { body: { backup } });
  assert.equal(restored.json.rows, 6, restored.text);
  assert.deepEqual(oddRows(), expected);
});
