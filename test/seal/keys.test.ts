import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { toBase62 } from '../../src/lib/base62.ts';
import {
  deriveKeys,
  deriveManifestKey,
  equalKeys,
  makeToken,
  unwrapKeys,
  wrapKeys,
} from '../../src/seal/keys.ts';
import { formatToken, parseToken } from '../../src/seal/token.ts';

const VECTOR = { keyId: '7Hq2mB9xT4cD', secret: '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg' };
const KEK = createHash('sha256').update('key-encryption key of the tests').digest();

test('keys are derived as the wire contract’s test vector says', () => {
  const { mac, seal } = deriveKeys(VECTOR);
  assert.equal(mac.toString('hex'), 'a7ae13affa3a86c82d391063beab3f6121d2cf542e53266283ed51b0852df2b1');
  assert.equal(seal.toString('hex'), 'e1017cc6a2ea8c0da5f0c3819eb22b39c79ec937ca70f4f24628784a0041a040');
});

test('a new token has the shape of the contract and parses to what it was made of', () => {
  const { token, keyId, secret } = makeToken();
  assert.match(token, /^rfk_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$/);
  assert.deepEqual(parseToken(token), { keyId, secret });
  assert.notEqual(makeToken().token, token);
});

test('a typing error anywhere in a token is found by its checksum', () => {
  const token = formatToken(VECTOR);
  fc.assert(
    fc.property(fc.nat(token.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (at, letter) => {
      fc.pre(token[at] !== letter);
      assert.equal(parseToken(token.slice(0, at) + letter + token.slice(at + 1)), null);
    }),
  );
  for (const wrong of ['', 'rfk_', token.slice(0, -1), `${token}0`, ` ${token}`, `${token}\n`]) {
    assert.equal(parseToken(wrong), null, JSON.stringify(wrong));
  }
});

test('base 62 keeps its width and its order', () => {
  assert.equal(toBase62(0, 6), '000000');
  assert.equal(toBase62(61, 2), '0z');
  assert.equal(toBase62(62, 2), '10');
  assert.equal(toBase62(0xffff_ffff, 6), '4gfFC3');
});

test('wrapped keys come back under the same key-encryption key and id only', () => {
  const keys = deriveKeys(VECTOR);
  const blob = wrapKeys(keys, VECTOR.keyId, KEK);
  const back = unwrapKeys(blob, VECTOR.keyId, KEK);
  assert.ok(back !== null && equalKeys(keys, back));
  assert.equal(unwrapKeys(blob, 'AAAAAAAAAAAA', KEK), null, 'another id');
  assert.equal(unwrapKeys(blob, VECTOR.keyId, Buffer.alloc(32)), null, 'another key-encryption key');
  assert.notDeepEqual(wrapKeys(keys, VECTOR.keyId, KEK), blob, 'a new nonce each time');
});

test('a wrapped blob with any bit flipped or any byte cut off is refused', () => {
  const blob = wrapKeys(deriveKeys(VECTOR), VECTOR.keyId, KEK);
  for (let bit = 0; bit < blob.length * 8; bit += 1) {
    const changed = Buffer.from(blob);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assert.equal(unwrapKeys(changed, VECTOR.keyId, KEK), null, `bit ${bit}`);
  }
  for (let length = 0; length < blob.length; length += 1) {
    assert.equal(unwrapKeys(blob.subarray(0, length), VECTOR.keyId, KEK), null, `length ${length}`);
  }
});

test('equalKeys compares both halves', () => {
  const one = deriveKeys(VECTOR);
  assert.ok(!equalKeys(one, { ...one, mac: Buffer.alloc(32) }));
  assert.ok(!equalKeys(one, { ...one, seal: Buffer.alloc(32) }));
});

test('the manifest key is not the key-encryption key', () => {
  assert.equal(deriveManifestKey(KEK).length, 32);
  assert.notDeepEqual(deriveManifestKey(KEK), KEK);
});
