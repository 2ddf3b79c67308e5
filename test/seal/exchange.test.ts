import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import {
  formatSignature,
  formatSignatureInput,
  type Head,
  signatureBase,
  signatureParams,
} from '../../src/seal/head.ts';
import { type DerivedKeys, deriveKeys, makeToken } from '../../src/seal/keys.ts';
import { NonceStore } from '../../src/seal/nonces.ts';
import {
  checkFresh,
  openRequestBody,
  openRequestStream,
  openResponseBody,
  openResponseStream,
  type VerifiedHead,
  verifyHead,
} from '../../src/seal/open.ts';
import {
  sealRequest,
  sealRequestStream,
  sealResponseBody,
  sealResponseLive,
  sealResponseStream,
  signHead,
} from '../../src/seal/seal.ts';
import { signBase } from '../../src/seal/signature.ts';
import { collect, damages, inChunks } from './bodies.ts';
import { anyHead, CONTENT, CREATED, HEAD, KEY_ID, NONCE, SIGN, SIGNER } from './vector.ts';

const INVALID = { code: 'seal-invalid', message: 'the seal of this request is not valid' };
const BODY_INVALID = { code: 'seal-body-invalid', message: 'the sealed body cannot be opened' };
const ANSWER_INVALID = {
  code: 'answer-invalid',
  message: 'the answer is not sealed as the answer to this request',
};
const JSON_200 = { status: 200, contentType: 'application/json', contentEncoding: 'aes128gcm' };
const lookup = async (keyId: string): Promise<DerivedKeys | null> => (keyId === KEY_ID ? SIGNER.keys : null);

interface Fields {
  readonly 'signature-input': string;
  readonly signature: string;
}
const verify = (head: Head, fields: Fields): Promise<VerifiedHead> =>
  verifyHead({ head, signatureInput: fields['signature-input'], signature: fields.signature }, lookup);
const sealed = sealRequest({ ...HEAD, body: CONTENT }, SIGNER, SIGN);
const SEALED_BODY = sealed.body ?? Buffer.of();

test('any request is opened to what was sealed, and its answer as well', async () => {
  const any = fc.asyncProperty(
    anyHead,
    fc.uint8Array({ maxLength: 3000 }),
    fc.integer({ min: 200, max: 599 }),
    async (head, content, status) => {
      const body = head.contentType === null ? null : Buffer.from(content);
      const request = sealRequest({ ...head, body }, SIGNER);
      const verified = await verify(head, request.fields);
      assert.deepEqual(openRequestBody(verified, request.body ?? Buffer.of()), body);
      const response = { ...JSON_200, status };
      const answer = sealResponseBody(verified, response, content);
      assert.deepEqual(openResponseBody(request.exchange, response, answer), Buffer.from(content));
    },
  );
  await fc.assert(any, { numRuns: 200 });
});

test('every request has a nonce and a salt of its own', () => {
  const [one, other] = [sealRequest({ ...HEAD, body: CONTENT }, SIGNER), sealed];
  assert.notDeepEqual(one.body, other.body);
  assert.notEqual(signHead(HEAD, SIGNER).fields['signature-input'], one.fields['signature-input']);
});

test('a head moved to another method, path, query, type, coding, Idempotency-Key or key is refused', async () => {
  const { keyId } = makeToken();
  const moved: ReadonlyArray<readonly [Partial<Head>, Fields]> = [
    [{ method: 'PUT' }, sealed.fields],
    [{ path: '/v1/tables/departments/rows' }, sealed.fields],
    [{ path: `${HEAD.path}/` }, sealed.fields],
    [{ path: '/v1/tables/hired%5Femployees/rows' }, sealed.fields],
    [{ query: '?mode=upsert' }, sealed.fields],
    [{ query: '' }, sealed.fields],
    [{ contentType: 'application/json' }, sealed.fields],
    [{ contentEncoding: 'gzip, aes128gcm' }, sealed.fields],
    [{ idempotencyKey: '"another-key-of-this-client"' }, sealed.fields],
    [{ idempotencyKey: null }, sealed.fields],
    [{ contentType: null, contentEncoding: null }, sealed.fields],
    [{}, { ...sealed.fields, 'signature-input': sealed.fields['signature-input'].replace(KEY_ID, keyId) }],
    [{}, signHead(HEAD, { keyId: KEY_ID, keys: deriveKeys({ keyId: KEY_ID, secret: 'x' }) }, SIGN).fields],
  ];
  assert.equal((await verify(HEAD, sealed.fields)).keyId, KEY_ID);
  for (const [change, fields] of moved) {
    await assert.rejects(verify({ ...HEAD, ...change }, fields), INVALID, JSON.stringify(change));
  }
});

