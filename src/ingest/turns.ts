import { RowferryError } from '../errors.ts';

/** How long a part waits for the one before it to arrive. Milliseconds. */
const PATIENCE_MS = 5_000;
/** How often it looks whether another process has committed that one. Milliseconds. */
const LOOK_MS = 100;

interface Line {
  /** Where the load stands. */
  position: number;
  /** The parts that are here; the same one may be here twice. */
  readonly here: Set<{ readonly offset: number }>;
  readonly waiting: Set<() => void>;
}

/** Parts of a load commit in the order of their offsets, in whatever order they arrive. */
export class Turns {
  readonly #lines = new Map<string, Line>();

  /** Runs `work` when the load stands at `offset`; `offset-mismatch` when it will not come to stand there. */
  async take<T>(
    load: string,
    offset: number,
    position: () => Promise<number>,
    work: (turn: () => Promise<void>) => Promise<{ result: T; position: number }>,
  ): Promise<T> {
    const line = await this.#line(load, position);
    const part = { offset };
    line.here.add(part);
    try {
      const { result, position: after } = await work(() => this.#turn(line, offset, position));
      line.position = after;
      return result;
    } finally {
      line.here.delete(part);
      for (const wake of line.waiting) wake();
      if (line.here.size === 0) this.#lines.delete(load);
    }
  }

  async #line(load: string, position: () => Promise<number>): Promise<Line> {
    const known = this.#lines.get(load);
    if (known !== undefined) return known;
    const line = {
      position: await position(),
      here: new Set<{ offset: number }>(),
      waiting: new Set<() => void>(),
    };
    const meanwhile = this.#lines.get(load);
    if (meanwhile !== undefined) return meanwhile;
    this.#lines.set(load, line);
    return line;
  }

  async #turn(line: Line, offset: number, position: () => Promise<number>): Promise<void> {
    let deadline = performance.now() + PATIENCE_MS;
    while (line.position < offset) {
      const before = [...line.here].some((each) => each.offset < offset && each.offset >= line.position);
      if (before) deadline = performance.now() + PATIENCE_MS;
      if (performance.now() >= deadline) throw mismatch(line.position, offset);
      await change(line, before ? null : LOOK_MS);
      if (!before) line.position = Math.max(line.position, await position());
    }
  }
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
