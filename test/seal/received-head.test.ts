import assert from 'node:assert/strict';
import { test } from 'node:test';
import { receiveHead, splitTarget } from '../../src/seal/received-head.ts';
import { signHead } from '../../src/seal/seal.ts';
import { HEAD, SIGN, SIGNER } from './vector.ts';

const { fields } = signHead(HEAD, SIGNER, SIGN);
const RAW = [
  ...['Host', 'localhost', 'Content-Type', 'text/csv', 'Content-Encoding', 'aes128gcm'],
  ...['Content-Length', '86', 'Idempotency-Key', HEAD.idempotencyKey ?? ''],
  ...['Signature-Input', fields['signature-input'], 'Signature', fields.signature],
];
const receive = (rawHeaders: readonly string[], target = HEAD.path + HEAD.query) =>
  receiveHead({ method: 'POST', target, rawHeaders });

/** The headers without one of them. */
function without(name: string): string[] {
  const pairs = Array.from({ length: RAW.length / 2 }, (_, at) => RAW.slice(2 * at, 2 * at + 2));
  return pairs.filter(([found]) => found !== name).flat();
}

test('the head of a request is received as it was signed, whatever the case of the names', () => {
  const expected = {
    head: HEAD,
    signatureInput: fields['signature-input'],
    signature: fields.signature,
  };
  assert.deepEqual(receive(RAW), expected);
  const lower = RAW.map((text, at) => (at % 2 === 0 ? text.toLowerCase() : text));
  assert.deepEqual(receive(lower), expected);
});

test('a request without a signature is not a sealed one, and half a signature is invalid', () => {
  assert.equal(receive(['Host', 'localhost', 'Authorization', 'Bearer x']), null);
  assert.throws(() => receive(without('Signature')), { code: 'seal-invalid' });
  assert.throws(() => receive(without('Signature-Input')), { code: 'seal-invalid' });
});

test('a body that is not announced as sealed is invalid; a length of 0 announces none', () => {
  assert.throws(() => receive(without('Content-Encoding')), { code: 'seal-invalid' });
  const bodiless = ['Signature-Input', fields['signature-input'], 'Signature', fields.signature];
  assert.throws(() => receive([...bodiless, 'Transfer-Encoding', 'chunked']), { code: 'seal-invalid' });
  assert.throws(() => receive([...bodiless, 'Content-Length', '1']), { code: 'seal-invalid' });
  assert.equal(receive([...bodiless, 'Content-Length', '0'])?.head.contentEncoding, null);
});

test('a header that counts and comes twice is refused, signed or not', () => {
  for (const name of [
    'Content-Type',
    'Content-Encoding',
    'Idempotency-Key',
    'Signature',
    'Signature-Input',
  ]) {
    const value = RAW[RAW.indexOf(name) + 1] ?? '';
    const expected = { code: 'bad-request', detail: `the header ${name.toLowerCase()} came twice` };
    assert.throws(() => receive([...RAW, name.toUpperCase(), value]), expected);
  }
  const twice = ['Authorization', 'Bearer a', 'authorization', 'Bearer b'];
  assert.throws(() => receive(twice), { code: 'bad-request' });
  assert.notEqual(receive([...RAW, 'Accept', 'a', 'Accept', 'b']), null);
});

test('a target is cut at its first question mark', () => {
  assert.deepEqual(splitTarget('/a?b?c'), { path: '/a', query: '?b?c' });
  assert.deepEqual(splitTarget('/a?'), { path: '/a', query: '?' });
  assert.deepEqual(splitTarget('/a%3Fb'), { path: '/a%3Fb', query: '' });
});
