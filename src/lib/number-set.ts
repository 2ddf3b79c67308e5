/** Numbers of a page: a bit for each. */
const PAGE = 4096;
const WORDS = PAGE / 32;

/**
 * A set of whole numbers up to ±2^53 as pages of bits: numbers that lie close together, as keys do, take less than a
 * byte each, those that lie far apart half a KiB.
 */
export class NumberSet {
  readonly #most: number;
  readonly #pages = new Map<number, Int32Array<ArrayBuffer>>();
  #lastPage = Number.NaN;
  #last = new Int32Array(0);

  /** Most pages, of 512 bytes each. */
  constructor(mostPages: number) {
    this.#most = mostPages;
  }

  /** More pages were needed than there may be; what did not fit is not in the set. */
  get full(): boolean {
    return this.#pages.size > this.#most;
  }

  /** False when it was there. */
  add(value: number): boolean {
    const page = Math.floor(value / PAGE);
    const bits = page === this.#lastPage ? this.#last : this.#open(page);
    const at = value - page * PAGE;
    const mask = 1 << (at & 31);
    const word = bits[at >> 5] ?? 0;
    if ((word & mask) !== 0) return false;
    bits[at >> 5] = word | mask;
    return true;
  }

  has(value: number): boolean {
    const page = Math.floor(value / PAGE);
    const bits = page === this.#lastPage ? this.#last : this.#pages.get(page);
    const at = value - page * PAGE;
    return bits !== undefined && ((bits[at >> 5] ?? 0) & (1 << (at & 31))) !== 0;
  }

  #open(page: number): Int32Array<ArrayBuffer> {
    const known = this.#pages.get(page);
    const bits = known ?? new Int32Array(WORDS);
    // One page more than there may be tells that the set is full; what comes then goes nowhere.
    if (known === undefined && !this.full) this.#pages.set(page, bits);
    this.#lastPage = page;
    this.#last = bits;
    return bits;
  }
}