test('a head of another form is refused, also where its MAC is right', async () => {
  const odd: Head = { ...HEAD, contentEncoding: 'gzip' };
  const params = signatureParams(odd, { created: CREATED, keyId: KEY_ID, nonce: NONCE });
  const { mac } = signBase(signatureBase(odd, params), SIGNER.keys);
  const fields = { 'signature-input': formatSignatureInput(params), signature: formatSignature(mac) };
  await assert.rejects(verify(odd, fields), INVALID);
  assert.throws(() => signHead(odd, SIGNER), TypeError);
});

test('a flipped bit anywhere in the two fields is refused', async () => {
  const flip = (text: string, at: number, bit: number): string =>
    text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ (1 << bit)) + text.slice(at + 1);
  for (const name of ['signature-input', 'signature'] as const) {
    for (let at = 0; at < sealed.fields[name].length; at += 1) {
      for (let bit = 0; bit < 8; bit += 1) {
        const fields = { ...sealed.fields, [name]: flip(sealed.fields[name], at, bit) };
        await assert.rejects(verify(HEAD, fields), INVALID, `${name} ${at} ${bit}`);
      }
    }
  }
});

test('an unknown key is as much work as a wrong MAC', async () => {
  const unknown = signHead(HEAD, { ...SIGNER, keyId: 'nobodyKnows0' }, SIGN).fields;
  const wrong = { ...sealed.fields, signature: sealed.fields.signature.replace('=:a', '=:b') };
  const spent: Record<'unknown' | 'wrong', number[]> = { unknown: [], wrong: [] };
  const measure = async (name: 'unknown' | 'wrong', fields: Fields): Promise<void> => {
    const start = process.hrtime.bigint();
    await assert.rejects(verify(HEAD, fields), INVALID);
    spent[name].push(Number(process.hrtime.bigint() - start));
  };
  for (let round = 0; round < 1500; round += 1) {
    await measure('unknown', unknown);
    await measure('wrong', wrong);
  }
  const median = (times: number[]): number => times.sort((a, b) => a - b)[times.length >> 1] ?? 0;
  const ratio = median(spent.unknown) / median(spent.wrong);
  assert.ok(ratio > 0.9 && ratio < 1.1, `medians differ by ${ratio}`);
});

test('a head signed 300 s ago or ahead is fresh, 301 s is stale', async () => {
  const head = await verify(HEAD, sealed.fields);
  const at = (offset: number): void => checkFresh(head, new NonceStore(), (CREATED + offset) * 1000 + 999);
  at(300);
  at(-300);
  assert.throws(() => at(301), { code: 'seal-stale' });
  assert.throws(() => at(-301), { code: 'seal-stale' });
});

test('the same head twice is a replay; a stale one takes no room in the store; a full store says so', async () => {
  const head = await verify(HEAD, sealed.fields);
  const nonces = new NonceStore({ capacity: 1 });
  assert.throws(() => checkFresh(head, nonces, 0), { code: 'seal-stale' });
  checkFresh(head, nonces, CREATED * 1000);
  assert.throws(() => checkFresh(head, nonces, CREATED * 1000), { code: 'seal-replayed' });
  const next = { ...head, nonce: 'AnotherNonceOfThisKey' };
  assert.throws(() => checkFresh(next, nonces, CREATED * 1000), {
    code: 'overloaded',
    retryAfterSeconds: 30,
  });
});

