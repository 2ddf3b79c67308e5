import { outlineOf, PROSE, shapeOf } from './shape.ts';

/** A field of a record: its text, and whether it stood in quotes. */
export interface Field {
  readonly text: string;
  readonly quoted: boolean;
  /** That of the text, where it is known. */
  readonly shape?: string;
}

/** What a field may be compared with. */
export interface ColumnLike {
  /** 0 and up: how unlike the values of the column it is. */
  cost(field: Field): number;
  /** Shapes of its values. */
  readonly shapes: Iterable<string>;
}

/** Shapes remembered of a column. Where there are more, new ones are nothing special. */
const MAX_SHAPES = 256;
/** More than a field may cost that is put where none was: what is cut off is not to pass for empty. */
const NEVER_EMPTY = 7;
const MAX_COSTS = 10_000;
/** A common start that is shorter says nothing. */
const MIN_PREFIX = 4;
const OTHER_PREFIX = 6;
/** Many a writer quotes only what needs it. */
const OTHER_QUOTES = 3;
/** What is never seen is still not impossible: counts as this many of the values. */
const UNSEEN = 0.1;

/**
 * What the values of a column look like: how they are built, how they start and end, whether they are quoted or
 * empty. `cost` is the negative logarithm of how often such values came, so that the costs of a record add up.
 */
export class ColumnProfile implements ColumnLike {
  readonly #shapes = new Counts();
  readonly #outlines = new Counts();
  readonly #firsts = new Counts();
  readonly #lasts = new Counts();
  /** By shape: it alone decides, but for a common start. */
  readonly #costs = new Map<string, number>();
  #prefix: string | null = null;
  #values = 0;
  #filled = 0;
  #quoted = 0;

  /** Values seen. */
  get values(): number {
    return this.#values;
  }

  /** Shapes of the values that are not prose. */
  get shapes(): Iterable<string> {
    return this.#shapes.times.keys();
  }

  add({ text, quoted }: Field): void {
    this.#costs.clear();
    this.#values++;
    if (quoted) this.#quoted++;
    if (text === '') return;
    this.#filled++;
    const shape = shapeOf(text);
    const outline = outlineOf(shape);
    if (outline !== PROSE) this.#shapes.add(shape);
    this.#outlines.add(outline);
    this.#firsts.add(shape[0] ?? '');
    this.#lasts.add(shape.at(-1) ?? '');
    this.#prefix = this.#prefix === null ? text : commonPrefix(this.#prefix, text);
  }

  /** 0 and up: how unlike the values of the column it is. 0 where nothing was seen. */
  cost({ text, quoted, shape }: Field): number {
    if (this.#values === 0) return 0;
    const alike = quoted ? this.#quoted : this.#values - this.#quoted;
    const quotes = Math.min(OTHER_QUOTES, unlikely(alike, this.#values, UNSEEN));
    const empty = this.#values - this.#filled;
    if (text === '') return quotes + (empty === 0 ? NEVER_EMPTY : unlikely(empty, this.#values));
    const filled = unlikely(this.#filled, this.#values);
    return quotes + filled + (this.#filled === 0 ? 0 : this.#costOfText(text, shape ?? shapeOf(text)));
  }

  #costOfText(text: string, shape: string): number {
    const known = this.#costs.get(shape);
    const own = known ?? this.#costOfShape(shape);
    if (known === undefined && this.#costs.size < MAX_COSTS) this.#costs.set(shape, own);
    const prefix = this.#prefix ?? '';
    const other = this.#filled > 2 && prefix.length >= MIN_PREFIX && !text.startsWith(prefix);
    return other ? own + OTHER_PREFIX : own;
  }

  #costOfShape(shape: string): number {
    const outline = outlineOf(shape);
    return (
      this.#novelty(this.#outlines, outline) +
      (outline === PROSE ? 0 : this.#novelty(this.#shapes, shape) / 2) +
      unlikely(this.#firsts.of(shape[0] ?? ''), this.#filled) / 2 +
      unlikely(this.#lasts.of(shape.at(-1) ?? ''), this.#filled) / 2
    );
  }

  /**
   * As often as it came; what never came as often as things that came only once (Good and Turing), of which any one is
   * likelier than a new one.
   */
  #novelty(seen: Counts, what: string): number {
    const times = seen.of(what);
    if (times === 0 && seen.isFull) return 1;
    const single = unlikely(seen.once, this.#filled) + 1;
    return times === 0 ? single + 1 : Math.min(single, unlikely(times, this.#filled));
  }
}

class Counts {
  readonly times = new Map<string, number>();
  /** How many came only once. */
  once = 0;

  get isFull(): boolean {
    return this.times.size >= MAX_SHAPES;
  }

  of(what: string): number {
    return this.times.get(what) ?? 0;
  }

  add(what: string): void {
    const times = this.of(what);
    if (times === 0 && this.isFull) return;
    this.times.set(what, times + 1);
    if (times === 0) this.once++;
    else if (times === 1) this.once--;
  }
}

function unlikely(times: number, of: number, unseen = UNSEEN): number {
  return Math.max(0, -Math.log((times + unseen) / (of + 2 * unseen)));
}

function commonPrefix(a: string, b: string): string {
  let i = 0;
  while (i < a.length && i < b.length && a[i] === b[i]) i++;
  return a.slice(0, i);
}
