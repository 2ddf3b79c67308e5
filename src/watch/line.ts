import { RowferryError } from '../errors.ts';
import type { Claim } from './claim.ts';
import { type Ending, type Loaded, loadClaimed, placeLoaded, type Settling } from './settle.ts';

/** Claimed files, loaded and placed one behind the other, the next made ready meanwhile. */
export interface LineWays {
  /** Does the work again, after a wait, until it resolves with null or the watcher stops. Never rejects. */
  readonly untilItWorks: (name: string, work: () => Promise<RowferryError | null>) => Promise<void>;
  readonly onEmpty: () => void;
}

/** A file in the line, for the one behind it. */
interface Before {
  /** Its first part is about to be sent, or there is none to be sent. */
  readonly announced: Promise<void>;
  /** With the loads it was part of. */
  readonly loaded: Promise<ReadonlySet<string>>;
  isLoaded: boolean;
  readonly placed: Promise<void>;
}

/**
 * Claimed files, one behind the other. A file is loaded when the one before it is loaded, and placed when that one is
 * placed. But once the one before it is announced it is read, sniffed and announced too; and while it is placed, the
 * one behind it is loaded. Of many small files that is half of the time.
 */
export class Line {
  readonly #context: Settling;
  readonly #ways: LineWays;
  #length = 0;
  #last: Before = {
    announced: Promise.resolve(),
    loaded: Promise.resolve(new Set()),
    isLoaded: true,
    placed: Promise.resolve(),
  };

  constructor(context: Omit<Settling, 'turn'>, ways: LineWays) {
    this.#context = { ...context, turn: async () => undefined };
    this.#ways = ways;
  }

  /** All that were added are placed, or left in work by a watcher that stops. */
  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** Resolves when this file is loaded, and the one before it is placed. Never rejects. */
  async add(claimed: Claim): Promise<void> {
    this.#length += 1;
    const before = this.#last;
    const announced = Promise.withResolvers<void>();
    const ending = this.#load(claimed, before, announced.resolve);
    const loaded = ending.then((end) => {
      announced.resolve();
      last.isLoaded = true;
      return loadsOf(end);
    });
    const placed = this.#place(claimed, ending, before).then(() => {
      this.#length -= 1;
      if (this.isEmpty) this.#ways.onEmpty();
    });
    const last: Before = { announced: announced.promise, loaded, isLoaded: false, placed };
    this.#last = last;
    await Promise.all([loaded, before.placed]);
  }

  /** Resolves when it is empty. */
  placed(): Promise<void> {
    return this.#last.placed;
  }

  /** Null when there is nothing to be placed. */
  async #load(claimed: Claim, before: Before, onAnnounced: () => void): Promise<Ending | null> {
    await before.announced;
    let held = await this.#begin(claimed, before, onAnnounced);
    await before.loaded;
    // Also by a watcher that stops, which does nothing again.
    if (held !== null && 'ending' in held) return held.ending;
    let ending: Ending | null = null;
    await this.#ways.untilItWorks(claimed.name, async () => {
      const loaded = held ?? (await loadClaimed(claimed, this.#context));
      held = null;
      if ('reason' in loaded) return loaded.reason;
      ending = loaded.ending;
      return null;
    });
    return ending;
  }

  /** Null where it began before its turn and came to nothing: what held it up may be over then. */
  async #begin(claimed: Claim, before: Before, onAnnounced: () => void): Promise<Loaded | null> {
    let isItsTurn = before.isLoaded;
    const turn = async (load: string): Promise<void> => {
      // Announced while the same content was on its way into the same table: only now it can be told for a copy.
      if ((await before.loaded).has(load) && !isItsTurn)
        throw new RowferryError('request-running', `load ${load} was under way`);
      this.#context.signal.throwIfAborted();
      isItsTurn = true;
      onAnnounced();
    };
    const loaded = await loadClaimed(claimed, { ...this.#context, turn });
    return isItsTurn || 'ending' in loaded ? loaded : null;
  }

  /** What is loaded is tried to be placed by a watcher that stops, too. */
  async #place(claimed: Claim, loading: Promise<Ending | null>, before: Before): Promise<void> {
    const ending = await loading;
    await before.placed;
    if (ending === null) return;
    let reason = await placeLoaded(claimed, ending, this.#context);
    if (reason === null) return;
    await this.#ways.untilItWorks(claimed.name, async () => {
      const held = reason ?? (await placeLoaded(claimed, ending, this.#context));
      reason = null;
      return held;
    });
  }
}

function loadsOf(ending: Ending | null): ReadonlySet<string> {
  return new Set(ending?.loaded.flatMap(({ outcome: { load, parent = load } }) => [load, parent]));
}
