import { workerData } from 'node:worker_threads';
import { engineOf } from '../database/open.ts';
import { Slabs } from '../lib/slabs.ts';
import { FILE_OPS, type FileContext } from './file-ops.ts';
import { Preparer, transferables } from './prepare.ts';
import type { PreparedFileRequest } from './prepared-file.ts';
import { type Handler, serveLanes } from './thread.ts';

/** Reads and prepares files, a lane for each, while another thread tries out what they hold. */

const { databaseUrl } = workerData as { databaseUrl: string };
const slabs = new Slabs();

function open(): Handler {
  const context = engineOf(databaseUrl).then(
    (engine): FileContext => ({ preparer: new Preparer(engine, slabs.take), file: null }),
  );
  return {
    async answer(op, argument) {
      if (op === 'open') {
        return { value: await FILE_OPS.open(await context, argument as PreparedFileRequest), transfer: [] };
      }
      const value = await FILE_OPS.next(await context, null);
      return { value, transfer: value === null ? [] : transferables(value.prepared) };
    },
    stopWaiting() {},
    async close() {
      await (await context).file?.close();
    },
  };
}

serveLanes(open);
