import { workerData } from 'node:worker_threads';
import { openDatabase } from '../database/open.ts';
import { LANE_OPS, type LaneContext } from './lane-ops.ts';
import { Preparer } from './prepare.ts';
import { serveLane, tellAgain } from './thread.ts';

/** A lane: one thread with one database connection. */

const { databaseUrl } = workerData as { databaseUrl: string };
const stop = new AbortController();
const persistence = { stopping: stop.signal, onAgain: tellAgain };
const context: Promise<LaneContext> = openDatabase(databaseUrl).then((connection) => ({
  connection,
  preparer: new Preparer(connection.engine),
  persistence,
}));
const ops = new Map(Object.entries(LANE_OPS)) as Map<
  string,
  (context: LaneContext, argument: unknown) => unknown
>;

serveLane({
  async answer(op, argument) {
    return { value: await ops.get(op)?.(await context, argument), transfer: [] };
  },
  stopWaiting: () => stop.abort(),
  async close() {
    await (await context).connection.close();
  },
});
