import { parentPort } from 'node:worker_threads';
import { type ErrorRecord, toErrorRecord } from '../errors.ts';
import type { RunAgain } from './persistently.ts';

/** One operation by name; the argument is what the near end gave. */
export interface LaneRequest {
  readonly id: number;
  readonly op: string;
  readonly argument: unknown;
}

export type LaneResponse =
  | { readonly again: RunAgain }
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: ErrorRecord };

/** What a thread does with a request, and the buffers of its answer that are handed over. */
export interface Handler {
  answer(op: string, argument: unknown): Promise<{ value: unknown; transfer: ArrayBuffer[] }>;
  /** Called at once, whatever is running. */
  stopWaiting(): void;
  close(): Promise<void>;
}

/** To the near end: a transaction of the operation that is running failed and is run again. */
export const tellAgain = (again: RunAgain): void => parentPort?.postMessage({ again });

/** The far end of a lane: one request after the other, in the order they came. */
export function serveLane(handler: Handler): void {
  let tail: Promise<void> = Promise.resolve();
  parentPort?.on('message', (request: LaneRequest | 'stop waiting' | 'close') => {
    if (request === 'stop waiting') return handler.stopWaiting();
    tail = tail.then(() => (request === 'close' ? end(handler) : answer(handler, request)));
  });
}

async function answer(handler: Handler, { id, op, argument }: LaneRequest): Promise<void> {
  try {
    const { value, transfer } = await handler.answer(op, argument);
    parentPort?.postMessage({ id, value }, transfer);
  } catch (error) {
    parentPort?.postMessage({ id, error: toErrorRecord(error) });
  }
}

async function end(handler: Handler): Promise<void> {
  await handler.close();
  parentPort?.close();
}
