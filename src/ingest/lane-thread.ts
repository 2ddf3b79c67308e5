import { workerData } from 'node:worker_threads';
import { openDatabase } from '../database/open.ts';
import { SingleFlight } from '../lib/single-flight.ts';
import { dropPart, LANE_OPS, type LaneContext, type LanePart } from './lane-ops.ts';
import type { RunAgain } from './persistently.ts';
import { Preparer } from './prepare.ts';
import { type Handler, serveLanes } from './thread.ts';

/** The thread of lanes, each with a database connection of its own. */

const { databaseUrl } = workerData as { databaseUrl: string };
const ops = new Map(Object.entries(LANE_OPS)) as Map<
  string,
  (context: LaneContext, argument: unknown) => unknown
>;

function open(onAgain: (again: RunAgain) => void): Handler {
  const stop = new AbortController();
  const persistence = { stopping: stop.signal, onAgain };
  const opening = new SingleFlight<LaneContext>();
  let context: LaneContext | null = null;
  // A database that was not there is asked for again with the next operation.
  const ready = async (): Promise<LaneContext> => {
    context ??= await opening.run(async () => {
      const connection = await openDatabase(databaseUrl);
      return { connection, preparer: new Preparer(connection.engine), persistence };
    });
    return context;
  };
  return {
    async answer(op, argument) {
      const opened = await ready().catch((error: unknown) => {
        if (op === 'commitPart') dropPart(argument as LanePart);
        throw error;
      });
      return { value: await ops.get(op)?.(opened, argument), transfer: [] };
    },
    stopWaiting: () => stop.abort(),
    async close() {
      await context?.connection.close();
    },
  };
}

serveLanes(open);
