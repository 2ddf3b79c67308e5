import { type ErrorCode, RowferryError } from '../errors.ts';

/** What is waited for: a server, or the database behind it, that is away or has no room. */
export interface Waiting {
  /** When the first request failed. */
  readonly since: Date;
  /** Why the last one did. */
  readonly reason: RowferryError;
}

export interface PatienceOptions {
  /** From the first failure on. Milliseconds. */
  readonly limitMs: number;
  /** What passes sooner is not told of. Milliseconds; default two seconds. */
  readonly tellAfterMs?: number;
  /** With what is waited for, once; with null when it goes on. */
  readonly onWaiting?: ((waiting: Waiting | null) => void) | undefined;
}

/** These pass by themselves, or when somebody mends what stands still: no number of attempts says when. */
const AWAY: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'database-unavailable',
  'database-busy',
  'disk-full',
  'overloaded',
  'rate-limited',
  'request-running',
  'shutting-down',
  'timeout',
  'unreachable',
]);

/** Between two attempts, whoever is away says nothing of it. Milliseconds. */
const LEAST_PAUSE_MS = 20;
const MOST_PAUSE_MS = 500;
/** Of the time that something was waited for already, what it may be waited for in vain. */
const SHARE = 32;

interface Standstill {
  readonly startedAt: number;
  readonly since: Date;
  told: boolean;
}

/**
 * How long the requests of one load, several of them at a time, are tried again while nothing answers. Any answer ends
 * the wait for all of them.
 */
export class Patience {
  readonly #limitMs: number;
  readonly #tellAfterMs: number;
  readonly #onWaiting: PatienceOptions['onWaiting'];
  #standstill: Standstill | null = null;

  constructor({ limitMs, tellAfterMs = 2000, onWaiting }: PatienceOptions) {
    this.#limitMs = limitMs;
    this.#tellAfterMs = tellAfterMs;
    this.#onWaiting = onWaiting;
  }

  /**
   * Whether the failure is waited out; throws it, with what was waited for, once that took too long. `askedMs`: the
   * server is not to be asked before. What that makes long is told of at once, and what it makes too long not begun.
   * `tookMs`: of the request that failed. A server that answers that a lock is held has waited for it all that time.
   */
  bears(reason: RowferryError, askedMs = 0, tookMs = 0): boolean {
    if (!AWAY.has(reason.code)) return false;
    const now = performance.now();
    const lastedMs = reason.code === 'database-busy' ? tookMs : 0;
    this.#standstill ??= { startedAt: now - lastedMs, since: new Date(Date.now() - lastedMs), told: false };
    const { startedAt, since, told } = this.#standstill;
    const waitedMs = now - startedAt;
    if (waitedMs >= this.#limitMs || waitedMs + askedMs > this.#limitMs)
      throw waitedTooLong(reason, waitedMs);
    if (told || waitedMs + askedMs < this.#tellAfterMs) return true;
    this.#standstill.told = true;
    this.#onWaiting?.({ since, reason });
    return true;
  }

  /**
   * Longest wait until the next attempt: short while little time is lost, so that a server that starts again is found
   * soon. A server that answers says itself when to come again. Milliseconds.
   */
  get pauseMs(): number {
    const sinceMs = this.#standstill === null ? 0 : performance.now() - this.#standstill.startedAt;
    return Math.min(MOST_PAUSE_MS, Math.max(LEAST_PAUSE_MS, sinceMs / SHARE));
  }

  /** The server answered, and not that it cannot. */
  end(): void {
    const told = this.#standstill?.told === true;
    this.#standstill = null;
    if (told) this.#onWaiting?.(null);
  }
}

function waitedTooLong(reason: RowferryError, waitedMs: number): RowferryError {
  const { code, detail, hint, cause, retryAfterSeconds } = reason;
  const next = 'nothing is lost: the same again goes on where the load stands';
  const asked = retryAfterSeconds === undefined ? [] : [`it is to be asked again in ${retryAfterSeconds} s`];
  return new RowferryError(code, `${detail} (waited for ${Math.round(waitedMs / 1000)} s)`, {
    hint: [...(hint === undefined ? [] : [hint]), ...asked, next].join('; '),
    cause,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}
