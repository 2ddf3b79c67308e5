import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { generate } from '../../bench/generate.ts';

const folder = mkdtempSync(join(tmpdir(), 'rowferry-generate-'));
after(() => rmSync(folder, { recursive: true, force: true }));

async function lines(rows: number, badPercent: number): Promise<string[]> {
  const out = join(folder, 'hired_employees.csv');
  await generate({ rows, out, badPercent });
  return readFileSync(out, 'utf8').trimEnd().split('\n');
}

test('the same seed gives the same records, across the border of a write', async () => {
  const first = await lines(20_001, 0);
  assert.deepEqual(first, await lines(20_001, 0));
  assert.equal(first.length, 20_001);
  for (const line of first)
    assert.match(line, /^\d+,[A-Z][a-z]+ [A-Z][a-z]+,202[12]-[\dT:-]{14}Z,\d{1,2},\d{1,3}$/);
});

test('the bad records lack one field each, and are counted', async () => {
  const out = join(folder, 'bad.csv');
  const bad = await generate({ rows: 10_000, out, badPercent: 10 });
  const found = readFileSync(out, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && /,,|,$/.test(line));
  assert.equal(found.length, bad);
  assert.ok(bad > 850 && bad < 1150, `${bad} of 10,000`);
});
