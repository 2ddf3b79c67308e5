export interface BackoffOptions {
  /** Ceiling of the first wait. Milliseconds; default 200. */
  readonly baseMs?: number;
  /** No wait is longer. Milliseconds; default 10,000. */
  readonly capMs?: number;
  /** 0 ≤ number < 1; default Math.random. */
  readonly random?: () => number;
}

/**
 * How long to wait after failure number `attempt` (1, 2, …): "equal jitter", half of the doubling ceiling
 * for certain and half at random, so that many clients neither hammer at once nor come back together.
 */
export function backoffMs(attempt: number, options: BackoffOptions = {}): number {
  const { baseMs = 200, capMs = 10_000, random = Math.random } = options;
  const ceiling = Math.min(capMs, baseMs * 2 ** Math.min(attempt - 1, 30));
  return Math.round(ceiling / 2 + (ceiling / 2) * random());
}

/** Resolves after the time, or rejects with the signal's reason as soon as it is aborted. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
