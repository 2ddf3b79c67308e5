import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { BackupInfo, BackupResult, RestoreResult } from '../../src/backup/backups.ts';
import { makeKeys } from '../age/fixture.ts';
import { startTestServer } from './harness.ts';

const { call, fail, rows, url, token, config } = await startTestServer();
const { recipient } = await makeKeys();
const encrypting = await startTestServer({ config: { backupRecipients: [recipient] } });

const back = async (...tables: string[]): Promise<BackupResult> => {
  const { json, text } = await call<{ backups: BackupResult[] }>('POST', '/v1/backups', { body: { tables } });
  return json.backups[0] ?? assert.fail(text);
};

const uploads = (): string[] => {
  try {
    return readdirSync(join(config.home, 'data', 'work', 'uploads'));
  } catch {
    return [];
  }
};

async function download(id: string, query = ''): Promise<{ bytes: Uint8Array; headers: Headers }> {
  const headers = { authorization: `Bearer ${token('tables:jobs:backup')}` };
  const response = await fetch(`${url}/v1/backups/${id}/content${query}`, { headers });
  assert.equal(response.status, 200);
  return { bytes: new Uint8Array(await response.arrayBuffer()), headers: response.headers };
}

test('tables are backed up, listed, verified and downloaded', async () => {
  const key = randomUUID();
  const made = await call<{ backups: BackupResult[] }>('POST', '/v1/backups', { key });
  assert.equal(made.status, 201, made.text);
  assert.deepEqual(made.json.backups.map(({ table }) => table).sort(), [
    'departments',
    'hired_employees',
    'jobs',
  ]);
  const again = await call<{ backups: BackupResult[] }>('POST', '/v1/backups', { key });
  assert.equal(again.headers.get('idempotency-replayed'), 'true');
  assert.equal(again.text, made.text);

  const listed = await call<{ backups: BackupInfo[]; nextRun: null }>('GET', '/v1/backups?table=jobs');
  const [jobs = assert.fail(listed.text)] = listed.json.backups;
  assert.deepEqual(
    [jobs.table, jobs.rows, listed.json.backups.length, listed.json.nextRun],
    ['jobs', 183, 1, null],
  );
  const verified = await call<BackupInfo>('POST', `/v1/backups/${jobs.id}/verify`);
  assert.equal(verified.json.state, 'verified', verified.text);

  const { bytes, headers } = await download(jobs.id);
  assert.equal(bytes.length, jobs.bytes);
  assert.equal(Buffer.from(bytes.subarray(0, 4)).toString('latin1'), 'Obj\u0001');
  assert.equal(headers.get('content-type'), 'application/avro');
  assert.match(headers.get('content-disposition') ?? '', /^attachment; filename\*=UTF-8''jobs\..*\.avro$/);
});

test('an encrypted backup is downloaded as what it is: a file of age', async () => {
  const made = await encrypting.call<{ backups: BackupResult[] }>('POST', '/v1/backups', {
    body: { tables: ['jobs'] },
  });
  const { headers, text } = await encrypting.call('GET', `/v1/backups/${made.json.backups[0]?.id}/content`);
  assert.match(text, /^age-encryption\.org\/v1\n/);
  assert.equal(headers.get('content-type'), 'application/vnd.age');
  assert.match(
    headers.get('content-disposition') ?? '',
    /^attachment; filename\*=UTF-8''jobs\..*\.avro\.age$/,
  );
});

test('the rest of a file, from any byte on', async () => {
  const { id, bytes } = await back('jobs');
  const whole = (await download(id)).bytes;
  for (const offset of [1, bytes - 1, bytes]) {
    const rest = await call('GET', `/v1/backups/${id}/content?offset=${offset}`);
    assert.equal(rest.status, 200, rest.text);
    assert.equal(rest.headers.get('content-length'), String(bytes - offset));
    const again = await download(id, `?offset=${offset}`);
    assert.deepEqual(again.bytes, whole.subarray(offset));
  }
  for (const offset of [String(bytes + 1), '-1', '1e2', '']) {
    assert.equal((await fail('GET', `/v1/backups/${id}/content?offset=${offset}`)).status, 400, offset);
  }
});

test('a table is restored by the id of a backup, after a dry run', async () => {
  const { id } = await back('jobs');
  await call('POST', '/v1/tables/jobs/rows', { body: [{ id: 990, job: 'Stowaway' }] });
  const dry = await call<RestoreResult>('POST', '/v1/tables/jobs/restore', {
    body: { backup: id, dryRun: true },
  });
  assert.deepEqual([dry.status, dry.json.dryRun, rows('jobs')], [200, true, 184], dry.text);
  const key = randomUUID();
  const done = await call<RestoreResult>('POST', '/v1/tables/jobs/restore', { body: { backup: id }, key });
  assert.deepEqual([done.json.rows, done.json.replaced, rows('jobs')], [183, 184, 183], done.text);
  await call('POST', '/v1/tables/jobs/rows', { body: [{ id: 991, job: 'Stowaway' }] });
  const again = await call<RestoreResult>('POST', '/v1/tables/jobs/restore', { body: { backup: id }, key });
  assert.equal(again.headers.get('idempotency-replayed'), 'true');
  assert.equal(rows('jobs'), 184, 'a replay restores nothing');
});

