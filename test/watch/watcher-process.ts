import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLog } from '../../src/log.ts';
import type { FileToLoad, LoadOutcome } from '../../src/watch/contract.ts';
import { startWatcher } from '../../src/watch/watcher.ts';
import { HR, UNLIMITED } from './folder-fixture.ts';

/**
 * A watcher in a process of its own, to be killed: `watcher-process.ts HOME WHEN`. Its ledger is a file, one line
 * for each load; WHEN says at which point of the first load it kills itself: before_commit, after_commit, never.
 */
const [home = '', when = 'never'] = process.argv.slice(2);

function kill(point: string): void {
  if (point === when) process.kill(process.pid, 'SIGKILL');
}

async function loadFile(file: FileToLoad): Promise<LoadOutcome> {
  const content = readFileSync(file.path, 'utf8');
  const ledger = join(home, 'ledger');
  const known = (existsSync(ledger) ? readFileSync(ledger, 'utf8') : '').split('\n').filter(Boolean);
  const before = known.indexOf(content);
  const counts = { read: 1, inserted: 1, updated: 0, skipped: 0, rejected: 0 };
  if (before >= 0) return { load: `L${before}`, sha256: '', state: 'duplicate', ...counts };
  await file.sending(`L${known.length}`);
  kill('before_commit');
  appendFileSync(ledger, `${content}\n`);
  kill('after_commit');
  return { load: `L${known.length}`, sha256: '', state: 'completed', ...counts };
}

const watcher = await startWatcher({
  config: { home, completion: 'rename', quietMs: 0, pollMs: 10, mapping: {}, ...UNLIMITED },
  log: createLog({ errorFile: join(home, 'log.txt') }),
  tables: async () => HR,
  loadFile,
});
await watcher.idle();
await watcher.close();
