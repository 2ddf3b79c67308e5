/** The test vector of docs/protocol.md, and random messages like it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Head } from '../../src/seal/head.ts';
import { deriveKeys } from '../../src/seal/keys.ts';
import type { Signer } from '../../src/seal/seal.ts';

export const PROTOCOL = readFileSync(join(import.meta.dirname, '../../docs/protocol.md'), 'utf8');

/** A value of the page's table. */
function stated(name: string): string {
  const table = PROTOCOL.slice(PROTOCOL.indexOf('\n## Test vector'));
  const row = table.split('\n').find((line) => line.startsWith(`    ${name} `));
  if (row === undefined) throw new Error(`docs/protocol.md states no ${name}`);
  return row.trim().slice(name.length).trim();
}

export const SECRET = stated('secret');
export const KEY_ID = stated('key id');
export const VECTOR = {
  macKey: stated('K_mac'),
  sealKey: stated('K_seal'),
  baseHash: stated('SHA256(base)'),
  signature: stated('Signature'),
  requestIkm: stated('IKM_req'),
  responseIkm: stated('IKM_res'),
  body: Buffer.from(stated('sealed body'), 'base64'),
  answer: Buffer.from(stated('sealed answer'), 'base64'),
};

export const HEAD: Head = {
  method: 'POST',
  path: '/v1/tables/hired_employees/rows',
  query: '?mode=insert',
  contentType: 'text/csv',
  contentEncoding: 'aes128gcm',
  idempotencyKey: '"8e03978e-40d5-43dd-bc93-6894a57f9324"',
};
export const CREATED = 1_750_000_000;
export const NONCE = 'AAECAwQFBgcICQoLDA0ODw';
export const SALT = Uint8Array.from({ length: 16 }, (_, at) => at);
export const CONTENT = Buffer.from('1,Ann\n2,Bob\n3,Eve\n');
export const ANSWER = Buffer.from('{"read":3}');
/** The record size of the vector is smaller than any that is taken on the wire, so that three rows fill two records. */
export const VECTOR_LIMITS = { least: 18, most: 1_048_576 };

export const SIGNER: Signer = { keyId: KEY_ID, keys: deriveKeys({ keyId: KEY_ID, secret: SECRET }) };
export const SIGN = { created: CREATED, nonce: NONCE };

const visible = fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code));
const text = (letter: fc.Arbitrary<string>, minLength: number): fc.Arbitrary<string> =>
  fc.array(letter, { minLength, maxLength: 40 }).map((letters) => letters.join(''));

/** Heads of every form: with and without query, body and Idempotency-Key. */
export const anyHead: fc.Arbitrary<Head> = fc
  .record({
    method: fc.constantFrom('GET', 'POST', 'PATCH', 'PUT', 'DELETE'),
    path: text(
      visible.filter((letter) => !'?#'.includes(letter)),
      0,
    ).map((rest) => `/${rest}`),
    query: fc.oneof(
      fc.constant(''),
      text(
        visible.filter((letter) => letter !== '#'),
        0,
      ).map((rest) => `?${rest}`),
    ),
    hasBody: fc.boolean(),
    contentType: fc.constantFrom('text/csv', 'application/json', 'text/csv; charset=utf-8; header=present'),
    contentEncoding: fc.constantFrom('aes128gcm', 'gzip, aes128gcm'),
    idempotencyKey: fc.option(fc.uuid().map((uuid) => `"${uuid}"`)),
  })
  .map(({ hasBody, contentType, contentEncoding, ...head }) => ({
    ...head,
    contentType: hasBody ? contentType : null,
    contentEncoding: hasBody ? contentEncoding : null,
  }));
