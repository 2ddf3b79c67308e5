/** Tests 10, 11 and 14 of the security tests: where a key is good, and when it ends. */
import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { writeFileSync } from 'node:fs';
import { IncomingMessage } from 'node:http';
import { Server, Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Load } from '../../src/model/receipt.ts';
import { makeToken } from '../../src/seal/keys.ts';
import { authenticate } from '../../src/server/auth.ts';
import { makeHome, rowferry, runHere } from '../cli/command.ts';
import { makeDatabase } from '../client/rig.ts';
import { startTestServer, type TestServer } from '../server/harness.ts';
import { seal, send, sendSealed, signerOf, unsealedProblem } from '../server/sealed.ts';
import { FromElsewhere, ownAddress } from './elsewhere.ts';

const SCOPES = ['tables:*:*'];
const TABLES = '/v1/tables';
const ROWS = '/v1/tables/jobs/rows';

/** Status and problem code of a request with a Bearer key, over a connection of its own. */
async function bearer(url: string, token: string): Promise<readonly [number, string | undefined]> {
  const headers = { authorization: `Bearer ${token}`, connection: 'close' };
  const answer = await fetch(url + TABLES, { headers });
  const { code }: { code?: string } = JSON.parse(await answer.text());
  return [answer.status, code];
}

/** Where another machine would call the server: at this machine's own address, or as if from elsewhere. */
async function fromElsewhere(server: TestServer, work: (url: string) => Promise<void>): Promise<void> {
  {
    using _ = new FromElsewhere();
    await work(server.url);
  }
  if (ownAddress !== null) await work(`http://${ownAddress}:${new URL(server.url).port}`);
}

test('a Bearer key over plain HTTP from elsewhere: 403 whatever key it is; the same key sealed is taken', async () => {
  const target = await startTestServer({ config: { host: '0.0.0.0' } });
  const { token } = await target.server.keys.create({ owner: 'far', scopes: SCOPES });
  assert.deepEqual(await bearer(target.url, token), [200, undefined], 'from loopback');
  await fromElsewhere(target, async (url) => {
    for (const each of [token, makeToken().token, 'rfk_none']) {
      assert.deepEqual(await bearer(url, each), [403, 'insecure-transport'], url);
    }
    const sealed = await sendSealed<{ tables: unknown[] }>(url, signerOf(token), 'GET', TABLES);
    assert.deepEqual([sealed.status, sealed.json.tables.length], [200, 3], url);
  });
});

test('a throw-away key is an unknown one from elsewhere', async () => {
  const target = await startTestServer({ config: { host: '0.0.0.0' } });
  const signer = signerOf(target.token(...SCOPES));
  assert.equal((await sendSealed(target.url, signer, 'GET', TABLES)).status, 200);
  await fromElsewhere(target, async (url) => {
    const received = await send(url, seal(signer, 'GET', TABLES));
    assert.deepEqual([received.status, unsealedProblem(received).code], [401, 'seal-invalid'], url);
  });
});

test('a throw-away key is none from elsewhere over TLS either', async () => {
  const { server, token } = await startTestServer();
  const kept = await server.keys.create({ owner: 'far', scopes: SCOPES });
  const overTls = (held: string): IncomingMessage => {
    const socket = Object.defineProperty(new Socket(), 'remoteAddress', { value: '198.51.100.7' });
    const request = new IncomingMessage(Object.assign(socket, { encrypted: true }));
    request.headers.authorization = `Bearer ${held}`;
    return request;
  };
  assert.equal((await authenticate(overTls(kept.token), server.keys)).owner, 'far');
  await assert.rejects(authenticate(overTls(token(...SCOPES)), server.keys), { code: 'unauthorized' });
});

/** The addresses that servers of this process begin to listen on. */
class Listeners implements Disposable {
  readonly addresses: string[] = [];
  static readonly #channel = 'tracing:net.server.listen:asyncEnd';

