import type { Clock } from './contract.ts';

/** Lets a loop sleep until there is something to do. A wake before the wait is not lost. */
export class Wake {
  readonly #clock: Clock;
  #woken = false;
  #ring: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  wake(): void {
    this.#woken = true;
    this.#ring?.();
  }

  /** Until woken, aborted, or (where given) the time is over. Never rejects. */
  async wait(signal: AbortSignal, ms: number = Number.POSITIVE_INFINITY): Promise<void> {
    if (!this.#woken && !signal.aborted) await this.#sleep(signal, ms);
    this.#woken = false;
  }

  async #sleep(signal: AbortSignal, ms: number): Promise<void> {
    const done = new AbortController();
    const either = AbortSignal.any([signal, done.signal]);
    const rung = new Promise<void>((resolve) => {
      this.#ring = resolve;
      either.addEventListener('abort', () => resolve(), { once: true });
    });
    const late = ms === Number.POSITIVE_INFINITY ? rung : quietly(this.#clock.wait(ms, either));
    await Promise.race([rung, late]);
    this.#ring = null;
    done.abort();
  }
}

async function quietly(waiting: Promise<void>): Promise<void> {
  await waiting.catch(() => undefined);
}
