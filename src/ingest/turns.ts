import { RowferryError } from '../errors.ts';
import type { Dialect } from '../model/dialect.ts';

/** How long a part waits for the one before it to arrive. Milliseconds. */
const PATIENCE_MS = 5_000;
/** How often it looks whether another process has committed that one. Milliseconds. */
const LOOK_MS = 100;

/** What the first part of a load tells of all its parts. */
export interface Found {
  readonly columns: readonly string[];
  readonly dialect: Dialect;
}

interface InLine {
  readonly offset: number;
  /** Where the next one begins, if all of it is taken. */
  readonly end: number;
  /** A writer has it. */
  handedOver: boolean;
}

interface Line {
  /** Where the load stands. */
  position: number;
  /** The parts that are here; the same one may be here twice. */
  readonly here: Set<InLine>;
  readonly waiting: Set<() => void>;
  /** Told by the first part, which need not be committed yet. */
  found: Found | null;
  /** One that went ahead had to go back: the others stay in line. */
  inTurnOnly: boolean;
}

/** The place of a part in the line of its load. */
export interface Place {
  /** Resolves when the load stands at the part; `offset-mismatch` when it will not come to stand there. */
  turn(): Promise<void>;
  /**
   * Resolves when a writer may have the part: with null when it is its turn; when it goes ahead, because a writer has
   * the part before it already, with that one's offset.
   */
  handOver(mayGoAhead: boolean): Promise<number | null>;
  /** Resolves with what the first part has told, or with null when it is this part's turn before that. */
  found(): Promise<Found | null>;
  tell(found: Found): void;
  /** No part of the load goes ahead any more. */
  stayInTurn(): void;
}

/** Parts of a load commit in the order of their offsets, in whatever order they arrive. */
export class Turns {
  readonly #lines = new Map<string, Line>();
  #refusal: RowferryError | null = null;

  /** Whoever waits, or would have to, is refused so. */
  giveUp(refusal: RowferryError): void {
    this.#refusal = refusal;
    for (const line of this.#lines.values()) wakeAll(line);
  }

  /** Runs `work` for a part that is in the line as long as it takes. */
  async take<T>(
    load: string,
    { offset, end }: { readonly offset: number; readonly end: number },
    position: () => Promise<number>,
    work: (place: Place) => Promise<{ result: T; position: number }>,
  ): Promise<T> {
    const line = await this.#line(load, position);
    const part = { offset, end, handedOver: false };
    line.here.add(part);
    try {
      const { result, position: after } = await work({
        turn: () => this.#wait(line, offset, position, () => false),
        handOver: (mayGoAhead) => this.#handOver(line, part, position, mayGoAhead),
        found: () => this.#wait(line, offset, position, () => line.found !== null).then(() => line.found),
        tell: (found) => {
          line.found = found;
          wakeAll(line);
        },
        stayInTurn: () => {
          line.inTurnOnly = true;
        },
      });
      line.position = after;
      return result;
    } finally {
      line.here.delete(part);
      wakeAll(line);
      if (line.here.size === 0) this.#lines.delete(load);
    }
  }

  async #line(load: string, position: () => Promise<number>): Promise<Line> {
    const known = this.#lines.get(load);
    if (known !== undefined) return known;
    const line = {
      position: await position(),
      here: new Set<InLine>(),
      waiting: new Set<() => void>(),
      found: null,
      inTurnOnly: false,
    };
    const meanwhile = this.#lines.get(load);
    if (meanwhile !== undefined) return meanwhile;
    this.#lines.set(load, line);
    return line;
  }

  async #handOver(
    line: Line,
    part: InLine,
    position: () => Promise<number>,
    mayGoAhead: boolean,
  ): Promise<number | null> {
    const ahead = (): boolean =>
      mayGoAhead && !line.inTurnOnly && partBefore(line, part)?.handedOver === true;
    await this.#wait(line, part.offset, position, ahead);
    part.handedOver = true;
    wakeAll(line);
    return line.position < part.offset ? (partBefore(line, part)?.offset ?? null) : null;
  }

  /** Until the load stands at the offset, or until it is `enough` to stand before it. */
  async #wait(
    line: Line,
    offset: number,
    position: () => Promise<number>,
    enough: () => boolean,
  ): Promise<void> {
    let deadline = performance.now() + PATIENCE_MS;
    while (line.position < offset && !enough()) {
      if (this.#refusal !== null) throw this.#refusal;
      const before = [...line.here].some((each) => each.offset < offset && each.offset >= line.position);
      if (before) deadline = performance.now() + PATIENCE_MS;
      if (performance.now() >= deadline) throw mismatch(line.position, offset);
      await change(line, before ? null : LOOK_MS);
      if (!before) line.position = Math.max(line.position, await position());
    }
  }
}

function wakeAll({ waiting }: Line): void {
  for (const wake of waiting) wake();
}

/** Not any that is here: another one may still be on its way. */
function partBefore({ here }: Line, { offset }: InLine): InLine | undefined {
  return [...here].find((each) => each.end === offset);
}

/** Resolves when something happens in the line, or after `ms`. */
function change(line: Line, ms: number | null): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      line.waiting.delete(done);
      resolve();
    };
    const timer = ms === null ? undefined : setTimeout(done, ms);
    line.waiting.add(done);
  });
}

function mismatch(position: number, offset: number): RowferryError {
  return new RowferryError(
    'offset-mismatch',
    `the part starts at ${offset}; the load stands at ${position}`,
    {
      hint: `send the next part with offset=${position}`,
      extra: { offset: position },
    },
  );
}
