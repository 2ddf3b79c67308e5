import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { readDescriptor } from '../../src/csv/descriptor.ts';
import { resolveDialect } from '../../src/csv/dialect.ts';
import { DIALECT_RULES } from '../../src/csv/dialect-rules.ts';
import { DEFAULT_DIALECT } from '../../src/model/dialect.ts';

const page = await readFile(new URL('../../docs/dialects.md', import.meta.url), 'utf8');
const section = page.split(/^## /m).find((each) => each.startsWith('The properties')) ?? '';

/** The cells of the table of properties; a pipe within one is escaped. */
const rows = [...section.matchAll(/^\| `(\w+)` \|(.*)\|$/gm)].map(([, name = '', cells = '']) => {
  const [byDefault = '', , examples = ''] = cells.split(/(?<!\\)\|/);
  return { name, byDefault, examples: examples.replaceAll('\\|', '|') };
});
const codes = (text: string): unknown[] =>
  [...text.matchAll(/`([^`]+)`/g)].map(([, json = '']) => JSON.parse(json));

test('the page lists every property, in their order, with its default', () => {
  assert.deepEqual(
    rows.map(({ name }) => name),
    Object.keys(DIALECT_RULES),
  );
  for (const { name, byDefault } of rows) {
    assert.deepEqual(codes(byDefault)[0], Reflect.get(DEFAULT_DIALECT, name), name);
  }
});

test('every example of the page is a dialect that can be declared', () => {
  for (const { name, examples } of rows) {
    assert.notEqual(examples.trim(), '', name);
    for (const example of codes(examples)) {
      assert.ok(Object.hasOwn(readDescriptor(example), name), name);
      resolveDialect(readDescriptor(example));
    }
  }
  const blocks = [...page.matchAll(/```json\n(.*)\n```/g)].map(([, json = '']) => JSON.parse(json));
  assert.equal(blocks.length, 3);
  const [kept, ...descriptors] = blocks;
  for (const dialect of [...Object.values(kept.dialects), ...descriptors])
    resolveDialect(readDescriptor(dialect));
});
