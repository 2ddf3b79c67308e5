import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, test } from 'node:test';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { type ConfigInput, loadConfig } from '../../src/config.ts';
import { RowferryError } from '../../src/errors.ts';
import { createLog } from '../../src/log.ts';
import { startServer } from '../../src/server/listen.ts';
import { certificateEnd, loadTls } from '../../src/server/tls.ts';
import { makeCertificate } from './certificate.ts';
import { startTestServer } from './harness.ts';
import { outside } from './outside.ts';
import { sendSealed, signerOf } from './sealed.ts';

const folder = mkdtempSync(join(tmpdir(), 'rowferry-tls-'));
after(() => rmSync(folder, { recursive: true }));
const { cert, key, pem } = makeCertificate(folder);
const tls = { tlsCert: cert, tlsKey: key };

function get(url: string, token: string): Promise<{ status: number; protocol: string | null }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; protocol: string | null }>();
  // Called by an address that the certificate does not name.
  const trust = { ca: pem, agent: false, checkServerIdentity: () => undefined };
  const sent = request(url, { ...trust, headers: { authorization: `Bearer ${token}` } }, (answer) => {
    const protocol = 'getProtocol' in answer.socket ? versionOf(answer.socket) : null;
    answer.resume().on('end', () => resolve({ status: answer.statusCode ?? 0, protocol }));
  });
  sent.on('error', reject).end();
  return promise;
}

function versionOf(socket: object): string | null {
  return 'getProtocol' in socket && typeof socket.getProtocol === 'function' ? socket.getProtocol() : null;
}

test('with a certificate the API answers over TLS 1.3 and says so in its URL', async () => {
  const { url, token } = await startTestServer({ config: tls });
  assert.match(url, /^https:\/\/127\.0\.0\.1:\d+$/);
  assert.deepEqual(await get(`${url}/v1/tables`, token('tables:*:*')), { status: 200, protocol: 'TLSv1.3' });
});

test('a Bearer key is taken over TLS from anywhere, and over plain HTTP from this machine alone', async () => {
  const secure = await startTestServer({ config: { ...tls, host: '0.0.0.0' } });
  const target = `https://${outside}:${new URL(secure.url).port}/v1/tables`;
  const scopes = ['tables:*:*'];
  const kept = await secure.server.keys.create({ owner: 'far', scopes });
  assert.equal((await get(target, kept.token)).status, 200);
  const plain = await startTestServer({ config: { host: '0.0.0.0' } });
  const { token } = await plain.server.keys.create({ owner: 'far', scopes });
  const headers = { authorization: `Bearer ${token}` };
  const refused = await fetch(`http://${outside}:${new URL(plain.url).port}/v1/tables`, { headers });
  assert.equal(refused.status, outside === '127.0.0.1' ? 200 : 403);
});

/** The code of the error that a handshake ends with; null for one that succeeds. */
function handshake(url: string, options: ConnectionOptions): Promise<string | null> {
  const socket = connectTls({ host: '127.0.0.1', port: Number(new URL(url).port), ca: pem, ...options });
  return new Promise((resolve) => {
    socket
      .on('secureConnect', () => resolve(null))
      .on('error', (error) => resolve(String(Object(error).code)));
  }).then((code) => {
    socket.destroy();
    return code === null ? null : String(code);
  });
}

test('TLS 1.2, no TLS and a handshake that does not come end the connection', async () => {
  const { url } = await startTestServer({ config: tls, limits: { headMs: 500 } });
  assert.equal(await handshake(url, {}), null);
  assert.match((await handshake(url, { maxVersion: 'TLSv1.2' })) ?? 'it succeeded', /PROTOCOL_VERSION/);
  for (const sent of ['GET /health/live HTTP/1.1\r\nHost: test\r\n\r\n', '']) {
    const socket = connectTcp({ host: '127.0.0.1', port: Number(new URL(url).port) });
    let received = '';
    socket.setEncoding('latin1').on('data', (text) => {
      received += text;
    });
    const closed = new Promise((resolve) => socket.on('error', () => {}).on('close', resolve));
    if (sent !== '') socket.write(sent);
    await closed;
    assert.doesNotMatch(received, /HTTP/);
  }
});

