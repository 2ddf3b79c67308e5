import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Connection } from '../../src/database/database.ts';
import { openDatabase } from '../../src/database/open.ts';
import { type ErrorCode, RowferryError } from '../../src/errors.ts';
import { type KeyRing, openKeyRing } from '../../src/ledger/keys.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { createLog } from '../../src/log.ts';
import { deriveKeys, equalKeys } from '../../src/seal/keys.ts';
import { formatToken, parseToken } from '../../src/seal/token.ts';

const log = createLog({ level: 'silent' });
const SCOPES = ['tables:jobs:insert'];
const DAY = 86_400_000;

interface Setup {
  readonly ring: KeyRing;
  readonly url: string;
  /** Moves the clock of the ring. */
  readonly advance: (ms: number) => void;
  /** A second ring on the same database, as another process would have. */
  readonly another: (keyEncryptionKey?: Buffer) => Promise<KeyRing>;
}

async function setUp(context: TestContext): Promise<Setup> {
  const folder = mkdtempSync(join(tmpdir(), 'rowferry-keys-'));
  const url = `sqlite:${join(folder, 'ledger.sqlite')}`;
  let now = Date.parse('2026-11-22T12:00:00Z');
  const rings: KeyRing[] = [];
  const another = async (keyEncryptionKey: Buffer = Buffer.alloc(32, 1)): Promise<KeyRing> => {
    const connection = await openDatabase(url, { lockTimeoutMs: 20 });
    await migrate(connection);
    const ring = openKeyRing({ connection, keyEncryptionKey, log, now: () => now });
    rings.push(ring);
    return ring;
  };
  context.after(async () => {
    for (const ring of rings) await ring.close();
    rmSync(folder, { recursive: true });
  });
  const advance = (ms: number): void => {
    now += ms;
  };
  return { ring: await another(), url, advance, another };
}

const code = (expected: ErrorCode) => (error: unknown) =>
  error instanceof RowferryError && error.code === expected;

