/** Memory for the keys of all columns of a plan. Bytes. */
export class KeyBudget {
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  /** Whether there is so much left; then it is taken. */
  take(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  give(bytes: number): void {
    this.#left += bytes;
  }
}

const FIRST_SLOTS = 1024;
/** A key is two words. */
const SLOT_BYTES = 8;
/** Of 8: fuller, and keys stand far from their places. */
const FULL_EIGHTHS = 5;

/**
 * Keys of 64 bits, of which none is 0: a hash table with open addressing in one typed array, where the two words of a
 * key stand together, so that a look-up costs one line of the cache.
 */
export class KeySet {
  readonly #budget: KeyBudget;
  #words = new Int32Array(FIRST_SLOTS * 2);
  #mask = FIRST_SLOTS - 1;
  #size = 0;

  constructor(budget: KeyBudget) {
    this.#budget = budget;
  }

  get size(): number {
    return this.#size;
  }

  /** Places that `find` tells of. */
  get slots(): number {
    return this.#mask + 1;
  }

  /** Null: there is no memory left for it. False: it was there. */
  add(low: number, high: number): boolean | null {
    if (this.#size * 8 >= this.slots * FULL_EIGHTHS && !this.#grow()) return null;
    const words = this.#words;
    const at = this.#place(low, high) * 2;
    if (words[at] !== 0 || words[at + 1] !== 0) return false;
    words[at] = low;
    words[at + 1] = high;
    this.#size++;
    return true;
  }

  /** Where the key stands; -1 when it does not. Places change when keys are added. */
  find(low: number, high: number): number {
    const slot = this.#place(low, high);
    return this.#words[slot * 2] === 0 && this.#words[slot * 2 + 1] === 0 ? -1 : slot;
  }

  /** Gives its memory back. */
  release(): void {
    if (this.slots > FIRST_SLOTS) this.#budget.give(this.slots * SLOT_BYTES);
    this.#words = new Int32Array(FIRST_SLOTS * 2);
    this.#mask = FIRST_SLOTS - 1;
    this.#size = 0;
  }

  #place(low: number, high: number): number {
    const words = this.#words;
    let slot = spread(low, high) & this.#mask;
    for (;;) {
      const a = words[slot * 2];
      const b = words[slot * 2 + 1];
      if ((a === low && b === high) || (a === 0 && b === 0)) return slot;
      slot = (slot + 1) & this.#mask;
    }
  }

  #grow(): boolean {
    const old = this.#words;
    const slots = this.slots * 2;
    const more = (this.slots > FIRST_SLOTS ? slots - this.slots : slots) * SLOT_BYTES;
    if (!this.#budget.take(more)) return false;
    this.#words = new Int32Array(slots * 2);
    this.#mask = slots - 1;
    for (let i = 0; i < old.length; i += 2) {
      const low = old[i] ?? 0;
      const high = old[i + 1] ?? 0;
      if (low === 0 && high === 0) continue;
      const at = this.#place(low, high) * 2;
      this.#words[at] = low;
      this.#words[at + 1] = high;
    }
    return true;
  }
}

/** Short values are keys as they stand, which differ in a few bits only. */
function spread(low: number, high: number): number {
  let hash = Math.imul(low ^ Math.imul(high, 0x85ebca6b), 0x9e3779b1);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}
