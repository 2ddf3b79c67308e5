const MEMORY_MS = 600_000;
/** Buckets are forgotten as a whole, so a nonce is remembered for 10 to 12 minutes. */
const BUCKETS = 5;
/** About 130 MB at worst; more than 1,600 requests a second for ten minutes. */
const CAPACITY = 1_000_000;

export interface NonceStoreOptions {
  /** A monotonic clock in milliseconds: a wall clock that is set must not make the store forget. */
  readonly now?: () => number;
  /** How many nonces are remembered at most. */
  readonly capacity?: number;
}

/** The nonces of the last ten minutes, in bounded memory. Forgets none early: when it is full it says so. */
export class NonceStore {
  readonly #now: () => number;
  readonly #capacity: number;
  readonly #buckets: Array<{ readonly from: number; readonly seen: Set<string> }> = [];

  constructor({ now = () => performance.now(), capacity = CAPACITY }: NonceStoreOptions = {}) {
    this.#now = now;
    this.#capacity = capacity;
  }

  /** Remembers the nonce of a head whose MAC is right. `full`: not remembered, and nobody knows whether it is new. */
  remember(keyId: string, nonce: string): 'new' | 'seen' | 'full' {
    const now = this.#now();
    this.#forget(now);
    const entry = `${keyId} ${nonce}`;
    if (this.#buckets.some(({ seen }) => seen.has(entry))) return 'seen';
    if (this.size >= this.#capacity) return 'full';
    this.#current(now).add(entry);
    return 'new';
  }

  get size(): number {
    return this.#buckets.reduce((sum, { seen }) => sum + seen.size, 0);
  }

  #forget(now: number): void {
    const kept = this.#buckets.findIndex(({ from }) => now - from <= MEMORY_MS + MEMORY_MS / BUCKETS);
    this.#buckets.splice(0, kept < 0 ? this.#buckets.length : kept);
  }

  #current(now: number): Set<string> {
    const newest = this.#buckets.at(-1);
    if (newest !== undefined && now - newest.from < MEMORY_MS / BUCKETS) return newest.seen;
    const seen = new Set<string>();
    this.#buckets.push({ from: now, seen });
    return seen;
  }
}
