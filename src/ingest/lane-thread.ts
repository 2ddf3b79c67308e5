import { parentPort, workerData } from 'node:worker_threads';
import { engineOf } from '../database/open.ts';
import { type ErrorRecord, toErrorRecord } from '../errors.ts';
import { LANE_OPS, type LaneContext, type LaneOp } from './lane-ops.ts';
import { Preparer, transferables } from './prepare.ts';

/** A lane: one thread with one database connection, running one operation after the other. */

export interface LaneRequest {
  readonly id: number;
  readonly op: LaneOp;
  readonly argument: unknown;
}

export type LaneResponse =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: ErrorRecord };

const { databaseUrl } = workerData as { databaseUrl: string };
const engine = engineOf(databaseUrl);
const context: Promise<LaneContext> = engine
  .connect(databaseUrl)
  .then((connection) => ({ connection, preparer: new Preparer(engine) }));
let tail: Promise<void> = Promise.resolve();

parentPort?.on('message', (request: LaneRequest | 'close') => {
  tail = tail.then(() => (request === 'close' ? close() : answer(request)));
});

async function answer({ id, op, argument }: LaneRequest): Promise<void> {
  try {
    const run = LANE_OPS[op] as (context: LaneContext, argument: unknown) => Promise<unknown>;
    const value = await run(await context, argument);
    parentPort?.postMessage({ id, value }, buffersOf(op, value));
  } catch (error) {
    parentPort?.postMessage({ id, error: toErrorRecord(error) });
  }
}

function buffersOf(op: LaneOp, value: unknown): ArrayBuffer[] {
  return op === 'prepare' ? transferables(value as Parameters<typeof transferables>[0]) : [];
}

async function close(): Promise<void> {
  const { connection } = await context;
  await connection.close();
  parentPort?.close();
}
