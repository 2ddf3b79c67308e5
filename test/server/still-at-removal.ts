import { promises, writeSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/** For `node --import`: a server that stands still when the second backup that it deletes has lost its name. */

const { rename } = promises;
let removed = 0;
promises.rename = async (from, to) => {
  await rename(from, to);
  if (!String(to).endsWith('.removed') || ++removed < 2) return;
  writeSync(1, 'still\n');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
};
syncBuiltinESMExports();
