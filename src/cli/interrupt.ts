/** The reason of the signal: a person pressed Ctrl-C, or the process was asked to end. */
export class Interrupted extends Error {
  constructor(signal: NodeJS.Signals) {
    super(`stopped by ${signal}`);
    this.name = 'Interrupted';
  }
}

export interface Interrupt extends Disposable {
  readonly signal: AbortSignal;
  /** Resolves when the signal is aborted. */
  readonly ended: Promise<void>;
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** A database that stands still must not keep a process that is to end. Nothing is lost: what was not committed is not there. */
const MOST_MS = 29_000;

/** The first Ctrl-C aborts the signal, for a clean end; the second ends the process at once, and so does time. */
export function onInterrupt(note: () => void): Interrupt {
  const controller = new AbortController();
  const ended = new Promise<void>((resolve) => {
    controller.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  let deadline: NodeJS.Timeout | undefined;
  const handle = (signal: NodeJS.Signals) => {
    const exit = () => endBy(signal);
    if (controller.signal.aborted) exit();
    note();
    deadline = setTimeout(exit, MOST_MS);
    deadline.unref();
    controller.abort(new Interrupted(signal));
  };
  for (const name of SIGNALS) process.on(name, handle);
  return {
    signal: controller.signal,
    ended,
    [Symbol.dispose]: () => {
      clearTimeout(deadline);
      for (const name of SIGNALS) process.off(name, handle);
    },
  };
}

/**
 * process.exit alone waits for what other threads have in SQLite, such as a lock for 10 s; the signal itself does not.
 * Process 1 of a container is not ended by it: 128 + the number of the signal is what shells make of it too.
 */
function endBy(signal: NodeJS.Signals): never {
  process.once('exit', () => {
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
  process.exit(signal === 'SIGINT' ? 130 : 143);
}
