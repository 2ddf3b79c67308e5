import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Connection } from '../../src/database/database.ts';
import { sqliteEngine } from '../../src/database/sqlite/engine.ts';
import {
  claimAnswer,
  completeAnswer,
  findAnswer,
  releaseAnswer,
  renewAnswer,
} from '../../src/ledger/answers.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { temporaryFolder } from '../database/sqlite/fixture.ts';

const url = `sqlite:${join(temporaryFolder(), 'answers.sqlite')}`;
const NOW = Date.UTC(2026, 0, 1);
const LEASE = 60_000;
let made = 0;

function newKey() {
  made += 1;
  return { owner: 'ann', key: `key-${made}`, fingerprint: 'POST /v1/backups?', bodySha256: 'ab' };
}

async function withLedger(work: (connection: Connection) => Promise<void>): Promise<void> {
  const connection = await sqliteEngine.connect(url);
  try {
    await migrate(connection);
    await work(connection);
  } finally {
    await connection.close();
  }
}

test('a new key is claimed once; while it runs the same request has to wait for the lease', () =>
  withLedger(async (connection) => {
    const key = newKey();
    assert.deepEqual(await claimAnswer(connection, key, NOW), { kind: 'new', fence: 1 });
    await assert.rejects(claimAnswer(connection, key, NOW + 20_500), {
      code: 'request-running',
      retryAfterSeconds: 40,
    });
    await assert.rejects(claimAnswer(connection, key, NOW + LEASE - 1), { code: 'request-running' });
    assert.equal(await findAnswer(connection, key), null);
  }));

test('a lease that ran out is taken over, and the one who lost it can no longer answer', () =>
  withLedger(async (connection) => {
    const key = newKey();
    await claimAnswer(connection, key, NOW);
    assert.deepEqual(await claimAnswer(connection, key, NOW + LEASE), { kind: 'new', fence: 2 });
    await assert.rejects(claimAnswer(connection, key, NOW + LEASE + 1), { code: 'request-running' });
    const late = { status: 200, body: '"late"' };
    await assert.rejects(completeAnswer(connection, key, 1, late), { code: 'request-running' });
    await releaseAnswer(connection, key, 1);
    await completeAnswer(connection, key, 2, { status: 201, body: '"mine"' });
    const answer = { status: 201, body: '"mine"' };
    assert.deepEqual(await claimAnswer(connection, key, NOW), { kind: 'done', ...answer });
    assert.deepEqual(await findAnswer(connection, key), answer);
  }));

test('a lease is renewed by the one who holds it, and by no other', () =>
  withLedger(async (connection) => {
    const key = newKey();
    await claimAnswer(connection, key, NOW);
    await renewAnswer(connection, key, 1, NOW + 40_000);
    await assert.rejects(claimAnswer(connection, key, NOW + LEASE + 1), { code: 'request-running' });
    await renewAnswer(connection, key, 7, NOW + 90_000);
    assert.deepEqual(await claimAnswer(connection, key, NOW + 40_000 + LEASE), { kind: 'new', fence: 2 });
  }));

test('of two that find the same lease run out one takes it over', () =>
  withLedger(async (connection) => {
    const key = newKey();
    await claimAnswer(connection, key, NOW);
    const claims = [claimAnswer(connection, key, NOW + LEASE), claimAnswer(connection, key, NOW + LEASE)];
    const outcomes = await Promise.allSettled(claims);
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  }));

test('an answer is given once: done stays done', () =>
  withLedger(async (connection) => {
    const key = newKey();
    await claimAnswer(connection, key, NOW);
    await completeAnswer(connection, key, 1, { status: 200, body: '1' });
    await assert.rejects(completeAnswer(connection, key, 1, { status: 200, body: '2' }), {
      code: 'request-running',
    });
    await releaseAnswer(connection, key, 1);
    assert.deepEqual(await findAnswer(connection, key), { status: 200, body: '1' });
  }));

test('a released key is free', () =>
  withLedger(async (connection) => {
    const key = newKey();
    await claimAnswer(connection, key, NOW);
    await releaseAnswer(connection, key, 1);
    assert.deepEqual(await claimAnswer(connection, { ...key, bodySha256: 'cd' }, NOW), {
      kind: 'new',
      fence: 1,
    });
  }));

test('the key of another request is refused, running or done; that of another owner is another key', () =>
  withLedger(async (connection) => {
    const key = newKey();
    await claimAnswer(connection, key, NOW);
    for (const other of [{ fingerprint: 'DELETE /v1/backups?' }, { bodySha256: 'cd' }]) {
      await assert.rejects(claimAnswer(connection, { ...key, ...other }, NOW), {
        code: 'idempotency-key-reused',
      });
      await assert.rejects(findAnswer(connection, { ...key, ...other }), { code: 'idempotency-key-reused' });
    }
    assert.deepEqual(await claimAnswer(connection, { ...key, owner: 'bob' }, NOW), { kind: 'new', fence: 1 });
  }));

test('a claim that is rolled back was never made', () =>
  withLedger(async (connection) => {
    const key = newKey();
    const failing = connection.transaction(async () => {
      await claimAnswer(connection, key, NOW);
      throw new Error('after the claim');
    });
    await assert.rejects(failing, /after the claim/);
    assert.deepEqual(await claimAnswer(connection, key, NOW), { kind: 'new', fence: 1 });
  }));
