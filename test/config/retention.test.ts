import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../../src/config.ts';
import { coded } from '../backup/fixture.ts';

const home = mkdtempSync(join(tmpdir(), 'rowferry-rules-'));
const rulesOf = (given: unknown) => loadConfig({ home, backupRetention: given }, {}).backupRetention;

test('the rules of retention as they may be said', (t) => {
  t.after(() => rmSync(home, { recursive: true }));
  const none = { keepLast: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0, keepWithinMs: 0 };
  const usual = { ...none, keepLast: 3, daily: 7, weekly: 4, monthly: 12, keepWithinMs: 172_800_000 };
  assert.deepEqual(rulesOf(undefined), usual);
  assert.equal(rulesOf(null), null);
  assert.deepEqual(rulesOf({ yearly: 2 }), { ...none, yearly: 2 });
  for (const [text, ms] of [
    ['36h', 129_600_000],
    ['1w', 604_800_000],
  ] as const) {
    assert.deepEqual(rulesOf({ keepWithin: text }), { ...none, keepWithinMs: ms });
  }
  const fromEnvironment = (text: string) =>
    loadConfig({ home }, { ROWFERRY_BACKUP_RETENTION: text }).backupRetention;
  assert.deepEqual(fromEnvironment('{"daily": 1}'), { ...none, daily: 1 });
  assert.equal(fromEnvironment('null'), null);
  for (const wrong of [
    {},
    { daily: 0 },
    [],
    'all',
    { daily: -1 },
    { daily: '7' },
    { keepWithin: '2 days' },
    { days: 7 },
  ]) {
    assert.throws(() => rulesOf(wrong), coded('config-invalid', 'backupRetention'), JSON.stringify(wrong));
  }
});
