import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { Rowferry } from '../../src/client/client.ts';
import { receiptOf } from '../../src/client/problem.ts';
import { collect, type Rig, startRig } from './rig.ts';

let rig: Rig;
before(async () => {
  rig = await startRig();
});
after(() => rig[Symbol.asyncDispose]());

test('the dictionary, with counts when asked', async () => {
  const tables = await rig.client.tables();
  assert.deepEqual(tables.map(({ name }) => name).sort(), ['departments', 'hired_employees', 'jobs']);
  const jobs = await rig.client.table('jobs').describe();
  assert.deepEqual(
    jobs.columns.map(({ name, nullable }) => [name, nullable]),
    [
      ['id', false],
      ['job', false],
    ],
  );
  const counted = await rig.client.tables({ counts: true });
  assert.ok(counted.every(({ rows }) => typeof rows === 'number'));
});

test('insert, skip and upsert; the same Idempotency-Key is one batch', async () => {
  const table = rig.client.table('departments');
  const rows = {
    columns: ['id', 'department'],
    rows: [
      [1, 'Ops'],
      [2, null],
      [3, 'Law'],
    ],
  };
  const idempotencyKey = 'departments-first-batch';
  const first = await table.insert(rows, { idempotencyKey });
  assert.deepEqual([first.read, first.inserted, first.rejected], [3, 2, 1]);
  assert.deepEqual(
    first.rejects.map(({ index, errors }) => [index, errors[0]?.code]),
    [[1, 'missing']],
  );
  assert.deepEqual(await table.insert(rows, { idempotencyKey }), first);
  const skipped = await table.skip([
    { id: 1, department: 'Other' },
    { id: 4, department: 'New' },
  ]);
  assert.deepEqual([skipped.inserted, skipped.skipped], [1, 1]);
  const upserted = await table.upsert([{ id: 1, department: 'Operations' }]);
  assert.equal(upserted.updated, 1);
  const found = rig
    .query('SELECT id, department FROM departments ORDER BY id')
    .map((row) => Object.values(row));
  assert.deepEqual(found, [
    [1, 'Operations'],
    [3, 'Law'],
    [4, 'New'],
  ]);
});

test('when no row was loaded the error carries the receipt', async () => {
  const failed = await rig.client
    .table('departments')
    .insert([{ id: 90 }])
    .catch((error) => error);
  assert.equal(failed.code, 'rows-rejected');
  assert.equal(receiptOf(failed)?.rejected, 1);
  assert.equal(receiptOf(new Error('another')), null);
});

test('rejects come page by page, in the order of their lines; retry makes a load linked to the first', async () => {
  const lines = Array.from({ length: 2500 }, (_, index) => `${1000 + index},work,${index}`);
  await writeFile(rig.path('jobs.csv'), `${lines.join('\n')}\n5000,good\n`);
  const load = await rig.client.load(rig.path('jobs.csv'), { table: 'jobs', maxRejects: '100%' });
  assert.deepEqual([load.inserted, load.rejected], [1, 2500]);
  const found = await collect(rig.client.rejects(load.load));
  assert.deepEqual(
    found.map(({ line }) => line),
    lines.map((_, index) => index + 1),
  );
  assert.equal(found[7]?.raw, '1007,work,7');
  const retried = await rig.client.retry(load.load, [{ id: 1007, job: 'mended' }]);
  assert.equal(retried.inserted, 1);
  assert.equal((await rig.client.receipt(retried.load)).parent, load.load);
  assert.ok((await rig.client.loads({ table: 'jobs', limit: 1 }))[0]?.id === retried.load);
});

test('a file that is not there, or none, is told by its code before anything is sent', async () => {
  for (const file of ['not-there.avro', import.meta.dirname]) {
    const error = { name: 'RowferryError', code: 'file-unreadable' };
    await assert.rejects(rig.client.restore({ table: 'departments', from: { file } }), error, file);
    await assert.rejects(rig.client.load(file, { table: 'departments' }), error, file);
  }
});

test('backup, list, download, verify, and restore by id and by file', async () => {
  const before = rig.query('SELECT * FROM departments ORDER BY id');
  const [made] = await rig.client.backup(['departments']);
  assert.ok(made !== undefined);
  assert.deepEqual([made.table, made.rows, made.state], ['departments', before.length, 'verified']);
  assert.equal((await rig.client.backups({ table: 'departments' }))[0]?.id, made.id);
  const copy = rig.path('copy.avro');
  await rig.client.download(made.id, copy);
  assert.equal(
    createHash('sha256')
      .update(await readFile(copy))
      .digest('hex'),
    made.sha256,
  );
  assert.equal((await rig.client.verify(made.id)).state, 'verified');
  for (const from of [{ backup: made.id }, { file: copy }]) {
    rig.execute("UPDATE departments SET department = 'changed'");
    const dry = await rig.client.restore({ table: 'departments', from, dryRun: true });
    assert.equal(dry.dryRun, true);
    assert.notDeepEqual(rig.query('SELECT * FROM departments ORDER BY id'), before);
    await rig.client.restore({ table: 'departments', from });
    assert.deepEqual(rig.query('SELECT * FROM departments ORDER BY id'), before);
  }
});

test('a download that is not what the list names leaves nothing', async () => {
  const [made] = await rig.client.backup(['departments']);
  assert.ok(made !== undefined);
  const bytes = await readFile(rig.path(made.file));
  bytes[bytes.length - 20] = (bytes.at(-20) ?? 0) ^ 1;
  await writeFile(rig.path(made.file), bytes);
  await assert.rejects(rig.client.download(made.id, rig.path('bad.avro')), { code: 'backup-checksum' });
  await assert.rejects(readFile(rig.path('bad.avro')), { code: 'ENOENT' });
  await assert.rejects(rig.client.download('nowhere', rig.path('bad.avro')), { code: 'backup-not-found' });
});

test('keys: a new one works with its scopes alone, a revoked one not at all', async () => {
  const { token, key } = await rig.client.keys.create({ owner: 'reader', scopes: ['tables:jobs:read'] });
  const reader = new Rowferry({ url: rig.server.url, key: token });
  assert.deepEqual(
    (await reader.tables()).map(({ name }) => name),
    ['jobs'],
  );
  await assert.rejects(reader.table('jobs').insert([{ id: 1, job: 'x' }]), { code: 'forbidden' });
  const second = await rig.client.keys.rotate(key.id);
  assert.equal(second.key.owner, 'reader');
  await rig.client.keys.revoke(key.id);
  await assert.rejects(reader.tables(), { code: 'seal-invalid' });
  const listed = (await rig.client.keys.list()).filter(({ owner }) => owner === 'reader');
  assert.deepEqual(listed.map(({ revokedAt }) => revokedAt === null).sort(), [false, true]);
  reader.close();
});

test('health', async () => {
  assert.equal((await rig.client.health()).ok, true);
});
