import { workerData } from 'node:worker_threads';
import { engineOf } from '../database/open.ts';
import { Slabs } from '../lib/slabs.ts';
import { type CsvPart, Preparer, transferables } from './prepare.ts';
import { PREPARE_OPS } from './prepare-ops.ts';
import { serveLanes } from './thread.ts';

/** Scans, checks and encodes for a lane that is busy writing. */

const { databaseUrl } = workerData as { databaseUrl: string };
const slabs = new Slabs();
const preparer = engineOf(databaseUrl).then((engine) => new Preparer(engine, slabs.take));

serveLanes(() => ({
  async answer(_op, argument) {
    const value = await PREPARE_OPS.prepare(await preparer, argument as CsvPart);
    return { value, transfer: transferables(value) };
  },
  stopWaiting() {},
  async close() {},
}));
