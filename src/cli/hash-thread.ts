/** The thread of hash-ahead.ts. */
import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { FromHashThread } from './hash-ahead.ts';

const PIECE_BYTES = 1 << 20;
const BYTES_A_MESSAGE = 32 << 20;

function say(what: FromHashThread): void {
  parentPort?.postMessage(what);
}

const file = openSync(workerData, constants.O_RDONLY | constants.O_NONBLOCK);
const { size, mtimeNs, ino } = fstatSync(file, { bigint: true });
const hash = createHash('sha256');
const piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
let at = 0;
for (let count = -1; count !== 0; at += count) {
  count = readSync(file, piece, 0, PIECE_BYTES, at);
  hash.update(piece.subarray(0, count));
  if (at % BYTES_A_MESSAGE === 0) say({ bytes: at });
}
const after = fstatSync(file, { bigint: true });
closeSync(file);
// What changed while it was read has no hash: the load says so.
if (BigInt(at) === size && after.mtimeNs === mtimeNs && after.size === size) {
  say({ hashed: { sha256: hash.digest('hex'), size, mtimeNs, ino } });
}
