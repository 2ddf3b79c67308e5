/** Other programs agree with the seal: http_ece, http-message-signatures, openssl. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import ece from 'http_ece';
import { httpbis } from 'http-message-signatures';
import { openBody, sealBody } from '../../src/seal/ece.ts';
import { requestIkm, responseIkm } from '../../src/seal/exchange.ts';
import type { Head } from '../../src/seal/head.ts';
import { deriveKeys } from '../../src/seal/keys.ts';
import { requestInfo, responseInfo } from '../../src/seal/schedule.ts';
import { type Signer, signHead } from '../../src/seal/seal.ts';
import { messages } from '../seal/messages.ts';
import { CONTENT, CREATED, HEAD, KEY_ID, NONCE, SALT, SECRET, SIGN, SIGNER, VECTOR } from '../seal/vector.ts';

const MESSAGES = messages(1000);
const PARAMS = ['created', 'keyid', 'nonce', 'alg', 'tag'];
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function fieldsOf(head: Head): Record<string, string> {
  const { contentType, contentEncoding, idempotencyKey } = head;
  return {
    ...(contentType === null ? {} : { 'content-type': contentType }),
    ...(contentEncoding === null ? {} : { 'content-encoding': contentEncoding }),
    ...(idempotencyKey === null ? {} : { 'idempotency-key': idempotencyKey }),
  };
}

/** Signature-Input and Signature as http-message-signatures makes them. */
async function peerSigns(head: Head, { keyId, keys }: Signer, created: number, nonce: string) {
  const headers = fieldsOf(head);
  const { headers: signed } = await httpbis.signMessage(
    {
      key: { id: keyId, alg: 'hmac-sha256', sign: async (data) => hmac(keys.mac, data) },
      name: 'seal',
      params: PARAMS,
      fields: ['@method', '@path', '@query', ...Object.keys(headers)],
      paramValues: { created: new Date(created * 1000), nonce, tag: 'rowferry-seal-1' },
    },
    { method: head.method, url: `http://host${head.path}${head.query}`, headers },
  );
  return { 'signature-input': signed['Signature-Input'], signature: signed.Signature };
}

const hmac = (key: Buffer, data: Buffer): Buffer => createHmac('sha256', key).update(data).digest();

test('http-message-signatures signs the vector and 1,000 random heads as we do', async () => {
  assert.deepEqual(await peerSigns(HEAD, SIGNER, CREATED, NONCE), signHead(HEAD, SIGNER, SIGN).fields);
  for (const { head, token, created, nonce } of MESSAGES) {
    const signer = { keyId: token.keyId, keys: deriveKeys(token) };
    const { fields } = signHead(head, signer, { created, nonce });
    assert.deepEqual(await peerSigns(head, signer, created, nonce), fields);
  }
});

test('http-message-signatures verifies what we sign, and not for another head', async () => {
  const { fields } = signHead(HEAD, SIGNER, SIGN);
  const verifies = (head: Head): Promise<boolean | null> =>
    httpbis.verifyMessage(
      {
        keyLookup: async () => ({
          id: KEY_ID,
          verify: async (data, mac) => hmac(SIGNER.keys.mac, data).equals(mac),
        }),
      },
      {
        method: head.method,
        url: `http://host${head.path}${head.query}`,
        headers: { ...fieldsOf(head), ...fields },
      },
    );
  assert.equal(await verifies(HEAD), true);
  assert.equal(await verifies({ ...HEAD, query: '?mode=upsert' }), false);
});

test('http_ece opens the vector and seals it to the same bytes', () => {
  const keymap = { [KEY_ID]: Buffer.from(VECTOR.requestIkm, 'hex') };
  assert.deepEqual(ece.decrypt(VECTOR.body, { version: 'aes128gcm', keymap }), CONTENT);
  const params = { version: 'aes128gcm', keyid: KEY_ID, salt: Buffer.from(SALT), rs: 32, keymap } as const;
  assert.deepEqual(ece.encrypt(CONTENT, params), VECTOR.body);
});

test('http_ece agrees on 1,000 random bodies, padded ones too', () => {
  for (const [index, { head, token, content, salt, recordSize, created, nonce }] of MESSAGES.entries()) {
    const { exchange } = signHead(head, { keyId: token.keyId, keys: deriveKeys(token) }, { created, nonce });
    const ikm = requestIkm(exchange);
    const params = { version: 'aes128gcm', keyid: token.keyId, salt, rs: recordSize } as const;
    const keymap = { [token.keyId]: ikm };
    const ours = sealBody(content, ikm, token.keyId, { recordSize, salt });
    assert.deepEqual(ece.encrypt(content, { ...params, keymap }), ours);
    assert.deepEqual(ece.decrypt(ours, { version: 'aes128gcm', keymap }), content);
    const padded = ece.encrypt(content, { ...params, keymap, pad: index });
    assert.deepEqual(openBody(padded, ikm, token.keyId), content);
  }
});

function opensslHkdf(ikm: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): string {
  const output = execFileSync('openssl', [
    'kdf',
    ...['-keylen', String(length), '-kdfopt', 'digest:SHA2-256', '-kdfopt', `hexkey:${hex(ikm)}`],
    // openssl takes no empty option: RFC 5869, 2.2 says that no salt is HashLen zeros.
    ...['-kdfopt', `hexsalt:${salt.length === 0 ? '00'.repeat(32) : hex(salt)}`],
    ...['-kdfopt', `hexinfo:${hex(info)}`, 'HKDF'],
  ]);
  return output.toString().trim().replaceAll(':', '').toLowerCase();
}

test('openssl kdf derives the keys of the vector and of random messages', () => {
  const ascii = (text: string): Buffer => Buffer.from(text, 'ascii');
  const okm = opensslHkdf(ascii(SECRET), ascii(KEY_ID), ascii('rowferry-seal-1 keys'), 64);
  assert.equal(okm, VECTOR.macKey + VECTOR.sealKey);
  const sealKey = Buffer.from(VECTOR.sealKey, 'hex');
  const hash = Buffer.from(VECTOR.baseHash, 'hex');
  const none = ascii('');
  assert.equal(opensslHkdf(sealKey, none, requestInfo(hash), 32), VECTOR.requestIkm);
  assert.equal(
    opensslHkdf(sealKey, none, responseInfo(hash, 200, 'application/json'), 32),
    VECTOR.responseIkm,
  );
  for (const { token, head, answer } of MESSAGES.slice(0, 20)) {
    const { exchange } = signHead(head, { keyId: token.keyId, keys: deriveKeys(token) });
    const info = responseInfo(exchange.baseHash, answer.status, answer.contentType);
    assert.equal(
      opensslHkdf(exchange.sealKey, none, info, 32),
      hex(responseIkm(exchange, answer.status, answer.contentType)),
    );
  }
});
