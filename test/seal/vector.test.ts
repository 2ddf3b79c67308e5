import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requestIkm, responseIkm } from '../../src/seal/exchange.ts';
import { signatureBase, signatureParams } from '../../src/seal/head.ts';
import { openRequestBody, verifyHead } from '../../src/seal/open.ts';
import { sealRequest, sealResponseBody } from '../../src/seal/seal.ts';
import {
  ANSWER,
  CONTENT,
  CREATED,
  HEAD,
  KEY_ID,
  NONCE,
  PROTOCOL,
  SALT,
  SIGN,
  SIGNER,
  VECTOR,
  VECTOR_LIMITS,
} from './vector.ts';

const OPTIONS = { ...SIGN, recordSize: 32, salt: SALT, limits: VECTOR_LIMITS };
const sealed = sealRequest({ ...HEAD, body: CONTENT }, SIGNER, OPTIONS);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test('the vector: keys, base, signature and both initial keys', () => {
  assert.equal(hex(SIGNER.keys.mac), VECTOR.macKey);
  assert.equal(hex(SIGNER.keys.seal), VECTOR.sealKey);
  assert.equal(hex(sealed.exchange.baseHash), VECTOR.baseHash);
  assert.equal(sealed.fields.signature, `seal=:${VECTOR.signature}:`);
  assert.equal(hex(requestIkm(sealed.exchange)), VECTOR.requestIkm);
  assert.equal(hex(responseIkm(sealed.exchange, 200, 'application/json')), VECTOR.responseIkm);
});

test('the vector: the sealed body and the sealed answer', () => {
  assert.equal(hex(sealed.body ?? SALT), hex(VECTOR.body));
  const head = { status: 200, contentType: 'application/json' };
  assert.equal(hex(sealResponseBody(sealed.exchange, head, ANSWER, OPTIONS)), hex(VECTOR.answer));
});

test('the vector: the receiver verifies and opens it', async () => {
  const { signature, 'signature-input': signatureInput } = sealed.fields;
  const verified = await verifyHead({ head: HEAD, signatureInput, signature }, async (keyId) =>
    keyId === KEY_ID ? SIGNER.keys : null,
  );
  assert.deepEqual([verified.created, verified.nonce, verified.hasBody], [CREATED, NONCE, true]);
  assert.deepEqual(openRequestBody(verified, VECTOR.body, VECTOR_LIMITS), CONTENT);
  assert.throws(() => openRequestBody(verified, VECTOR.body), { code: 'seal-body-invalid' });
});

test('docs/protocol.md shows the head and the base of the vector as they are', () => {
  const params = signatureParams(HEAD, { created: CREATED, keyId: KEY_ID, nonce: NONCE });
  const indented = signatureBase(HEAD, params).replaceAll(/^/gm, '    ');
  assert.ok(PROTOCOL.includes(`\n${indented}\n`));
  assert.ok(PROTOCOL.includes(`\n    Signature-Input: ${sealed.fields['signature-input']}\n`));
  assert.ok(PROTOCOL.includes(`\n    Signature: ${sealed.fields.signature}\n`));
});
