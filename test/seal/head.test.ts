import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  faultOf,
  formatSignatureInput,
  type Head,
  parseSignature,
  parseSignatureInput,
  signatureBase,
  signatureParams,
} from '../../src/seal/head.ts';
import { anyHead, CREATED, HEAD, KEY_ID, NONCE, VECTOR } from './vector.ts';

const PARAMETERS = { created: CREATED, keyId: KEY_ID, nonce: NONCE };
const INPUT = formatSignatureInput(signatureParams(HEAD, PARAMETERS));
const BARE: Head = { ...HEAD, contentType: null, contentEncoding: null, idempotencyKey: null };

test('any head is read back as it was signed', () => {
  fc.assert(
    fc.property(anyHead, fc.nat(), (head, created) => {
      assert.equal(faultOf(head), null);
      const field = formatSignatureInput(signatureParams(head, { ...PARAMETERS, created }));
      assert.deepEqual(parseSignatureInput(head, field), { ...PARAMETERS, created });
    }),
  );
});

test('two heads that differ anywhere have different bases', () => {
  fc.assert(
    fc.property(anyHead, anyHead, (one, other) => {
      const bases = [one, other].map((head) => signatureBase(head, signatureParams(head, PARAMETERS)));
      const query = (head: Head): Head => ({ ...head, query: head.query || '?' });
      const same = JSON.stringify(query(one)) === JSON.stringify(query(other));
      assert.equal(bases[0] === bases[1], same);
    }),
  );
});

test('components that are not there are left out, and an absent query is a question mark', () => {
  const params = signatureParams({ ...BARE, query: '' }, PARAMETERS);
  assert.match(params, /^\("@method" "@path" "@query"\);created=/);
  assert.match(signatureBase({ ...BARE, query: '' }, params), /^"@query": \?$/m);
});

test('Signature-Input of any other form is refused', () => {
  assert.deepEqual(parseSignatureInput(HEAD, INPUT), PARAMETERS);
  const [list = '', created = '', keyId = '', nonce = '', alg = '', tag = ''] = INPUT.split(';');
  const others: Readonly<Record<string, string>> = {
    'a space': INPUT.replace(';created', '; created'),
    'a space in front': ` ${INPUT}`,
    'a space after': `${INPUT} `,
    'another label': INPUT.replace('seal=', 'sig1='),
    'another alg': INPUT.replace('hmac-sha256', 'hmac-sha512'),
    'another tag': INPUT.replace('seal-1', 'seal-2'),
    'no tag': [list, created, keyId, nonce, alg].join(';'),
    'another order': [list, keyId, created, nonce, alg, tag].join(';'),
    'one more parameter': `${INPUT};expires=1`,
    'the same parameter twice': [list, created, created, keyId, nonce, alg, tag].join(';'),
    'a second signature': `${INPUT}, ${INPUT}`,
    'one component less': INPUT.replace(' "idempotency-key"', ''),
    'one component more': INPUT.replace('("', '("@authority" "'),
    'components in another order': INPUT.replace('"@method" "@path"', '"@path" "@method"'),
    'a component with a parameter': INPUT.replace('"@path"', '"@path";req'),
    'created with a fraction': INPUT.replace(`${CREATED}`, `${CREATED}.0`),
    'created below zero': INPUT.replace(`${CREATED}`, '-1'),
    'created with a zero in front': INPUT.replace(`${CREATED}`, `0${CREATED}`),
    'created of 16 digits': INPUT.replace(`${CREATED}`, '1'.repeat(16)),
    'a short key id': INPUT.replace(KEY_ID, KEY_ID.slice(1)),
    'a short nonce': INPUT.replace(NONCE, NONCE.slice(0, 15)),
    'a long nonce': INPUT.replace(NONCE, 'A'.repeat(65)),
    'an escape': INPUT.replace(NONCE, `\\"${NONCE}`),
    'a line end': `${INPUT}\n`,
    nothing: '',
  };
  for (const [what, field] of Object.entries(others)) {
    assert.notEqual(field, INPUT, what);
    assert.equal(parseSignatureInput(HEAD, field), null, what);
  }
  assert.equal(parseSignatureInput(BARE, INPUT), null);
});

test('Signature of any other form is refused', () => {
  assert.equal(parseSignature(`seal=:${VECTOR.signature}:`), VECTOR.signature);
  const short = Buffer.alloc(31).toString('base64');
  const long = Buffer.alloc(33).toString('base64');
  // The last digit of 32 bytes has two bits that stand for nothing.
  const loose = VECTOR.signature.replace(/U=$/, 'V=');
  for (const mac of ['', short, long, loose, VECTOR.signature.replace('=', ''), ` ${VECTOR.signature}`]) {
    assert.equal(parseSignature(`seal=:${mac}:`), null, mac);
  }
  for (const field of [`sig=:${VECTOR.signature}:`, VECTOR.signature, `seal=:${VECTOR.signature}:, a=1`]) {
    assert.equal(parseSignature(field), null, field);
  }
});

test('a head that could be read in two ways is not signed', () => {
  const faults: ReadonlyArray<readonly [string, Partial<Head>]> = [
    ['method', { method: 'POST\n' }],
    ['method', { method: 'post' }],
    ['path', { path: 'http://host/v1' }],
    ['path', { path: '' }],
    ['path', { path: '/a b' }],
    ['path', { path: '/é' }],
    ['query', { path: '/v1?mode=insert' }],
    ['query', { query: 'mode=insert' }],
    ['contentType', { contentType: 'text/csv\n"@path": /' }],
    ['contentType', { contentType: ' text/csv' }],
    ['contentType', { contentType: '' }],
    ['idempotencyKey', { idempotencyKey: '"a"\r' }],
    ['content encoding', { contentEncoding: null }],
    ['content type', { contentType: null }],
    ['content encoding', { contentEncoding: 'gzip' }],
    ['content encoding', { contentEncoding: 'gzip,aes128gcm' }],
    ['content encoding', { contentEncoding: 'aes128gcm, gzip' }],
  ];
  assert.equal(faultOf(HEAD), null);
  for (const [what, change] of faults) {
    assert.match(faultOf({ ...HEAD, ...change }) ?? '', new RegExp(what), JSON.stringify(change));
  }
  assert.throws(() => signatureParams(HEAD, { ...PARAMETERS, nonce: 'short' }), TypeError);
  assert.throws(() => signatureParams(HEAD, { ...PARAMETERS, keyId: 'a"b' }), TypeError);
  assert.throws(() => signatureParams(HEAD, { ...PARAMETERS, created: 1.5 }), TypeError);
});
