/** The places of doubled quotes on a tape, as a scan finds them. */

/** A power of two; more of one tape are not kept: 1 MiB, of which no page is taken before it is written to. */
const MOST = 1 << 18;
export const LAST_DOUBLED = MOST - 1;
/** Beyond any byte of a tape. */
const END = 2 ** 31 - 1;

/**
 * Where doubled quotes stand in the fields of a tape: the byte offsets of the second quote of each pair, ascending.
 * A scan passes them anyway, so that who copies fields need not look for them again.
 */
export class DoubledQuotes {
  /** The offsets; behind them, when all are there, one that is greater than any. */
  readonly places = new Int32Array(MOST);
  /** Found, whether they were kept or not. */
  count = 0;
  #next = 0;

  get areAllKept(): boolean {
    return this.count < MOST;
  }

  add(place: number): void {
    this.places[this.count++] = place;
  }

  finish(): void {
    this.places[this.count] = END;
    this.#next = 0;
  }

  /** Index of the first one at a byte or after it. Fields are mostly asked for in their order. */
  firstFrom(byte: number): number {
    const { places } = this;
    let low = this.#next;
    const isNext = (low === 0 || (places[low - 1] ?? 0) < byte) && (places[low] ?? END) >= byte;
    if (isNext) return low;
    low = 0;
    for (let high = this.count; low < high; ) {
      const middle = (low + high) >> 1;
      if ((places[middle] ?? END) < byte) low = middle + 1;
      else high = middle;
    }
    this.#next = low;
    return low;
  }

  /** The same, looked for from that of an earlier byte on. */
  nextFrom(first: number, byte: number): number {
    const { places } = this;
    let n = first;
    while ((places[n] ?? END) < byte) n++;
    this.#next = n;
    return n;
  }
}
