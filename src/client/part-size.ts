/** How large the parts of a load are: smaller where servers die over them. */

/** Some hundred records, even of wide tables: enough to tell a wrong file. */
export const FIRST_PART_BYTES = 1 << 19;
/** As fast as parts of 8 MiB, two under way, with 20 MB less of the server's memory (docs/decisions/0002). */
export const PART_BYTES = 4 << 20;
/** Of what is taken between two losses, what the parts on their way at a loss may be: three, in whatever state. */
const SHARE = 24;

/**
 * How large the parts of a load are. A part that its server dies over is lost whole, so where servers die often, parts
 * are as small as can be seen from what was taken before the last loss; they grow again with what is taken after it.
 */
export class PartSize {
  /** Since the last loss. Bytes. */
  #taken = 0;
  /** Between the last two losses; null before the first. Bytes. */
  #takenBefore: number | null = null;

  /** No part is to be larger. */
  get bytes(): number {
    if (this.#takenBefore === null) return PART_BYTES;
    const share = Math.floor(Math.max(this.#taken, this.#takenBefore) / SHARE);
    return Math.max(FIRST_PART_BYTES, Math.min(PART_BYTES, share));
  }

  take(bytes: number): void {
    this.#taken += bytes;
  }

  /** Everything that was under way. */
  lose(): void {
    this.#takenBefore = this.#taken;
    this.#taken = 0;
  }
}
