import type { RowferryError } from '../errors.ts';
import type { Logger } from '../log.ts';

const TOLD_EVERY_MS = 60_000;
/** Who asks in other words each time is told each time. */
const MOST_KNOWN = 1000;

interface Known {
  readonly toldAt: number;
  again: number;
}

interface Failed {
  readonly method: string;
  readonly path: string;
  readonly error: RowferryError;
}

/** Failures of the server in the log: clients that wait ask each second, so the same one is told once a minute. */
export class FailureLog {
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #known = new Map<string, Known>();

  /** `now`: milliseconds of a clock that only goes forward. */
  constructor(log: Logger, now: () => number = () => performance.now()) {
    this.#log = log;
    this.#now = now;
  }

  note({ method, path, error }: Failed): void {
    const { code, detail, hint } = error;
    const name = [method, path, code, detail].join('\n');
    const known = this.#known.get(name);
    const now = this.#now();
    if (known !== undefined && now - known.toldAt < TOLD_EVERY_MS) {
      known.again += 1;
      return;
    }
    if (this.#known.size >= MOST_KNOWN) this.#known.clear();
    this.#known.set(name, { toldAt: now, again: 0 });
    const again = known?.again ?? 0;
    const times = again === 0 ? '' : `, and ${again} times before it since this was told last`;
    this.#log.error({ err: error, code, method, path, hint }, `a request failed${times}`);
  }
}
