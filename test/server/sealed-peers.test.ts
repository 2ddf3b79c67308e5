/** Programs that share no code with the seal talk to the server: http_ece, and the Python client of the examples. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import ece from 'http_ece';
import type { BatchReceipt } from '../../src/model/receipt.ts';
import { requestIkm, responseIkm } from '../../src/seal/exchange.ts';
import { startTestServer } from './harness.ts';
import { open, seal, send, signerOf } from './sealed.ts';

const PYTHON = '/usr/bin/python3';
const CLIENT = join(import.meta.dirname, '../../examples/python/sealed-client.py');
const JOBS = '/v1/tables/jobs/rows';

const { url, token, rows, config } = await startTestServer();

test('http_ece seals a body that the server opens, and opens the answer', async () => {
  const signer = signerOf(token('tables:*:*'));
  const sealed = seal(signer, 'POST', JOBS, { body: '', type: 'text/csv' });
  const params = { version: 'aes128gcm', keyid: signer.keyId } as const;
  const keymap = { [signer.keyId]: requestIkm(sealed.exchange) };
  const body = ece.encrypt(Buffer.from('7001,Peer\n'), { ...params, rs: 4096, keymap });
  const { status, headers, bytes } = await send(url, { ...sealed, body });
  const ikm = responseIkm(sealed.exchange, status, headers['content-type'] ?? '');
  const answer = ece.decrypt(bytes, { ...params, keymap: { [signer.keyId]: ikm } });
  const receipt: BatchReceipt = JSON.parse(answer.toString('utf8'));
  assert.deepEqual([status, receipt.inserted, rows('jobs')], [200, 1, 184]);
});

test('http_ece seals a body that was compressed before', async () => {
  const signer = signerOf(token('tables:*:*'));
  const sealed = seal(signer, 'POST', JOBS, { body: '', type: 'text/csv', coding: 'gzip, aes128gcm' });
  const keymap = { [signer.keyId]: requestIkm(sealed.exchange) };
  const lines = Array.from({ length: 1000 }, (_, index) => `${8000 + index},Peer\n`).join('');
  const before = rows('jobs');
  const params = { version: 'aes128gcm', keyid: signer.keyId, rs: 1024, keymap } as const;
  const received = await send(url, { ...sealed, body: ece.encrypt(gzipSync(lines), params) });
  const receipt = open<BatchReceipt>(sealed, received).json;
  assert.deepEqual([receipt.read, receipt.inserted, rows('jobs') - before], [1000, 1000, 1000]);
});

test('the Python client of the examples loads rows and reads them accounted for', async () => {
  const file = join(config.home, 'jobs.csv');
  writeFileSync(file, '7101,Pythonist\n7102,\n');
  const env = { ROWFERRY_KEY: token('tables:*:*') };
  const run = promisify(execFile);
  const { stdout } = await run(PYTHON, [CLIENT, 'POST', `${url}${JOBS}?mode=insert`, file, 'text/csv'], {
    env,
    timeout: 60_000,
  });
  const receipt: BatchReceipt = JSON.parse(stdout);
  assert.deepEqual([receipt.read, receipt.inserted, receipt.rejected], [2, 1, 1], stdout);
  const tables = await run(PYTHON, [CLIENT, 'GET', `${url}/v1/tables`], { env, timeout: 60_000 });
  assert.match(tables.stdout, /hired_employees/);
});
