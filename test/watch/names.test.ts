import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ulid } from '../../src/lib/ulid.ts';
import { isIgnored, isInput, isMarker, nameBeside, nameWith, shownName } from '../../src/watch/names.ts';

/** Names a file system may give: 1 to 255 bytes, without NUL and slash. */
const names = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 300 })
  .map((text) => `${text.replace(/[/\0]/g, '_')}.csv`)
  .filter((name) => Buffer.byteLength(name) <= 255);

test('a name with an id and an ending fits a file system, keeps the id, and stays a CSV file', () => {
  const id = ulid();
  fc.assert(
    fc.property(names, (name) => {
      const placed = nameWith(name, id);
      assert.ok(isInput(placed) && placed.includes(id));
      for (const ending of ['.receipt.json', '.reason.txt']) {
        const beside = nameBeside(placed, ending);
        assert.ok(Buffer.byteLength(beside) <= 255, beside);
        assert.ok(beside === placed + ending, 'nothing of it is cut');
        assert.ok(Buffer.byteLength(nameBeside(name, ending)) <= 255);
      }
    }),
  );
});

test('cutting never splits a character', () => {
  fc.assert(
    fc.property(names, (name) => {
      const cut = nameBeside(`${name}${'😀'.repeat(60)}`, '.receipt.json');
      assert.equal(Buffer.from(cut, 'utf8').toString('utf8'), cut);
    }),
  );
});

test('a shown name is the name itself when that is UTF-8, and has no U+FFFD when it is not', () => {
  fc.assert(
    fc.property(names, (name) => {
      assert.equal(shownName(Buffer.from(name, 'utf8').toString('latin1')), name);
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (bytes) => {
      const latin1 = Buffer.from(bytes).toString('latin1');
      const isUtf8 = Buffer.from(Buffer.from(bytes).toString('utf8')).equals(bytes);
      if (!isUtf8) assert.ok(!shownName(latin1).includes('\ufffd'));
    }),
  );
});

test('which names are passed over, which are CSV, which are markers', () => {
  const ignored = ['.x.csv', '~x.csv', '~$x.csv', 'x.csv.tmp', 'x.PART', 'x.csv.crdownload'];
  const taken = ['x.csv', 'X.CSV', 'x~.csv', 'x.tmp.csv', 'part', 'x.partial.csv'];
  assert.deepEqual([...ignored, ...taken].filter(isIgnored), ignored);
  const inputs = ['x.csv', 'X.CSV', 'x.csv.gz', 'X.Csv.ZST', 'x.zip'];
  assert.deepEqual([...inputs, 'csv', 'x.csv ', 'x.gz', 'zip', 'x.zip.gz'].filter(isInput), inputs);
  assert.deepEqual(['x.csv.done', 'X.CSV.done', 'x.done', 'x.csv', '.done'].filter(isMarker), [
    'x.csv.done',
    'X.CSV.done',
  ]);
});
