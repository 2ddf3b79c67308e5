import { type MessagePort, parentPort } from 'node:worker_threads';
import { type ErrorRecord, toErrorRecord } from '../errors.ts';
import type { RunAgain } from './persistently.ts';

/** One operation by name; the argument is what the near end gave. */
interface LaneRequest {
  readonly id: number;
  readonly op: string;
  readonly argument: unknown;
}

export type LaneResponse =
  | { readonly again: RunAgain }
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: ErrorRecord };

/** What a lane does with a request, and the buffers of its answer that are handed over. */
export interface Handler {
  answer(op: string, argument: unknown): Promise<{ value: unknown; transfer: ArrayBuffer[] }>;
  /** Called at once, whatever is running. */
  stopWaiting(): void;
  close(): Promise<void>;
}

type FromNearEnd = LaneRequest | 'stop waiting' | 'close';

/**
 * The far end of a thread: each port that comes is a lane, opened with how to tell that a transaction of it is run
 * again. Lanes of one thread work side by side; while one waits for its database, another computes.
 */
export function serveLanes(open: (tellAgain: (again: RunAgain) => void) => Handler): void {
  parentPort?.on('message', (message: MessagePort | 'end') => {
    if (message === 'end') parentPort?.close();
    else
      serveLane(
        message,
        open((again) => message.postMessage({ again })),
      );
  });
}

/** One request after the other, in the order they came. */
function serveLane(port: MessagePort, handler: Handler): void {
  let tail: Promise<void> = Promise.resolve();
  port.on('message', (request: FromNearEnd) => {
    if (request === 'stop waiting') return handler.stopWaiting();
    tail = tail.then(() => (request === 'close' ? end(port, handler) : answer(port, handler, request)));
  });
}

async function answer(port: MessagePort, handler: Handler, { id, op, argument }: LaneRequest): Promise<void> {
  try {
    const { value, transfer } = await handler.answer(op, argument);
    port.postMessage({ id, value }, transfer);
  } catch (error) {
    port.postMessage({ id, error: toErrorRecord(error) });
  }
}

async function end(port: MessagePort, handler: Handler): Promise<void> {
  await handler.close();
  port.close();
}
