import assert from 'node:assert/strict';
import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Check } from '../../src/cli/checks.ts';
import { checkKeyFile, checkKeys, checkTls } from '../../src/cli/security-checks.ts';
import { loadConfig } from '../../src/config.ts';
import { startRig } from '../client/rig.ts';
import { makeCertificate } from '../server/certificate.ts';
import { makeHome, runHere } from './command.ts';

const DAY_MS = 86_400_000;

test('a key file: none yet, a good one, one that others can read, one that holds no key', async () => {
  await using home = await makeHome();
  const config = loadConfig({ home: home.path }, {});
  assert.match(checkKeyFile(config).detail, /will be made/);
  const path = join(home.path, 'rowferry.key');
  await writeFile(path, `${Buffer.alloc(32, 7).toString('base64')}\n`, { mode: 0o600 });
  assert.deepEqual([checkKeyFile(config).ok, checkKeyFile(config).mend], [true, null]);
  await chmod(path, 0o644);
  assert.deepEqual([checkKeyFile(config).ok, checkKeyFile(config).mend], [false, `chmod 600 ${path}`]);
  await chmod(path, 0o600);
  await writeFile(path, 'x');
  assert.equal(checkKeyFile(config).ok, false);
  const own = { ...config, keyEncryptionKey: Buffer.alloc(32).toString('base64') };
  assert.deepEqual([checkKeyFile(own).ok, checkKeyFile({ ...own, keyEncryptionKey: 'x' }).ok], [true, false]);
});

test('a certificate: none, good, to be renewed soon, expired, without its key', async () => {
  await using home = await makeHome();
  const { cert, key } = makeCertificate(home.path, 'ferry', 'IP:127.0.0.1', 90);
  const plain = loadConfig({ home: home.path }, {});
  const config = { ...plain, tlsCert: cert, tlsKey: key };
  const found = ({ ok, mend }: Check) => [ok, mend === null];
  assert.deepEqual(found(checkTls(plain)), [true, true]);
  assert.deepEqual(found(checkTls(config)), [true, true]);
  assert.match(checkTls(config).detail, /TLS 1\.3 only/);
  assert.deepEqual(found(checkTls(config, Date.now() + 59 * DAY_MS)), [true, true]);
  assert.deepEqual(found(checkTls(config, Date.now() + 61 * DAY_MS)), [true, false]);
  assert.deepEqual(found(checkTls(config, Date.now() + 91 * DAY_MS)), [false, false]);
  assert.deepEqual(found(checkTls({ ...config, tlsKey: null })), [false, false]);
});

test('keys: none, live, soon to expire, made under another key file; a clock that was set back', async () => {
  await using rig = await startRig();
  const config = loadConfig({ home: rig.home }, {});
  const found = async (days = 0): Promise<Check[]> => {
    const [clock, keys] = await checkKeys(config, Date.now() + days * DAY_MS);
    return [clock ?? assert.fail(), keys ?? assert.fail()];
  };
  const [, none] = await found();
  assert.deepEqual([none?.ok, none?.mend], [true, null]);
  const { key } = await rig.server.keys.create({ owner: 'ferry', scopes: ['tables:*:*'], expiresInDays: 30 });
  const [clock, live] = await found();
  assert.deepEqual([clock?.ok, live?.ok, live?.mend, live?.detail], [true, true, null, '1 live key']);
  const [, ending] = await found(17);
  assert.deepEqual([ending?.ok, ending?.mend], [true, `rowferry keys rotate ${key.id}`]);
  assert.match(ending?.detail ?? '', /of ferry/);
  assert.match((await found(31))[1]?.detail ?? '', /none live/);
  const [late] = await found(-1);
  assert.equal(late?.ok, false, 'the key was made tomorrow');
  await rm(join(rig.home, 'rowferry.key'));
  assert.equal((await found())[1]?.ok, false);
});

test('before there is a database, keys are not spoken of; doctor marks what is due soon', async () => {
  await using home = await makeHome();
  assert.deepEqual(await checkKeys(loadConfig({ home: home.path }, {})), []);
  const { cert, key } = makeCertificate(home.path);
  const settings = { tlsCert: cert, tlsKey: key, port: 0 };
  await writeFile(join(home.path, 'rowferry.config.json'), JSON.stringify(settings));
  const { code, stdout } = await runHere(home.path, ['doctor']);
  assert.equal(code, 0, stdout);
  assert.match(stdout, /^! tls +\/.*\n +renew it/m);
  assert.match(stdout, /all is well, but 1 thing is due soon/);
});
