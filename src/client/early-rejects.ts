import type { Load, PartReceipt } from '../model/receipt.ts';
import type { NotAddedOptions, NotAddedWriter } from './not-added.ts';
import type { NotAdded } from './not-added-paths.ts';

/**
 * Writes a load's rejects while it is sent, from the answers to its parts: at its end they need not be asked for. Of
 * a load that others send too, that goes on, or that has more rejects than an answer holds, they are not all here.
 * To be ended by `commit` or `discard`.
 */
export class EarlyRejects {
  readonly #placeOf: (load: Load) => NotAddedOptions;
  #writer: NotAddedWriter | null = null;
  #count = 0;
  #last = -1;
  #gaveUp = false;

  constructor(placeOf: (load: Load) => NotAddedOptions) {
    this.#placeOf = placeOf;
  }

  async add(receipt: PartReceipt): Promise<void> {
    const [first] = receipt.rejects;
    if (first === undefined || this.#gaveUp) return;
    // A part that is answered twice: so many rejects would be all of them, and yet another part's are missing.
    if (first.index <= this.#last) return this.discard();
    try {
      this.#writer ??= await this.#open(receipt);
      await this.#writer.add(receipt.rejects);
    } catch {
      // The disk may be full. The rows are on their way all the same; at the end it is tried again, and told.
      return this.discard();
    }
    this.#last = receipt.rejects.at(-1)?.index ?? first.index;
    this.#count += receipt.rejects.length;
  }

  /** Most loads have no rejects, and start sooner without what writes them. */
  async #open(receipt: PartReceipt): Promise<NotAddedWriter> {
    const { NotAddedWriter } = await import('./not-added.ts');
    return NotAddedWriter.open(this.#placeOf(receipt));
  }

  /** Null when they are not all of the load's rejects; nothing is left behind then. */
  async commit(load: Pick<Load, 'rejected'>): Promise<NotAdded | null> {
    const writer = this.#writer;
    if (this.#count !== load.rejected || writer === null) {
      await this.discard();
      return null;
    }
    this.#writer = null;
    return writer.commit();
  }

  async discard(): Promise<void> {
    const writer = this.#writer;
    this.#gaveUp = true;
    this.#writer = null;
    await writer?.discard();
  }
}
