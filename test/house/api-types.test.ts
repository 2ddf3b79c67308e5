import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeApiTypes, operationsOf, typeOf } from '../../scripts/api-types.ts';
import { ROOT } from './source.ts';

test('the types of the client are those of the server’s OpenAPI document', async () => {
  for (const [path, text] of await makeApiTypes()) {
    const found = readFileSync(join(ROOT, path), 'utf8');
    assert.equal(found, text, `${path} is not up to date: node_modules/.bin/node scripts/api-types.ts`);
  }
});

test('schemas become types, and what is not known is an error', () => {
  assert.equal(typeOf({ $ref: '#/components/schemas/Load' }), "Schemas['Load']");
  assert.equal(typeOf({ anyOf: [{ type: 'integer' }, { type: 'null' }] }), 'number | null');
  assert.equal(typeOf({ enum: ['a', 'b', 1] }), "'a' | 'b' | 1");
  assert.equal(typeOf({ const: 'utf-8' }), "'utf-8'");
  assert.equal(typeOf({ type: 'array', items: { type: 'string' } }), 'ReadonlyArray<string>');
  assert.equal(
    typeOf({ type: 'object', patternProperties: { '^.*$': { type: 'boolean' } } }),
    'Readonly<Record<string, boolean>>',
  );
  assert.equal(
    typeOf({ type: 'object', required: ['a'], properties: { a: {}, 'b-c': { type: 'number' } } }),
    "{readonly a: unknown;\nreadonly 'b-c'?: number;\n}",
  );
  assert.throws(() => typeOf({ type: 'string-ish' }), /does not know the schema/);
});

test('an operation without parameters takes never, not an object that anything fits', () => {
  const text = operationsOf({
    components: { schemas: {} },
    paths: {
      '/v1/x/{id}': {
        get: {
          parameters: [
            { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
            { name: 'limit', in: 'query', schema: { type: 'string' } },
            { name: 'signature', in: 'header', schema: { type: 'string' } },
          ],
          responses: { 200: { content: { 'text/csv': { schema: { type: 'string' } } } } },
        },
      },
    },
  });
  assert.match(text, /'GET \/v1\/x\/\{id\}': \{/);
  assert.match(text, /path: \{readonly id: string;\n\};\nreadonly query: \{readonly limit\?: string;\n\};/);
  assert.match(text, /readonly bodies: never;\nreadonly answer: string;/);
  assert.doesNotMatch(text, /signature/);
});
