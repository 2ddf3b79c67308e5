/** Tests 4 and 9 of the security tests, and what a stranger can do with the id of somebody's key. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { makeToken } from '../../src/seal/keys.ts';
import { formatToken } from '../../src/seal/token.ts';
import type { Problem } from '../../src/server/problems.ts';
import { eventually, startTestServer } from '../server/harness.ts';
import { type Sealed, type SealedCall, seal, sendSealed, signerOf } from '../server/sealed.ts';
import { Wire } from '../server/wire.ts';
import { headLines } from './sealed-wire.ts';

const ROWS = '/v1/tables/jobs/rows';
const FROM = 5000;
const csv = (id: number, extra: SealedCall): SealedCall => ({
  body: `${id},Timed\n`,
  type: 'text/csv',
  ...extra,
});

test('signed 300 s ago or ahead is taken, to the second; 301 s is stale, and no row is loaded', async () => {
  const second = Math.floor(Date.now() / 1000);
  for (const milliseconds of [0, 999]) {
    const { url, token, rows } = await startTestServer({ now: () => second * 1000 + milliseconds });
    const signer = signerOf(token('tables:*:*'));
    const before = rows('jobs');
    const answerTo = async (created: number, id: number): Promise<unknown> => {
      const { status, json } = await sendSealed<Problem>(url, signer, 'POST', ROWS, csv(id, { created }));
      return status === 200 ? 'taken' : [status, json.code];
    };
    const stale = [401, 'seal-stale'];
    assert.deepEqual(await answerTo(second - 301, FROM), stale);
    assert.deepEqual(await answerTo(second + 301, FROM + 1), stale);
    assert.equal(rows('jobs'), before);
    assert.equal(await answerTo(second - 300, FROM + 2), 'taken');
    assert.equal(await answerTo(second + 300, FROM + 3), 'taken');
    assert.equal(rows('jobs'), before + 2);
  }
});

/** The whole answer as it came, without its date. */
async function answerBytes(url: string, lines: readonly string[]): Promise<string> {
  const wire = await Wire.to(url);
  wire.head(...lines, 'Connection: close');
  const { text } = await wire.answer();
  return text.replace(/^date: .*\r$/im, '');
}

test('an unknown key, a revoked, an expired one and a wrong proof of a live one: the same bytes', async () => {
  const { url, server } = await startTestServer();
  const scopes = ['tables:*:*'];
  const live = await server.keys.create({ owner: 'live', scopes });
  const revoked = await server.keys.create({ owner: 'revoked', scopes });
  await server.keys.revoke(revoked.key.id);
  const expired = await server.keys.create({ owner: 'expired', scopes, expiresInDays: -1 });
  const { secret } = makeToken();
  const tokens = {
    unknown: makeToken().token,
    'wrong proof': formatToken({ keyId: live.key.id, secret }),
    revoked: revoked.token,
    'wrong proof of a revoked one': formatToken({ keyId: revoked.key.id, secret }),
    expired: expired.token,
    'wrong proof of an expired one': formatToken({ keyId: expired.key.id, secret }),
  };
  const line = 'GET /v1/tables HTTP/1.1';
  const ways: Record<string, (token: string) => readonly string[]> = {
    sealed: (token) => [line, ...headLines(seal(signerOf(token), 'GET', '/v1/tables'))],
    Bearer: (token) => [line, 'Host: test', `Authorization: Bearer ${token}`],
  };
  for (const [way, linesOf] of Object.entries(ways)) {
    const expected = await answerBytes(url, linesOf(tokens.unknown));
    assert.match(expected, /^HTTP\/1\.1 401 /, way);
    for (const [what, token] of Object.entries(tokens)) {
      assert.equal(await answerBytes(url, linesOf(token)), expected, `${way}, ${what}`);
    }
    assert.match(await answerBytes(url, linesOf(live.token)), /^HTTP\/1\.1 200 /, way);
  }
});

/** Sends the same request so many times over one connection, from an address of the loopback network. */
async function repeat(url: string, from: string, sealed: Sealed, count: number): Promise<string[]> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), localAddress: from });
  let received = '';
  socket.setEncoding('latin1').on('data', (text) => {
    received += text;
  });
  const head = `${sealed.method} ${sealed.target} HTTP/1.1\r\n${headLines(sealed).join('\r\n')}\r\n\r\n`;
  socket.write(head.repeat(count));
  const statuses = () => received.match(/HTTP\/1\.1 \d{3}/g) ?? [];
  await eventually(() => statuses().length === count, `${count} answers`);
  socket.destroy();
  return statuses().map((status) => status.slice(-3));
}

test('10,000 bad signatures with the id of a key lock out the address they come from, never the key', async (t) => {
  // On a busy machine the requests take longer than the ten seconds in which they are counted.
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  const limits = { requestsPerKey: 20, requestsPerAddress: 10_100 };
  const { url, server } = await startTestServer({ limits });
  const { token } = await server.keys.create({ owner: 'victim', scopes: ['tables:*:*'] });
  const victim = signerOf(token);
  const stranger = { ...victim, keys: signerOf(makeToken().token).keys };
  const forged = seal(stranger, 'GET', '/v1/tables');
  const statuses: string[] = [];
  while (statuses.length < 10_000) statuses.push(...(await repeat(url, '127.0.0.2', forged, 2_500)));
  assert.deepEqual(new Set(statuses), new Set(['401']));
  const more = await repeat(url, '127.0.0.2', forged, 200);
  assert.ok(more.filter((status) => status === '429').length >= 100, 'the address is slowed down');
  for (let count = 0; count < 20; count += 1) {
    assert.equal((await sendSealed(url, victim, 'GET', '/v1/tables')).status, 200, `request ${count + 1}`);
  }
  assert.equal((await sendSealed(url, victim, 'GET', '/v1/tables')).status, 429, 'its own limit stands');
});
