import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolveDialect } from '../../../src/csv/dialect.ts';
import { cutPlace, partSize } from '../../../src/csv/general/cut.ts';
import { readHead } from '../../../src/csv/general/head.ts';
import type { Dialect } from '../../../src/model/dialect.ts';
import { encoded, text } from './reading.ts';

function head(content: string | Uint8Array<ArrayBuffer>, dialect: Partial<Dialect> = {}, last = true) {
  const bytes = typeof content === 'string' ? text(content) : content;
  const found = readHead(bytes, resolveDialect(dialect), last);
  return found === null ? null : { ...found, dialect: undefined, encoding: found.dialect.encoding };
}

test('names, and where the records begin', () => {
  const found = head('\uFEFFid,name\r\n1,a\n');
  assert.deepEqual(found?.names, ['id', 'name']);
  assert.deepEqual(found?.first, { byte: 3, line: 0, rows: 0 });
  assert.deepEqual(found?.data, { byte: 12, line: 1, rows: 1 });
});

test('lines before the header are whatever they are; names of several rows are joined, empty parts left out', () => {
  const dialect: Partial<Dialect> = { skipRows: 2, headerRows: [1, 3], commentChar: '#' };
  const content = 'a "b\r\n\r\n# c\n\ngross,,net\nunits\nEUR,day,EUR,x\n1,2,3\n';
  const found = head(content, dialect);
  assert.deepEqual(found?.names, ['gross EUR', 'day', 'net EUR', 'x']);
  assert.deepEqual(found?.data, { byte: content.indexOf('1,2'), line: 7, rows: 3 });
});

test('the mark of the content goes before the encoding that was declared', () => {
  for (const encoding of ['utf-16le', 'utf-16be'] as const) {
    const found = head(encoded('\uFEFF\nid;é\n', encoding), {
      delimiter: ';',
      skipRows: 1,
      encoding: 'windows-1252',
    });
    assert.deepEqual([found?.encoding, found?.names], [encoding, ['id', 'é']]);
    assert.deepEqual([found?.first.byte, found?.data.byte], [4, 14]);
  }
  assert.equal(head('\uFEFFid\n', { encoding: 'latin1' })?.encoding, 'utf-8');
});

test('a head that has not come whole is none, unless nothing follows', () => {
  for (const content of ['', 'x\n', 'x\ny\nid,na', 'x\ny\nid\n']) {
    assert.equal(head(content, { skipRows: 2, headerRows: [1, 2] }, false), null, content);
  }
  assert.deepEqual(head('x\n', { skipRows: 2 })?.data, { byte: 2, line: 2, rows: 0 });
  assert.deepEqual(head('', {})?.names, []);
});

test('an encoding that keeps a state is refused', () => {
  assert.throws(() => head('id\n', { encoding: 'iso-2022-jp' }), {
    code: 'encoding-unsupported',
    hint: /iconv/,
  });
});

test('a content is cut after a record end of its dialect', () => {
  const cut = (content: string | Uint8Array<ArrayBuffer>, dialect: Partial<Dialect>) =>
    cutPlace(typeof content === 'string' ? text(content) : content, resolveDialect(dialect));
  assert.equal(cut('a;b\n"c\\"\nd";e\nf', { escapeChar: '\\' }), 14);
  assert.equal(cut('a,b~~c\n,"d~~', { lineTerminator: '~~' }), 0, 'far from the end');
  assert.equal(cut('a,bbbb~~c\n,~', { lineTerminator: '~~' }), 8);
  for (const encoding of ['utf-16le', 'utf-16be'] as const) {
    assert.equal(cut(encoded('a\nĊ,b\r\nc\r', encoding), { encoding }), 14);
  }
  assert.equal(cut('', { escapeChar: '\\' }), 0);
});

test('what remains for the last part is no scrap', () => {
  assert.equal(partSize(1000, 1000), 1000);
  assert.equal(partSize(1 << 20, (1 << 20) + 1), (1 << 20) + 1 - (256 << 10));
  assert.equal(partSize(1 << 20, 3 << 20), 1 << 20);
});