test('a client in this process calls a loopback address beside TLS, which ends with the server', async () => {
  const { server, token } = await startTestServer({ config: { ...tls, host: '0.0.0.0' } });
  const url = await server.localUrl();
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.equal(await server.localUrl(), url);
  const answer = await sendSealed(url, signerOf(token('tables:*:*')), 'GET', '/v1/tables');
  assert.equal(answer.status, 200);
  await server.close();
  await assert.rejects(fetch(url));
  const plain = await startTestServer();
  assert.equal(await plain.server.localUrl(), plain.url);
});

const other = makeCertificate(folder, 'other');
const text = join(folder, 'text.pem');
writeFileSync(text, 'no PEM\n', { mode: 0o600 });

const FAULTS: ReadonlyArray<readonly [what: string, files: ConfigInput, says: RegExp, hint: RegExp]> = [
  ['a key alone', { tlsKey: key }, /a key and no certificate/, /--tls-cert FILE/],
  ['a certificate alone', { tlsCert: cert }, /a certificate and no key/, /--tls-key FILE/],
  [
    'a missing certificate',
    { ...tls, tlsCert: join(folder, 'none') },
    /none cannot be read \(ENOENT\)/,
    /PEM/,
  ],
  ['a folder', { ...tls, tlsKey: folder }, /cannot be read|has mode/, /./],
  ['a certificate that is none', { ...tls, tlsCert: text }, /text\.pem holds no certificate/, /BEGIN CERT/],
  ['a key that is none', { ...tls, tlsKey: text }, /text\.pem holds no private key/, /openssl pkey/],
  [
    'files of two pairs',
    { ...tls, tlsKey: other.key },
    /other\.key does not belong to .*server\.pem/,
    /together/,
  ],
];

for (const [what, files, says, hint] of FAULTS) {
  test(`${what}: the start is refused before anything is made`, async () => {
    const home = join(folder, 'home');
    const config = loadConfig({ home, ...files }, {});
    await assert.rejects(startServer({ config, log: createLog({ level: 'silent' }) }), (error) => {
      assert.ok(error instanceof RowferryError && error.code === 'config-invalid', String(error));
      assert.match(error.detail, says);
      assert.match(error.hint ?? '', hint);
      return true;
    });
    assert.ok(!existsSync(home));
  });
}

test('a key that others can read is refused', () => {
  const open = makeCertificate(folder, 'open');
  const files = { tlsCert: open.cert, tlsKey: open.key };
  assert.equal(loadTls(files)?.minVersion, 'TLSv1.3');
  for (const mode of [0o644, 0o604, 0o660]) {
    chmodSync(open.key, mode);
    const expected = {
      code: 'config-invalid',
      message: new RegExp(`mode 0${mode.toString(8)}`),
      hint: /^chmod 600 /,
    };
    assert.throws(() => loadTls(files), expected);
  }
});

test('a certificate before and after its time is refused; when it ends is known to the day', () => {
  const { at, days } = certificateEnd({ cert: Buffer.from(pem) });
  assert.ok(days === 0 || days === 1, `${days}`);
  assert.ok(loadTls(tls, at.getTime() - 1));
  const refused = (detail: RegExp) => ({ code: 'config-invalid', detail });
  assert.throws(() => loadTls(tls, at.getTime()), refused(/server\.pem expired at \d{4}-\d\d-\d\dT/));
  assert.throws(() => loadTls(tls, at.getTime() - 3 * 86_400_000), refused(/is not good before \d{4}-/));
  assert.equal(certificateEnd({ cert: Buffer.from(pem) }, at.getTime() - 86_400_000 * 7 - 1).days, 7);
});

test('the files stand in flags, environment or file; relative ones in the file lie beside it', () => {
  const home = mkdtempSync(join(folder, 'home-'));
  writeFileSync(join(home, 'rowferry.config.json'), '{"tlsCert":"a.pem","tlsKey":"/etc/a.key"}');
  const read = (flags: ConfigInput, environment = {}) => {
    const { tlsCert, tlsKey } = loadConfig({ home, ...flags }, environment);
    return [tlsCert, tlsKey];
  };
  assert.deepEqual(read({}), [join(home, 'a.pem'), '/etc/a.key']);
  assert.deepEqual(read({}, { ROWFERRY_TLS_CERT: 'b.pem', ROWFERRY_TLS_KEY: '/b.key' }), [
    join(process.cwd(), 'b.pem'),
    '/b.key',
  ]);
  assert.equal(basename(read({ tlsCert: 'c.pem' }, { ROWFERRY_TLS_CERT: 'b.pem' })[0] ?? ''), 'c.pem');
  assert.equal(loadTls({ tlsCert: null, tlsKey: null }), null);
});