  constructor() {
    subscribe(Listeners.#channel, this.#note);
  }

  [Symbol.dispose](): void {
    unsubscribe(Listeners.#channel, this.#note);
  }

  readonly #note = (message: unknown): void => {
    if (typeof message !== 'object' || message === null || !('server' in message)) return;
    const address = message.server instanceof Server ? message.server.address() : null;
    this.addresses.push(typeof address === 'object' ? (address?.address ?? '') : address);
  };
}

test('commands with a server of their own listen on loopback alone, whatever host is configured', async () => {
  await using home = await makeHome();
  await makeDatabase(home.path);
  writeFileSync(join(home.path, 'rowferry.config.json'), '{"host":"0.0.0.0"}');
  writeFileSync(join(home.path, 'jobs.csv'), '1,Porter\n');
  for (const command of [['load', 'jobs.csv'], ['tables'], ['backup', 'jobs'], ['keys', 'list']]) {
    using listeners = new Listeners();
    const { code, stderr } = await runHere(home.path, command);
    assert.equal(code, 0, stderr);
    assert.deepEqual(listeners.addresses, ['127.0.0.1'], command.join(' '));
  }
});

/** Sends a body with a key, one way or the other; answers the status. */
type Ask = (token: string, method: string, target: string, body: string, created?: number) => Promise<number>;

function waysTo({ url, call }: TestServer): Readonly<Record<string, Ask>> {
  const type = 'text/csv';
  return {
    Bearer: async (token, method, target, body) => (await call(method, target, { token, body, type })).status,
    sealed: async (token, method, target, body, created = Math.floor(Date.now() / 1000)) => {
      const sealed = seal(signerOf(token), method, target, { body, type, created });
      return (await send(url, sealed)).status;
    },
  };
}

test('a key that another process revokes during an upload: a second later the next part is refused', async () => {
  let now = Date.now();
  const target = await startTestServer({ now: () => now });
  const { server, config, rows, call } = target;
  for (const [index, [way, ask]] of Object.entries(waysTo(target)).entries()) {
    const { token, key } = await server.keys.create({ owner: `uploader-${way}`, scopes: SCOPES });
    const announced = { table: 'jobs', name: `${way}.csv`, size: 100_000, sha256: `${index}`.repeat(64) };
    const { json } = await call<Load>('POST', '/v1/loads', { body: announced });
    const part = (offset: number) =>
      ask(token, 'PATCH', `/v1/loads/${json.id}?offset=${offset}`, `${index}00${offset},Row\n`);
    assert.equal(await part(0), 200, way);
    const before = rows('jobs');
    const revoked = await rowferry(config.home, ['keys', 'revoke', key.id]);
    assert.equal(revoked.code, 0, revoked.stderr);
    now += 1000;
    assert.equal(await part('0000,Row\n'.length - 1), 401, way);
    assert.equal(rows('jobs'), before, way);
  }
});

test('a key ends at the very millisecond it expires, sealed and not', async () => {
  let now = Date.now();
  const target = await startTestServer({ now: () => now });
  const { token, key } = await target.server.keys.create({
    owner: 'guest',
    scopes: SCOPES,
    expiresInDays: 1,
  });
  for (const [before, status] of [
    [1, 200],
    [0, 401],
  ] as const) {
    now = Date.parse(key.expiresAt) - before;
    for (const [index, [way, ask]] of Object.entries(waysTo(target)).entries()) {
      const created = Math.floor(now / 1000);
      const row = `7${before}${index},Late\n`;
      assert.equal(
        await ask(token, 'POST', ROWS, row, created),
        status,
        `${way}, ${before} ms before its end`,
      );
    }
  }
});

test('an owner has two live keys at most: both are good until the first is revoked', async () => {
  const target = await startTestServer();
  const { server, fail } = target;
  const first = await server.keys.create({ owner: 'rotator', scopes: SCOPES });
  const second = await server.keys.rotate(first.key.id);
  const body = { owner: 'rotator', scopes: SCOPES };
  const third = await fail('POST', '/v1/keys', { body });
  assert.deepEqual([third.status, third.json.code], [409, 'key-limit']);
  const statuses = async (id: number): Promise<readonly number[]> => {
    const found: number[] = [];
    for (const { token } of [first, second]) {
      for (const ask of Object.values(waysTo(target))) {
        found.push(await ask(token, 'POST', ROWS, `${id}${found.length},Both\n`));
      }
    }
    return found;
  };
  assert.deepEqual(await statuses(500), [200, 200, 200, 200]);
  await server.keys.revoke(first.key.id);
  assert.deepEqual(await statuses(600), [401, 401, 200, 200]);
});
