/** What a look-up of a key costs must not tell whether there is such a key. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Connection } from '../../src/database/database.ts';
import { openDatabase } from '../../src/database/open.ts';
import { type KeyRing, openKeyRing } from '../../src/ledger/keys.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { createLog } from '../../src/log.ts';
import { makeToken } from '../../src/seal/keys.ts';
import { formatToken } from '../../src/seal/token.ts';

const SCOPES = ['tables:*:*'];

interface Counted {
  readonly ring: KeyRing;
  /** A ring of another process. */
  readonly other: KeyRing;
  readonly advance: (ms: number) => void;
  readonly execute: Connection['execute'];
  /** Statements that `work` makes the ring send. */
  readonly reads: (work: () => Promise<unknown>) => Promise<number>;
}

async function setUp(context: TestContext): Promise<Counted> {
  const folder = mkdtempSync(join(tmpdir(), 'rowferry-key-cache-'));
  const url = `sqlite:${join(folder, 'ledger.sqlite')}`;
  let now = Date.parse('2026-11-22T12:00:00Z');
  let count = 0;
  const own = await openDatabase(url);
  const rings: KeyRing[] = [];
  const open = async (): Promise<KeyRing> => {
    const connection = await openDatabase(url, { lockTimeoutMs: 20 });
    await migrate(connection);
    const { query } = connection;
    connection.query = (...statement) => {
      count += 1;
      return query.apply(connection, statement);
    };
    const log = createLog({ level: 'silent' });
    const ring = openKeyRing({ connection, keyEncryptionKey: Buffer.alloc(32, 1), log, now: () => now });
    rings.push(ring);
    return ring;
  };
  context.after(async () => {
    for (const ring of rings) await ring.close();
    await own.close();
    rmSync(folder, { recursive: true });
  });
  return {
    ring: await open(),
    other: await open(),
    execute: (...statement) => own.execute(...statement),
    advance: (ms) => {
      now += ms;
    },
    reads: async (work) => {
      const before = count;
      await work();
      return count - before;
    },
  };
}

const times = async (count: number, work: () => Promise<unknown>): Promise<void> => {
  for (let at = 0; at < count; at += 1) await work();
};

test('unknown, revoked and live keys are read once a second each, whatever proof comes with them', async (context) => {
  const { ring, other, advance, reads } = await setUp(context);
  const live = await other.create({ owner: 'live', scopes: SCOPES });
  const gone = await other.create({ owner: 'gone', scopes: SCOPES });
  await other.revoke(gone.key.id);
  const stranger = makeToken();
  for (const keyId of [live.key.id, gone.key.id, stranger.keyId]) {
    const wrong = formatToken({ keyId, secret: stranger.secret });
    const counts = [];
    for (const pause of [0, 999, 1, 5000]) {
      advance(pause);
      counts.push(await reads(() => times(10, () => ring.authenticate(wrong))));
      counts.push(await reads(() => times(10, () => ring.keysOf(keyId))));
    }
    assert.deepEqual(counts, [1, 0, 0, 0, 1, 0, 1, 0], keyId);
  }
});

test('an id that was unknown is good a second after another process made its key', async (context) => {
  const { ring, other, advance, execute } = await setUp(context);
  const { key } = await other.create({ owner: 'new', scopes: SCOPES });
  await execute('UPDATE rowferry_keys SET id = ?', ['not made yet']);
  assert.equal(await ring.keysOf(key.id), null);
  await execute('UPDATE rowferry_keys SET id = ?', [key.id]);
  advance(999);
  assert.equal(await ring.keysOf(key.id), null, 'remembered as unknown');
  advance(1);
  assert.ok(await ring.keysOf(key.id));
});

test('a flood of made-up ids is forgotten in the order it came, and memory is bounded', async (context) => {
  const { ring, reads } = await setUp(context);
  const ids = Array.from({ length: 10_050 }, (_, at) => `id${String(at).padStart(10, '0')}`);
  for (const id of ids) await ring.keysOf(id);
  const [oldest = ''] = ids;
  assert.equal(await reads(() => ring.keysOf(ids.at(-1) ?? '')), 0);
  assert.equal(await reads(() => ring.keysOf(oldest)), 1);
});