/** Waits for what happens beside a request, such as noting its key's use. */
async function eventually<T>(look: () => Promise<T | null | undefined>): Promise<T> {
  for (const deadline = performance.now() + 10_000; performance.now() < deadline; ) {
    const found = await look();
    if (found !== null && found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('it did not happen');
}

test('a new key authenticates as its owner and scopes; its token is kept nowhere', async (context) => {
  const { ring, url } = await setUp(context);
  const { token, key } = await ring.create({ owner: 'ann', scopes: SCOPES });
  assert.deepEqual(await ring.authenticate(token), { keyId: key.id, owner: 'ann', scopes: SCOPES });
  assert.equal(key.name, 'ann');
  assert.equal(Date.parse(key.expiresAt) - Date.parse(key.createdAt), 90 * DAY);
  const connection = await openDatabase(url, { readOnly: true });
  context.after(() => connection.close());
  const stored = (await connection.query('SELECT * FROM rowferry_keys')).map((row) =>
    Object.values(row).map((value) =>
      Buffer.from(value instanceof Uint8Array ? value : String(value)).toString('latin1'),
    ),
  );
  const secret = parseToken(token)?.secret ?? assert.fail('no token');
  assert.ok(!JSON.stringify(stored).includes(secret));
});

test('a wrong secret, an unknown id and a malformed token are all refused', async (context) => {
  const { ring } = await setUp(context);
  const { token, key } = await ring.create({ owner: 'ann', scopes: SCOPES });
  const secret = parseToken(token)?.secret ?? assert.fail('no token');
  const wrongSecret = formatToken({ keyId: key.id, secret: [...secret].reverse().join('') });
  const unknown = formatToken({ keyId: 'AAAAAAAAAAAA', secret });
  for (const wrong of [wrongSecret, unknown, token.slice(1), '', `${token}x`]) {
    assert.equal(await ring.authenticate(wrong), null, wrong);
  }
});

test('a revoked key is refused at once here and within a second in another process', async (context) => {
  const { ring, advance, another } = await setUp(context);
  const other = await another();
  const { token, key } = await ring.create({ owner: 'ann', scopes: SCOPES });
  assert.ok(await ring.authenticate(token));
  assert.ok(await other.authenticate(token));
  const revoked = await ring.revoke(key.id);
  assert.ok(revoked.revokedAt !== null);
  assert.equal(await ring.authenticate(token), null);
  advance(1000);
  assert.equal(await other.authenticate(token), null);
});

test('a clock set back does not keep a revoked key alive', async (context) => {
  const { ring, advance, another } = await setUp(context);
  const other = await another();
  const { token, key } = await ring.create({ owner: 'ann', scopes: SCOPES });
  assert.ok(await other.authenticate(token));
  await ring.revoke(key.id);
  advance(-3_600_000);
  assert.equal(await other.authenticate(token), null);
});

test('a key ends when it expires, also one that is cached', async (context) => {
  const { ring, advance } = await setUp(context);
  const { token } = await ring.create({ owner: 'ann', scopes: SCOPES, expiresInDays: 1 });
  advance(DAY - 500);
  assert.ok(await ring.authenticate(token));
  advance(500);
  assert.equal(await ring.authenticate(token), null);
});

test('an owner has at most two live keys; revoked and expired ones do not count', async (context) => {
  const { ring, advance } = await setUp(context);
  const first = await ring.create({ owner: 'ann', scopes: SCOPES });
  const second = await ring.rotate(first.key.id);
  assert.deepEqual(second.key.scopes, SCOPES);
  assert.equal(second.key.owner, 'ann');
  assert.ok((await ring.authenticate(first.token)) && (await ring.authenticate(second.token)), 'both live');
  await assert.rejects(ring.create({ owner: 'ann', scopes: SCOPES }), code('key-limit'));
  await assert.rejects(ring.rotate(first.key.id), code('key-limit'));
  await ring.create({ owner: 'bob', scopes: SCOPES });
  await ring.revoke(first.key.id);
  await ring.create({ owner: 'ann', scopes: SCOPES, expiresInDays: 1 });
  await assert.rejects(ring.create({ owner: 'ann', scopes: SCOPES }), code('key-limit'));
  advance(DAY);
  await ring.create({ owner: 'ann', scopes: SCOPES });
  assert.equal((await ring.list()).length, 5);
});

test('creations at one time do not pass the limit', async (context) => {
  const { ring, another } = await setUp(context);
  const rings = [ring, await another(), await another()];
  const created = await Promise.allSettled(
    rings.flatMap((each) => [1, 2].map(() => each.create({ owner: 'ann', scopes: SCOPES }))),
  );
  assert.equal(created.filter(({ status }) => status === 'fulfilled').length, 2);
});

test('unknown ids and revoked keys cannot be rotated; unknown ids cannot be revoked', async (context) => {
  const { ring } = await setUp(context);
  const { key } = await ring.create({ owner: 'ann', scopes: SCOPES });
  await ring.revoke(key.id);
  await assert.rejects(ring.rotate(key.id), code('key-not-found'));
  await assert.rejects(ring.rotate('AAAAAAAAAAAA'), code('key-not-found'));
  await assert.rejects(ring.revoke('AAAAAAAAAAAA'), code('key-not-found'));
  assert.equal((await ring.revoke(key.id)).id, key.id, 'revoking twice is fine');
  await assert.rejects(ring.create({ owner: 'ann', scopes: ['tables:jobs:drop'] }), code('bad-request'));
});

test('a key kept under another key-encryption key does not open', async (context) => {
  const { ring, another } = await setUp(context);
  const { token } = await ring.create({ owner: 'ann', scopes: SCOPES });
  const other = await another(Buffer.alloc(32, 2));
  assert.equal(await other.authenticate(token), null);
});

test('an ephemeral key lives in its process only', async (context) => {
  const { ring, another } = await setUp(context);
  const { token, keyId } = ring.createEphemeral(['tables:*:*']);
  assert.deepEqual(await ring.authenticate(token), { keyId, owner: 'local', scopes: ['tables:*:*'] });
  assert.equal(await (await another()).authenticate(token), null);
  assert.deepEqual(await ring.list(), []);
});

test('the last use is noted, to the minute', async (context) => {
  const { ring, advance } = await setUp(context);
  const { token } = await ring.create({ owner: 'ann', scopes: SCOPES });
  const lastUsed = async () => (await ring.list())[0]?.lastUsedAt ?? null;
  assert.equal(await lastUsed(), null);
  await ring.authenticate(token);
  const first = await eventually(lastUsed);
  advance(30_000);
  await ring.authenticate(token);
  assert.equal(await lastUsed(), first);
  advance(30_000);
  await ring.authenticate(token);
  await eventually(async () => ((await lastUsed()) === first ? null : true));
});

test('a lock held by others delays a new key and nothing else', async (context) => {
  const { ring, url } = await setUp(context);
  const { token } = await ring.create({ owner: 'ann', scopes: SCOPES });
  const holder: Connection = await openDatabase(url);
  context.after(() => holder.close());
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const held = holder.transaction(() => released, { write: true });
  const creating = ring.create({ owner: 'bob', scopes: SCOPES });
  assert.ok(await ring.authenticate(token), 'others go on');
  release();
  await held;
  assert.equal((await creating).key.owner, 'bob');
});

test('the keys of a live key are given out, as of an ephemeral one; of no other', async (context) => {
  const { ring, advance, another } = await setUp(context);
  const { token, key } = await ring.create({ owner: 'ann', scopes: SCOPES, expiresInDays: 1 });
  const keys = deriveKeys(parseToken(token) ?? assert.fail());
  const found = await ring.keysOf(key.id);
  assert.deepEqual(found?.identity, { keyId: key.id, owner: 'ann', scopes: SCOPES });
  assert.ok(found && equalKeys(found.keys, keys));
  const local = ring.createEphemeral(SCOPES);
  assert.equal((await ring.keysOf(local.keyId))?.identity.owner, 'local');
  assert.equal(await ring.keysOf('000000000000'), null);

  await (await another()).revoke(key.id);
  assert.ok(await ring.keysOf(key.id), 'known for a moment');
  advance(1000);
  assert.equal(await ring.keysOf(key.id), null, 'revoked elsewhere a second ago');
  const late = await ring.create({ owner: 'bob', scopes: SCOPES, expiresInDays: 1 });
  advance(DAY - 1);
  assert.ok(await ring.keysOf(late.key.id));
  advance(1);
  assert.equal(await ring.keysOf(late.key.id), null, 'expired');
});

test('a sealed-only key seals and is no Bearer token; what takes its place is sealed-only too', async (context) => {
  const { ring, another } = await setUp(context);
  const { token, key } = await ring.create({ owner: 'ann', scopes: SCOPES, sealedOnly: true });
  assert.equal(key.sealedOnly, true);
  for (const each of [ring, await another()]) {
    await assert.rejects(each.authenticate(token), code('seal-required'));
    assert.equal((await each.keysOf(key.id))?.identity.owner, 'ann');
  }
  const secret = parseToken(token)?.secret ?? assert.fail('no token');
  const wrong = formatToken({ keyId: key.id, secret: [...secret].reverse().join('') });
  assert.equal(await ring.authenticate(wrong), null, 'who does not have the key learns nothing of it');
  const second = await ring.rotate(key.id);
  await assert.rejects(ring.authenticate(second.token), code('seal-required'));
  assert.deepEqual(new Set((await ring.list()).map(({ sealedOnly }) => sealedOnly)), new Set([true]));
  assert.equal((await ring.create({ owner: 'bob', scopes: SCOPES })).key.sealedOnly, false);
});

test('asking for keys is no use of them; a noted use stands in the list', async (context) => {
  const { ring } = await setUp(context);
  const { key } = await ring.create({ owner: 'ann', scopes: SCOPES });
  const lastUse = async () => (await ring.list()).find(({ id }) => id === key.id)?.lastUsedAt;
  await ring.keysOf(key.id);
  assert.equal(await lastUse(), null);
  ring.noteUse(key.id);
  assert.match(await eventually(lastUse), /^2026-11-22T12:00/);
});
