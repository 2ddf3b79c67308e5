/** How large the parts of a load are: smaller where servers die over them. */

/** Some hundred records, even of wide tables: enough to tell a wrong file. */
export const FIRST_PART_BYTES = 1 << 19;
/** As fast as parts of 8 MiB, two under way, with 20 MB less of the server's memory (docs/decisions/0002). */
export const PART_BYTES = 4 << 20;
/** Of what was taken, what one part may be: three are on their way at a loss, in whatever state. A quarter costs a load of 30 MB a tenth. */
const SHARE = 1;
/** Where servers die, more of it is saved. */
const SHARE_AFTER_LOSS = 1 / 12;

/**
 * How large the parts of a load are. A part that its server dies over is lost whole, so parts are small at first and
 * after each loss, and grow with what is taken: soon, as long as nothing was lost.
 */
export class PartSize {
  #share = SHARE;
  /** Since the last loss. Bytes. */
  #taken = 0;

  /** No part is to be larger. */
  get bytes(): number {
    return Math.max(FIRST_PART_BYTES, Math.min(PART_BYTES, Math.floor(this.#taken * this.#share)));
  }

  take(bytes: number): void {
    this.#taken += bytes;
  }

  /** Everything that was under way. */
  lose(): void {
    this.#share = SHARE_AFTER_LOSS;
    this.#taken = 0;
  }
}
