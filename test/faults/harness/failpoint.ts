import { writeSync } from 'node:fs';
import { getEnvironmentData } from 'node:worker_threads';
import type { Failpoint } from '../../../src/lib/failpoint.ts';
import { PASSED } from './failpoint-hook.ts';

/** ROWFERRY_FAILPOINT=NAME:kill|stop|throw:N — what happens when the process passes the place for the Nth time. */
const FORM = /^(?<name>\w+):(?<act>kill|stop|throw):(?<nth>\d+)$/;

const wanted = FORM.exec(process.env.ROWFERRY_FAILPOINT ?? '')?.groups;
const passed = new Int32Array(sharedCount());

function sharedCount(): SharedArrayBuffer {
  const shared = getEnvironmentData(PASSED);
  if (shared instanceof SharedArrayBuffer) return shared;
  throw new Error('start the process with --import failpoint-hook.ts');
}

/** Beside the real one: says on stderr what it does. */
export function failpoint(name: Failpoint): void {
  if (wanted?.name !== name || Atomics.add(passed, 0, 1) + 1 !== Number(wanted.nth)) return;
  writeSync(2, `failpoint ${name}: ${wanted.act}\n`);
  if (wanted.act === 'throw') {
    throw Object.assign(new Error(`EIO: i/o error, failpoint ${name}`), { code: 'EIO', errno: -5 });
  }
  process.kill(process.pid, wanted.act === 'kill' ? 'SIGKILL' : 'SIGSTOP');
  // The signal is the whole process's: this thread goes no further before it has come.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
}
