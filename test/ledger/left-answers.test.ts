import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { loadConfig } from '../../src/config.ts';
import type { Connection } from '../../src/database/database.ts';
import { openDatabase } from '../../src/database/open.ts';
import { openIngest } from '../../src/ingest/open-ingest.ts';
import { claimAnswer, completeAnswer, findAnswer, renewAnswer } from '../../src/ledger/answers.ts';
import {
  ANSWERS_KEPT_MS,
  expireAnswers,
  forgetAnswers,
  hasLeftAnswers,
} from '../../src/ledger/left-answers.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { ledgerOf, rowsOf } from '../../src/ledger/queries.ts';
import { createLog } from '../../src/log.ts';
import { temporaryFolder } from '../database/sqlite/fixture.ts';
import { testMysql } from '../servers/mysql.ts';
import { testPostgres } from '../servers/postgres.ts';

const NOW = Date.UTC(2026, 0, 1);
const LEASE = 60_000;
const DONE = { status: 201, body: '"done"' };
let made = 0;

function newKey() {
  made += 1;
  return { owner: 'ann', key: `key-${made}`, fingerprint: 'POST /v1/loads?', bodySha256: 'ab'.repeat(32) };
}

const FRESH: Readonly<Record<string, () => Promise<string>>> = {
  sqlite: async () => `sqlite:${join(temporaryFolder(), 'left.sqlite')}`,
  postgres: async () => (await testPostgres()).freshDatabase(),
  mysql: async () => (await testMysql()).freshDatabase(),
};

async function statesOf(connection: Connection): Promise<Record<string, string>> {
  const all = ledgerOf(connection).selectFrom('rowferry_answers').select(['idempotency_key', 'state']);
  return Object.fromEntries(
    (await rowsOf(connection, all)).map(({ idempotency_key, state }) => [idempotency_key, state]),
  );
}

for (const [engine, fresh] of Object.entries(FRESH)) {
  describe(`requests that were left and old answers, ${engine}`, () => {
    async function withLedger(work: (connection: Connection, url: string) => Promise<void>): Promise<void> {
      const url = await fresh();
      const connection = await openDatabase(url);
      try {
        await migrate(connection);
        await work(connection, url);
      } finally {
        await connection.close();
      }
    }

    test('a request past its lease is no longer running, and its key is taken over with the next fence', () =>
      withLedger(async (connection) => {
        const [left, running] = [newKey(), newKey()];
        await claimAnswer(connection, left, NOW);
        await claimAnswer(connection, running, NOW + 1);
        assert.equal(await hasLeftAnswers(connection, NOW + LEASE - 1), false);
        assert.equal(await expireAnswers(connection, NOW + LEASE - 1), 0);
        assert.equal(await hasLeftAnswers(connection, NOW + LEASE), true);
        assert.equal(await expireAnswers(connection, NOW + LEASE), 1);
        assert.deepEqual(await statesOf(connection), { [left.key]: 'expired', [running.key]: 'running' });
        assert.equal(await hasLeftAnswers(connection, NOW + LEASE), false);
        assert.equal(await findAnswer(connection, left), null);
        assert.deepEqual(await claimAnswer(connection, left, NOW + LEASE), { kind: 'new', fence: 2 });
        assert.equal((await statesOf(connection))[left.key], 'running');
        await assert.rejects(claimAnswer(connection, left, NOW + LEASE), { code: 'request-running' });
        await assert.rejects(completeAnswer(connection, left, 1, DONE), { code: 'request-running' });
        await completeAnswer(connection, left, 2, DONE);
        assert.deepEqual(await findAnswer(connection, left), DONE);
      }));

    test('who wakes before another took the key over holds it again, and may answer', () =>
      withLedger(async (connection) => {
        const [renewed, answered] = [newKey(), newKey()];
        for (const key of [renewed, answered]) await claimAnswer(connection, key, NOW);
        assert.equal(await expireAnswers(connection, NOW + LEASE), 2);
        await renewAnswer(connection, renewed, 1, NOW + LEASE);
        await completeAnswer(connection, answered, 1, DONE);
        assert.deepEqual(await statesOf(connection), { [renewed.key]: 'running', [answered.key]: 'done' });
        await assert.rejects(claimAnswer(connection, renewed, NOW + LEASE), { code: 'request-running' });
      }));

    test('answers older than thirty days go, however many, and what runs stays', () =>
      withLedger(async (connection) => {
        const old = Array.from({ length: 1001 }, newKey);
        const [left, running, young] = [newKey(), newKey(), newKey()];
        await connection.transaction(
          async () => {
            for (const key of [left, running]) await claimAnswer(connection, key, NOW);
            for (const [ms, key] of old.entries()) await claimAnswer(connection, key, NOW - ms);
            for (const key of old) await completeAnswer(connection, key, 1, DONE);
          },
          { write: true },
        );
        await expireAnswers(connection, NOW + LEASE);
        await renewAnswer(connection, running, 1, NOW + ANSWERS_KEPT_MS);
        await claimAnswer(connection, young, NOW + 1);
        await completeAnswer(connection, young, 1, DONE);
        assert.equal(await forgetAnswers(connection, NOW + ANSWERS_KEPT_MS - old.length), 0);
        assert.equal(await hasLeftAnswers(connection, NOW + ANSWERS_KEPT_MS - old.length), false);
        assert.equal(await hasLeftAnswers(connection, NOW + ANSWERS_KEPT_MS), true);
        assert.equal(await forgetAnswers(connection, NOW + ANSWERS_KEPT_MS), 1002);
        assert.deepEqual(await statesOf(connection), { [running.key]: 'running', [young.key]: 'done' });
      }));

    test('a server that starts settles both', () =>
      withLedger(async (connection, url) => {
        const [left, old, running] = [newKey(), newKey(), newKey()];
        await claimAnswer(connection, left, Date.now() - LEASE);
        await claimAnswer(connection, running, Date.now());
        await claimAnswer(connection, old, Date.now() - ANSWERS_KEPT_MS);
        await completeAnswer(connection, old, 1, DONE);
        const config = loadConfig({ home: temporaryFolder(), databaseUrl: url }, {});
        const ingest = await openIngest({ config, log: createLog({ destination: { write: () => {} } }) });
        await ingest.close();
        assert.deepEqual(await statesOf(connection), { [left.key]: 'expired', [running.key]: 'running' });
      }));
  });
}
