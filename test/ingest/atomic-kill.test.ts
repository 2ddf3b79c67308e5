import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { openRig } from './atomic-fixture.ts';

const VICTIM = join(import.meta.dirname, 'atomic-victim.ts');
const ROWS = 4000;
const KILLS = 10;

/** Runs the load of rows `from` … and kills it (-9) after so many lines of its report and a moment. */
async function run(home: string, from: number, killAfter: number | null): Promise<boolean> {
  const args = [VICTIM, home, String(from), String(ROWS)];
  const victim = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(victim, 'exit');
  let lines = 0;
  for await (const _line of createInterface(victim.stdout)) {
    lines += 1;
    if (lines !== killAfter) continue;
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 12));
    victim.kill('SIGKILL');
  }
  const [code] = await ended;
  return code === 0;
}

test(`kill -9 at ${KILLS} moments: all rows of a file or none, and the next process goes on`, async (t) => {
  const rig = await openRig(t, 'CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT NOT NULL)');
  await rig.ingest.close();
  const moments: string[] = [];
  let from = 1;
  for (let kill = 0; kill < KILLS; kill++) {
    const whole = await run(rig.home, from, 1 + Math.floor(Math.random() * 15));
    const rows = rig.db.prepare('SELECT count(*) AS n FROM t WHERE id >= ?').get(from)?.n;
    const load = rig.db.prepare('SELECT * FROM rowferry_loads WHERE name = ?').get(String(from));
    moments.push(`${load?.state} at ${load?.position}${whole ? ', not killed' : ''}`);
    const loaded = load?.state === 'completed' && load.inserted === ROWS && Number(rows) === ROWS;
    const none = load?.state !== 'completed' && Number(load?.inserted ?? 0) === 0 && rows === 0;
    assert.ok(loaded || none, moments.join('; '));
    assert.deepEqual({ ...rig.db.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' });
    if (rows === ROWS) from += ROWS;
  }
  assert.equal(await run(rig.home, from, null), true);
  assert.equal(rig.count(), from + ROWS - 1, moments.join('; '));
  assert.equal(rig.stagingTables(), 0);
  t.diagnostic(moments.join('; '));
});
