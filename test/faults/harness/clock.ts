import { openSync, readSync } from 'node:fs';

/**
 * For `node --import`: the wall clock of every thread, off by the seconds that stand in the file FAULT_CLOCK (a 32-bit
 * integer). What measures how long something takes is not moved, as by a real jump.
 */
const file = openSync(process.env.FAULT_CLOCK ?? '', 'r');
const offset = new Int32Array(1);
const RealDate = Date;

function now(): number {
  readSync(file, offset, 0, 4, 0);
  return RealDate.now() + (offset[0] ?? 0) * 1000;
}

globalThis.Date = new Proxy(RealDate, {
  construct: (target, given: []) => (given.length === 0 ? new target(now()) : new target(...given)),
  apply: () => new RealDate(now()).toString(),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
});
