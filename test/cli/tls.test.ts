import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeDatabase } from '../client/rig.ts';
import { makeCertificate } from '../server/certificate.ts';
import { makeHome, rowferry, start } from './command.ts';

test('up with a certificate of another name: the watcher loads; commands elsewhere need the root', async () => {
  await using home = await makeHome();
  await makeDatabase(home.path);
  const { cert } = makeCertificate(home.path, 'ferry', 'DNS:localhost');
  await writeFile(
    join(home.path, 'rowferry.config.json'),
    JSON.stringify({
      quietMs: 50,
      pollMs: 20,
      backupSchedule: null,
      tlsCert: 'ferry.pem',
      tlsKey: 'ferry.key',
    }),
  );
  await using up = start(home.path, ['up', '--port', '0', '--log', 'text']);
  const [, port = ''] = await up.says(/is up at https:\/\/127\.0\.0\.1:(\d+)/);
  const [, token = ''] = await up.says(/shown this once: (rfk_\w+)/);
  await up.says(/stop {2}Ctrl-C/);
  await writeFile(join(home.path, 'data/incoming/departments.csv'), '1,Ops\n');
  await up.says(/1 read = 1 inserted/);

  const url = `https://localhost:${port}`;
  const trusting = { ROWFERRY_KEY: token, NODE_EXTRA_CA_CERTS: cert };
  const tables = await rowferry(home.path, ['tables', '--server', url, '--json'], trusting);
  assert.deepEqual([tables.code, tables.json.length], [0, 3], tables.stderr);
  await writeFile(join(home.path, 'jobs.csv'), '1,Miner\n');
  const load = await rowferry(home.path, ['load', 'jobs.csv', '--server', url, '--json'], trusting);
  assert.deepEqual([load.code, load.json[0]?.inserted], [0, 1], load.stderr);
  assert.match(up.stderr(), /^warning: the certificate \S+ferry\.pem expires at .*: renew it/);
  // A command without --server goes beside it, with or without TLS.
  assert.equal((await rowferry(home.path, ['tables'])).code, 0);
  up.process.kill('SIGTERM');
  assert.equal(await up.ended, 0);
});

test('a certificate that is good for longer is not spoken of', async () => {
  await using home = await makeHome();
  await makeDatabase(home.path);
  const { cert, key } = makeCertificate(home.path, 'server', 'IP:127.0.0.1', 60);
  const files = ['--tls-cert', cert, '--tls-key', key];
  await using serve = start(home.path, ['serve', '--port', '0', '--log', 'text', ...files]);
  await serve.says(/shown this once/);
  serve.process.kill('SIGTERM');
  await serve.ended;
  assert.equal(serve.stderr(), '');
});

test('a certificate without its key: wrong use, and what to type', async () => {
  await using home = await makeHome();
  const { cert } = makeCertificate(home.path);
  const { code, stderr } = await rowferry(home.path, ['serve', '--tls-cert', cert]);
  assert.equal(code, 2);
  assert.match(stderr, /a certificate and no key.*\n.*--tls-key FILE/);
});
