import { workerData } from 'node:worker_threads';
import type { Connection } from '../database/database.ts';
import { openDatabase } from '../database/open.ts';
import { RowferryError } from '../errors.ts';
import { DecidedFile, type SettledPart } from './decided-file.ts';
import type { PreparedFileRequest } from './prepared-file.ts';
import { type Handler, serveLanes } from './thread.ts';

/** Reads and decides files, a lane with a connection of its own for each. */

/** What a lane works with. */
interface DecideContext {
  readonly connection: Connection;
  file: DecidedFile | null;
}

const DECIDE_OPS = {
  open: async (context: DecideContext, request: PreparedFileRequest): Promise<void> => {
    context.file = await DecidedFile.open(request, context.connection);
  },

  next: async ({ file }: DecideContext, _: null): Promise<SettledPart | 'undecided' | null> => {
    if (file === null) throw new RowferryError('internal', 'no file is open');
    return file.next();
  },
};

export type DecideOps = typeof DECIDE_OPS;

const { databaseUrl } = workerData as { databaseUrl: string };

function open(): Handler {
  const context = openDatabase(databaseUrl).then((connection): DecideContext => ({ connection, file: null }));
  context.catch(() => {});
  return {
    async answer(op, argument) {
      const value =
        op === 'open'
          ? await DECIDE_OPS.open(await context, argument as PreparedFileRequest)
          : await DECIDE_OPS.next(await context, null);
      return { value, transfer: [] };
    },
    stopWaiting() {},
    async close() {
      const { connection, file } = await context;
      await file?.close();
      await connection.close();
    },
  };
}

serveLanes(open);
