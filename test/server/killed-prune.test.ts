import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import type { BackupInfo } from '../../src/backup/backups.ts';
import type { AuditEntry } from '../../src/model/audit.ts';
import { startTestServer } from './harness.ts';

const { call, config, server } = await startTestServer({ config: { backupRetention: null } });

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');
const LATEST_MS = 120_000;
const SETTINGS = { ROWFERRY_BACKUP_SCHEDULE: 'none', ROWFERRY_BACKUP_RETENTION: '{"keepLast":1}' };

const ids = async (): Promise<string[]> =>
  (await call<{ backups: BackupInfo[] }>('GET', '/v1/backups')).json.backups.map(({ id }) => id);

test('kill -9 while backups are deleted on request: the audit log knows of each that is gone', async () => {
  for (let count = 0; count < 5; count++) await call('POST', '/v1/backups', { body: { tables: ['jobs'] } });
  const [newest, ...old] = await ids();
  const { token, key } = await server.keys.create({ owner: 'the pruner', scopes: ['tables:*:*'] });
  const args = ['--import', join(import.meta.dirname, 'still-at-removal.ts'), MAIN, 'serve'];
  const victim = spawn(process.execPath, [...args, '--port', '0', '--log', 'text', '--home', config.home], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: LATEST_MS,
    env: { ...process.env, ...SETTINGS },
  });
  const ended = once(victim, 'exit');
  const lines: string[] = [];
  const asked = async (line: string): Promise<void> => {
    const [url] = /http:\S+:\d+/.exec(line) ?? assert.fail(line);
    const headers = { authorization: `Bearer ${token}`, 'idempotency-key': 'the-prune-that-is-cut' };
    await fetch(`${url}/v1/backups/prune`, { method: 'POST', headers }).catch(() => undefined);
  };
  for await (const line of createInterface({ input: victim.stdout })) {
    lines.push(line);
    if (line.includes('serves at')) void asked(line);
    if (line === 'still') break;
  }
  victim.kill('SIGKILL');
  await ended;
  const left = await ids();
  assert.equal(left.length, 3, lines.join('\n'));
  assert.ok(newest !== undefined && left.includes(newest));
  const { json } = await call<{ entries: AuditEntry[] }>('GET', '/v1/audit?event=backup-deletion-started');
  assert.deepEqual(json.entries.map(({ subject }) => subject).sort(), old.sort());
  assert.ok(json.entries.every(({ owner, keyId }) => owner === 'the pruner' && keyId === key.id));
  const done = await call<{ entries: AuditEntry[] }>('GET', '/v1/audit?event=backup-deleted');
  assert.deepEqual(done.json.entries, []);
});
