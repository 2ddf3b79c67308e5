import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHmac, hkdfSync } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { CHAIN_START } from '../../src/ledger/audit-chain.ts';
import { createLog } from '../../src/log.ts';
import {
  ANN,
  auditRig,
  KEY_ENCRYPTION_KEY,
  openAuditOf,
  restored,
  WITHOUT_TRIGGERS,
  writeMany,
} from './audit-fixture.ts';

const WRITER = join(import.meta.dirname, 'audit-writer.ts');

test('what is written is listed, newest first, and chained from 64 zeros on', async (context) => {
  const { audit } = await auditRig(context);
  assert.deepEqual(await audit.verify(), { ok: true, entries: 0, head: CHAIN_START, problem: null });
  await writeMany(audit, ['jobs', 'departments']);
  const [second, first] = await audit.list();
  assert.deepEqual(
    [first?.sequence, first?.event, first?.owner, first?.keyId, first?.address, first?.subject],
    [1, 'restore-finished', ANN.owner, ANN.keyId, ANN.address, 'jobs'],
  );
  assert.deepEqual(first?.detail, { outcome: 'done', rows: 3 });
  assert.match(first?.time ?? '', /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  assert.equal(first?.previous, '0'.repeat(64));
  assert.equal(second?.previous, first?.hash);
  const verdict = await audit.verify();
  assert.deepEqual(verdict, {
    ok: true,
    entries: 2,
    head: { sequence: 2, hash: second?.hash },
    problem: null,
  });
});

test('pages and events: limit, before, event', async (context) => {
  const { audit } = await auditRig(context);
  await writeMany(audit, ['a', 'b', 'c']);
  await audit.write({ event: 'key-revoked', actor: ANN, subject: 'k', detail: {} });
  const sequences = async (filter: Parameters<typeof audit.list>[0]) =>
    (await audit.list(filter)).map(({ sequence }) => sequence);
  assert.deepEqual(await sequences({ limit: 2 }), [4, 3]);
  assert.deepEqual(await sequences({ limit: 2, before: 3 }), [2, 1]);
  assert.deepEqual(await sequences({ event: 'key-revoked' }), [4]);
});

test('the hash is what docs/audit.md says, so that another program can check it', async (context) => {
  const { audit } = await auditRig(context);
  await writeMany(audit, ['jobs']);
  const [entry] = await audit.list();
  assert.ok(entry);
  const key = Buffer.from(hkdfSync('sha256', KEY_ENCRYPTION_KEY, '', 'rowferry-audit-1', 32));
  const { sequence, time, event, owner, keyId, address, subject, detail, previous } = entry;
  const fields = [sequence, time, event, owner, keyId, address, subject, JSON.stringify(detail), previous];
  assert.equal(createHmac('sha256', key).update(JSON.stringify(fields)).digest('hex'), entry.hash);
});

test('the database itself refuses to change, delete, replace or put in between', async (context) => {
  const { audit, sql } = await auditRig(context);
  await writeMany(audit, ['a', 'b', 'c']);
  const columns = 'time, event, owner, key_id, address, subject, detail, previous, hash';
  const statements = [
    "UPDATE rowferry_audit SET owner = 'bob' WHERE sequence = 2",
    'DELETE FROM rowferry_audit WHERE sequence = 3',
    'DELETE FROM rowferry_audit',
    `INSERT OR REPLACE INTO rowferry_audit SELECT 2, ${columns} FROM rowferry_audit WHERE sequence = 1`,
    `INSERT INTO rowferry_audit SELECT 9, ${columns} FROM rowferry_audit WHERE sequence = 1`,
  ];
  for (const statement of statements) assert.throws(() => sql(statement), /append-only/, statement);
  assert.equal((await audit.verify()).entries, 3);
});

/** What is done to a chain of six behind the program's back, and the entry at which it shows. */
const DAMAGES: ReadonlyArray<readonly [what: string, sql: string, sequence: number, says: RegExp]> = [
  [
    'owner',
    "UPDATE rowferry_audit SET owner = 'bob' WHERE sequence = 3",
    3,
    /entry 3 is not as it was written/,
  ],
  ['nobody', 'UPDATE rowferry_audit SET owner = NULL WHERE sequence = 3', 3, /not as it was written/],
  ['time', "UPDATE rowferry_audit SET time = '2020' WHERE sequence = 1", 1, /not as it was written/],
  ['event', "UPDATE rowferry_audit SET event = 'denied' WHERE sequence = 6", 6, /not as it was written/],
  ['detail', "UPDATE rowferry_audit SET detail = '{}' WHERE sequence = 2", 2, /not as it was written/],
  ['a blob', "UPDATE rowferry_audit SET detail = x'00' WHERE sequence = 2", 2, /not as it was written/],
  ['hash', 'UPDATE rowferry_audit SET hash = lower(hex(randomblob(32))) WHERE sequence = 4', 4, /not as/],
  ['link', 'UPDATE rowferry_audit SET previous = hash WHERE sequence = 4', 4, /does not follow/],
  ['removed', 'DELETE FROM rowferry_audit WHERE sequence = 4', 4, /entry 4 is missing; 5 comes next/],
  [
    'removed, and the rest moved up',
    'DELETE FROM rowferry_audit WHERE sequence = 4; UPDATE rowferry_audit SET sequence = sequence - 1 WHERE sequence > 4',
    4,
    /entry 4 does not follow/,
  ],
  ['first removed', 'DELETE FROM rowferry_audit WHERE sequence = 1', 1, /entry 1 is missing/],
  [
    'reordered',
    'UPDATE rowferry_audit SET sequence = CASE sequence WHEN 2 THEN 93 ELSE 92 END WHERE sequence IN (2, 3); UPDATE rowferry_audit SET sequence = sequence - 90 WHERE sequence > 90',
    2,
    /entry 2 does not follow/,
  ],
  [
    'inserted at the end',
    "INSERT INTO rowferry_audit SELECT 7, time, event, owner, key_id, address, 'x', detail, hash, previous FROM rowferry_audit WHERE sequence = 6",
    7,
    /entry 7 is not as/,
  ],
  [
    'inserted far off',
    'PRAGMA ignore_check_constraints=ON; INSERT INTO rowferry_audit SELECT 9007199254740991, time, event, owner, key_id, address, subject, detail, hash, hash FROM rowferry_audit WHERE sequence = 6',
    7,
    /entry 7 is missing/,
  ],
  [
    'inserted before the first',
    'PRAGMA ignore_check_constraints=ON; INSERT INTO rowferry_audit SELECT 0, time, event, owner, key_id, address, subject, detail, hash, hash FROM rowferry_audit WHERE sequence = 6',
    0,
    /entry 1 is missing; 0 comes next/,
  ],
];

for (const [what, damage, sequence, says] of DAMAGES) {
  test(`a chain that was tampered with is found out: ${what}`, async (context) => {
    const { audit, sql } = await auditRig(context);
    await writeMany(audit, ['a', 'b', 'c', 'd', 'e', 'f']);
    sql(WITHOUT_TRIGGERS + damage);
    const { ok, entries, problem } = await audit.verify();
    assert.equal(ok, false);
    assert.match(problem?.detail ?? '', says);
    assert.deepEqual([problem?.sequence, entries], [Math.max(1, sequence), Math.max(0, sequence - 1)]);
    await audit.list({ limit: 10 });
  });
}

test('a cut end is found against a head that was kept, and only then', async (context) => {
  const { audit, sql } = await auditRig(context);
  await writeMany(audit, ['a', 'b', 'c']);
  const { head } = await audit.verify();
  sql(`${WITHOUT_TRIGGERS} DELETE FROM rowferry_audit WHERE sequence > 1`);
  assert.equal((await audit.verify()).ok, true);
  const cut = await audit.verify(head);
  assert.match(cut.problem?.detail ?? '', /ends with entry 1; 3 was there/);
  await writeMany(audit, ['x', 'y', 'z']);
  assert.equal((await audit.verify()).ok, true);
  const anew = await audit.verify(head);
  assert.deepEqual([anew.ok, anew.problem?.sequence], [false, 3]);
  assert.match(anew.problem?.detail ?? '', /not the one whose hash was kept/);
});

test('without the key-encryption key nobody writes an entry that fits', async (context) => {
  const { audit, url } = await auditRig(context);
  await writeMany(audit, ['a']);
  const stranger = await openAuditOf(url, { keyEncryptionKey: Buffer.alloc(32, 8) });
  await writeMany(stranger, ['forged']);
  await stranger.close();
  assert.equal((await audit.verify()).problem?.sequence, 2);
});

test('what a stranger chose stands escaped, cut and as it is hashed', async (context) => {
  const { audit } = await auditRig(context);
  const hostile = 'a\r\nb\u001b[31m\u0000\u2028\ud800\u009b31m"\\';
  await audit.write({
    event: 'denied',
    actor: { owner: hostile, keyId: hostile, address: hostile },
    subject: `${hostile}${'x'.repeat(10_000)}`,
    detail: { name: hostile, list: [hostile] },
  });
  const [entry] = await audit.list();
  assert.ok(entry);
  assert.doesNotMatch(JSON.stringify(Object.values(entry)), /[\p{Cc}\u2028\u2029]|\\u00|\\[nr]/u);
  assert.match(entry.owner ?? '', /^a\\x0d\\x0ab\\x1b\[31m\\x00\\x2028/);
  assert.ok((entry.subject ?? '').length < 400);
  assert.equal((await audit.verify()).ok, true);
});

function startWriter(url: string, name: string, count: number) {
  const args = [WRITER, url, name, String(count)];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}

test('200 entries at one time from two processes and two connections: one chain', async (context) => {
  const { audit, url } = await auditRig(context);
  const second = await openAuditOf(url);
  const process = startWriter(url, 'p', 50);
  const ended = once(process, 'exit');
  const writes = Array.from({ length: 150 }, (_, i) => (i % 2 ? audit : second).write(restored(`n${i}`)));
  await Promise.all([...writes, ended]);
  await second.close();
  const verdict = await audit.verify();
  assert.deepEqual([verdict.problem, verdict.entries], [null, 200]);
  assert.equal(new Set((await audit.list({ limit: 500 })).map(({ subject }) => subject)).size, 200);
});

test('kill -9 while entries are written: what was committed is there, and the chain holds', async (context) => {
  const { audit, url } = await auditRig(context);
  let committed = 0;
  for (const killAt of [1, 7, 23]) {
    const writer = startWriter(url, `k${killAt}-`, 100_000);
    const ended = once(writer, 'exit');
    let last = 0;
    for await (const line of createInterface({ input: writer.stdout })) {
      last = Number(line);
      if (last === killAt) writer.kill('SIGKILL');
    }
    await ended;
    committed += last;
    const verdict = await audit.verify();
    assert.equal(verdict.problem, null);
    // The last one may have been committed and not yet told.
    assert.ok(verdict.entries >= committed && verdict.entries <= committed + 1);
    committed = verdict.entries;
  }
});

test('what is noted waits in memory, and a close writes it; the log tells the head', async (context) => {
  const { audit, url } = await auditRig(context);
  const lines: string[] = [];
  const log = createLog({ destination: { write: (line) => void lines.push(line) } });
  const other = await openAuditOf(url, { windowMs: 3_600_000, log });
  other.note({ event: 'auth-failed', actor: ANN, subject: null, detail: { code: 'unauthorized' } });
  assert.equal((await audit.list()).length, 0);
  await other.close();
  const [entry] = await audit.list();
  assert.equal(entry?.event, 'auth-failed');
  assert.match(lines.join(''), new RegExp(`"head":"1:${entry?.hash}"`));
});

test('what is noted is written after its time without anybody asking', async (context) => {
  const { audit, url } = await auditRig(context);
  const other = await openAuditOf(url, { windowMs: 20 });
  context.after(() => other.close());
  other.note({ event: 'auth-failed', actor: ANN, subject: null, detail: { code: 'unauthorized' } });
  for (const deadline = performance.now() + 10_000; (await audit.verify()).entries === 0; ) {
    assert.ok(performance.now() < deadline, 'it was not written');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
});
