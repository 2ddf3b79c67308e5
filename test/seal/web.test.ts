import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { type DerivedKeys, deriveKeys } from '../../src/seal/keys.ts';
import { openRequestBody, verifyHead } from '../../src/seal/open.ts';
import { sealResponseBody, signHead } from '../../src/seal/seal.ts';
import { webOpenResponse, webSealBody, webSigner, webSignHead } from '../../src/seal/web.ts';
import { collect, damages, inChunks } from './bodies.ts';
import { messages } from './messages.ts';
import { CONTENT, HEAD, KEY_ID, SECRET, SIGN, VECTOR } from './vector.ts';

const JSON_200 = { status: 200, contentType: 'application/json', contentEncoding: 'aes128gcm' };

test('WebCrypto signs the vector', async () => {
  const { fields, exchange } = await webSignHead(
    HEAD,
    await webSigner({ keyId: KEY_ID, secret: SECRET }),
    SIGN,
  );
  assert.equal(fields.signature, `seal=:${VECTOR.signature}:`);
  assert.equal(Buffer.from(exchange.baseHash).toString('hex'), VECTOR.baseHash);
});

test('WebCrypto and node:crypto agree on random messages, both ways', async () => {
  for (const { token, head, created, nonce, content, recordSize, salt, answer } of messages(150)) {
    const keys = deriveKeys(token);
    const { fields, exchange } = await webSignHead(head, await webSigner(token), { created, nonce });
    assert.deepEqual(fields, signHead(head, { keyId: token.keyId, keys }, { created, nonce }).fields);
    const received = { head, signatureInput: fields['signature-input'], signature: fields.signature };
    const verified = await verifyHead(received, async (): Promise<DerivedKeys> => keys);
    if (verified.hasBody) {
      const options = { recordSize, salt: new Uint8Array(salt) };
      const body = await collect(webSealBody(exchange, [content], options));
      assert.deepEqual(openRequestBody(verified, body), content);
    }
    const response = { ...answer, contentEncoding: 'aes128gcm' };
    const sealed = sealResponseBody(verified, answer, answer.content);
    assert.deepEqual(await collect(webOpenResponse(exchange, response, [sealed])), answer.content);
  }
});

test('WebCrypto refuses what node:crypto refuses', async () => {
  const { exchange } = await webSignHead(HEAD, await webSigner({ keyId: KEY_ID, secret: SECRET }));
  const keys = deriveKeys({ keyId: KEY_ID, secret: SECRET });
  const answer = { keyId: KEY_ID, sealKey: keys.seal, baseHash: exchange.baseHash };
  const sealed = sealResponseBody(answer, JSON_200, Buffer.alloc(5000, 7), { recordSize: 1024 });
  const open = (body: Uint8Array, response = JSON_200): Promise<Buffer> =>
    collect(webOpenResponse(exchange, response, inChunks(body, 700)));
  assert.equal((await open(sealed)).length, 5000);
  for (const [what, body] of Object.entries(damages(sealed, 1024))) {
    await assert.rejects(open(body), { code: 'answer-invalid' }, what);
  }
  await assert.rejects(open(sealed, { ...JSON_200, status: 201 }), { code: 'answer-invalid' });
  await assert.rejects(open(sealed, { ...JSON_200, contentEncoding: '' }), { code: 'answer-invalid' });
  await assert.rejects(
    webSignHead({ ...HEAD, method: '' }, await webSigner({ keyId: KEY_ID, secret: SECRET })),
    {
      name: 'TypeError',
    },
  );
  assert.notDeepEqual(await collect(webSealBody(exchange, [CONTENT])), CONTENT);
});

test('nothing that the browser’s side imports comes from Node', () => {
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    const imports = [...readFileSync(file, 'utf8').matchAll(/(?:from|import) '([^']+)'/g)].map(
      ([, from = '']) => from,
    );
    for (const from of imports) {
      assert.match(from, /^\.\.?\//, `${file} imports ${from}`);
      visit(join(dirname(file), from));
    }
  };
  visit(join(import.meta.dirname, '../../src/seal/web.ts'));
  assert.ok(seen.size > 5);
});