test('a backup of another table is restored into the table of the path, which is made', async () => {
  const { id } = await back('jobs');
  const held = token('tables:old_jobs:restore', 'tables:jobs:backup');
  const path = '/v1/tables/old_jobs/restore';
  const done = await call<RestoreResult>('POST', path, { body: { backup: id }, token: held });
  assert.deepEqual(
    [done.json.table, done.json.backupTable, done.json.notTaken],
    ['old_jobs', 'jobs', []],
    done.text,
  );
  assert.equal(rows('old_jobs'), rows('jobs'));
});

test('a table is restored by an Avro body; nothing of it is left on the disk', async () => {
  const { id } = await back('jobs');
  const before = rows('jobs');
  const { bytes } = await download(id);
  await call('POST', '/v1/tables/jobs/rows', { body: [{ id: 992, job: 'Stowaway' }] });
  for (const type of ['application/avro', 'application/octet-stream']) {
    const dry = await call<RestoreResult>('POST', '/v1/tables/jobs/restore?dryRun=true', {
      body: bytes,
      type,
    });
    assert.deepEqual([dry.status, dry.json.dryRun], [200, true], dry.text);
  }
  const done = await call<RestoreResult>('POST', '/v1/tables/jobs/restore', {
    body: bytes,
    type: 'application/avro',
  });
  assert.equal(done.status, 200, done.text);
  assert.equal(rows('jobs'), before);
  assert.deepEqual(uploads(), []);
});

test('a file cut short is refused, nothing is changed and nothing is left', async () => {
  const { id } = await back('jobs');
  const { bytes } = await download(id);
  const before = rows('jobs');
  const key = randomUUID();
  const cut = { body: bytes.subarray(0, bytes.length - 1), type: 'application/avro', key };
  const refused = await fail('POST', '/v1/tables/jobs/restore', cut);
  assert.equal(refused.status, 422, refused.text);
  assert.match(refused.json.code, /^backup-/);
  assert.match(refused.json.detail, /Nothing was changed/);
  const again = await fail('POST', '/v1/tables/jobs/restore', cut);
  assert.equal(again.text, refused.text, 'refused content is stored');
  assert.equal(again.headers.get('content-type'), refused.headers.get('content-type'));
  const other = await fail('POST', '/v1/tables/jobs/restore', { ...cut, body: bytes });
  assert.equal(other.json.code, 'idempotency-key-reused');
  assert.equal(rows('jobs'), before);
  assert.deepEqual(uploads(), []);
});

test('unknown backups and tables, and another table’s backup', async () => {
  const restore = (table: string, backup: string, held?: string) =>
    fail('POST', `/v1/tables/${table}/restore`, { body: { backup }, ...(held ? { token: held } : {}) });
  assert.equal((await restore('jobs', 'nope')).json.code, 'backup-not-found');
  const { id } = await back('departments');
  assert.equal((await restore('jobs', id, token('tables:jobs:restore'))).json.code, 'backup-not-found');
  const mayLook = token('tables:jobs:restore', 'tables:departments:read');
  assert.equal((await restore('jobs', id, mayLook)).json.code, 'forbidden');
  const mayFetch = token('tables:jobs:restore', 'tables:departments:backup');
  const other = await restore('jobs', id, mayFetch);
  assert.deepEqual([other.status, other.json.code], [409, 'restore-schema-drift'], other.text);
  assert.match(other.json.detail, /jobs is not like departments.*Nothing was changed/);
  assert.equal(
    (await fail('POST', '/v1/backups', { body: { tables: ['nope'] } })).json.code,
    'table-not-found',
  );
});

test('a backup whose file is shorter than its manifest says is refused at once, not half sent', async () => {
  const jobs = await back('jobs');
  truncateSync(join(config.home, jobs.file), jobs.bytes - 1);
  const answer = await call<{ code: string; hint: string }>('GET', `/v1/backups/${jobs.id}/content`);
  assert.deepEqual([answer.status, answer.json.code], [422, 'backup-truncated']);
  assert.match(answer.json.hint, /rowferry verify/);
});

test('the age of the newest verified backups is a metric, without the name of a table', async () => {
  await call('POST', '/v1/backups');
  const { text } = await call('GET', '/metrics');
  assert.match(text, /^rowferry_tables_without_backup 0$/m);
  const [, age = ''] = /^rowferry_backup_age_seconds (\d+)$/m.exec(text) ?? assert.fail(text);
  assert.ok(Number(age) < 600, age);
  assert.doesNotMatch(text, /departments/);
});