test('a body fits no other head, and a request without a body has none', async () => {
  const other = { ...HEAD, query: '?mode=upsert' };
  const verified = await verify(other, signHead(other, SIGNER, SIGN).fields);
  assert.throws(() => openRequestBody(verified, SEALED_BODY), BODY_INVALID);
  const bare = { ...HEAD, contentType: null, contentEncoding: null };
  const bodiless = await verify(bare, signHead(bare, SIGNER, SIGN).fields);
  assert.equal(openRequestBody(bodiless, Buffer.of()), null);
  assert.throws(() => openRequestBody(bodiless, SEALED_BODY), BODY_INVALID);
  assert.throws(() => sealRequest({ ...bare, body: CONTENT }, SIGNER), TypeError);
  assert.throws(() => sealRequest({ ...HEAD, body: null }, SIGNER), TypeError);
});

test('a compressed body stays compressed until its receiver decompresses it', async () => {
  const head = { ...HEAD, contentEncoding: 'gzip, aes128gcm' };
  const request = sealRequest({ ...head, body: gzipSync(CONTENT) }, SIGNER);
  const opened = openRequestBody(await verify(head, request.fields), request.body ?? Buffer.of());
  assert.deepEqual(gunzipSync(opened ?? Buffer.of()), CONTENT);
});

test('a client refuses an answer of another request, status, type or coding, and an unsealed one', () => {
  const { exchange } = sealed;
  const answer = sealResponseBody(exchange, JSON_200, CONTENT);
  assert.deepEqual(openResponseBody(exchange, JSON_200, answer), CONTENT);
  const other = sealRequest({ ...HEAD, body: CONTENT }, SIGNER).exchange;
  assert.throws(() => openResponseBody(other, JSON_200, answer), ANSWER_INVALID);
  const changes = [
    { status: 201 },
    { status: 409 },
    { contentType: 'application/json; charset=utf-8' },
    { contentType: 'application/problem+json' },
    { contentEncoding: null },
    { contentEncoding: 'gzip, aes128gcm' },
  ];
  for (const change of changes) {
    const received = { ...JSON_200, ...change };
    assert.throws(() => openResponseBody(exchange, received, answer), ANSWER_INVALID, JSON.stringify(change));
  }
  assert.throws(() => openResponseBody(exchange, JSON_200, CONTENT), ANSWER_INVALID);
  assert.throws(() => openResponseBody(exchange, JSON_200, SEALED_BODY), ANSWER_INVALID);
});

test('streams of requests and answers of several records come through, and damaged ones do not', async () => {
  const content = randomBytes(5 * 1024 * 1024 + 3);
  const verified = await verify(HEAD, sealed.fields);
  const upload = await collect(sealRequestStream(sealed.exchange, inChunks(content, 65_536)));
  assert.ok((await collect(openRequestStream(verified, inChunks(upload, 64_000)))).equals(content));
  const download = await collect(sealResponseStream(verified, JSON_200, inChunks(content, 65_536)));
  const opened = openResponseStream(sealed.exchange, JSON_200, inChunks(download, 64_000));
  assert.ok((await collect(opened)).equals(content));
  for (const [what, body] of Object.entries(damages(download, 1_048_576))) {
    const received = openResponseStream(sealed.exchange, JSON_200, [body]);
    await assert.rejects(collect(received), ANSWER_INVALID, what);
  }
  for (const [what, body] of Object.entries(damages(upload, 1_048_576))) {
    await assert.rejects(collect(openRequestStream(verified, [body])), BODY_INVALID, what);
  }
});

test('events arrive one by one, and a cut connection is not taken for a forged answer', async () => {
  const events = ['data: 1\n\n', 'data: 2\n\n'].map((text) => Buffer.from(text));
  const head = { ...JSON_200, contentType: 'text/event-stream' };
  const cut = async function* () {
    yield* sealResponseLive(sealed.exchange, head, events);
    throw new Error('cut');
  };
  const received = openResponseStream(sealed.exchange, head, cut());
  assert.deepEqual((await received.next()).value?.toString(), 'data: 1\n\n');
  assert.deepEqual((await received.next()).value?.toString(), 'data: 2\n\n');
  await assert.rejects(received.next(), /^Error: cut$/);
});
