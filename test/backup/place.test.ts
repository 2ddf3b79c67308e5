import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { placeOf } from '../../src/backup/place.ts';
import { isUlid } from '../../src/lib/ulid.ts';

function makeHome(t: TestContext): { readonly home: string; readonly file: string } {
  const home = mkdtempSync(join(tmpdir(), 'rowferry-place-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  return { home, file: join(home, 'backups', '.place') };
}

test('servers that start at once on a new folder of backups have one id, and keep it', async (t) => {
  const { home, file } = makeHome(t);
  const places = new Set(await Promise.all(Array.from({ length: 20 }, () => placeOf(home))));
  const [place = '', ...others] = places;
  assert.deepEqual([isUlid(place), others], [true, []]);
  assert.equal(readFileSync(file, 'utf8'), place);
  assert.equal(await placeOf(home), place);
});

test('a file that a killed server left empty gets its id', async (t) => {
  const { home, file } = makeHome(t);
  mkdirSync(join(home, 'backups'));
  writeFileSync(file, '');
  const place = await placeOf(home);
  assert.ok(isUlid(place));
  assert.equal(await placeOf(home), place);
});
