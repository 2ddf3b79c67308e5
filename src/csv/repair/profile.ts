import { charClass, outlineOf, shapeOf } from './shape.ts';

/** A field of a record: its text, and whether it stood in quotes. */
export interface Field {
  readonly text: string;
  readonly quoted: boolean;
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
  readonly #shapes = new Map<string, number>();
  readonly #outlines = new Map<string, number>();
  readonly #firsts = new Map<string, number>();
  readonly #lasts = new Map<string, number>();
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
    return this.#shapes.keys();
  }

  add({ text, quoted }: Field): void {
    this.#values++;
    if (quoted) this.#quoted++;
    if (text === '') return;
    this.#filled++;
    const shape = shapeOf(text);
    if (outlineOf(shape) !== '…') count(this.#shapes, shape);
    count(this.#outlines, outlineOf(shape));
    count(this.#firsts, charClass(text, 0));
    count(this.#lasts, charClass(text, text.length - 1));
    this.#prefix = this.#prefix === null ? text : commonPrefix(this.#prefix, text);
  }

  /** 0 and up: how unlike the values of the column it is. 0 where nothing was seen. */
  cost({ text, quoted }: Field): number {
    if (this.#values === 0) return 0;
    const alike = quoted ? this.#quoted : this.#values - this.#quoted;
    const quotes = Math.min(OTHER_QUOTES, unlikely(alike, this.#values, UNSEEN));
    if (text === '') return quotes + unlikely(this.#values - this.#filled, this.#values);
    const filled = unlikely(this.#filled, this.#values);
    return quotes + filled + (this.#filled === 0 ? 0 : this.#costOfText(text));
  }

  #costOfText(text: string): number {
    const shape = shapeOf(text);
    const outline = outlineOf(shape);
    const start = this.#prefix !== null && this.#prefix.length >= MIN_PREFIX && this.#filled > 2;
    return (
      this.#novelty(this.#outlines, outline) +
      (outline === '…' ? 0 : this.#novelty(this.#shapes, shape) / 2) +
      unlikely(this.#firsts.get(charClass(text, 0)) ?? 0, this.#filled) / 2 +
      unlikely(this.#lasts.get(charClass(text, text.length - 1)) ?? 0, this.#filled) / 2 +
      (start && !text.startsWith(this.#prefix ?? '') ? OTHER_PREFIX : 0)
    );
  }

  /**
   * As often as it came; what never came as often as things that came only once (Good and Turing), of which any one is
   * likelier than a new one.
   */
  #novelty(seen: ReadonlyMap<string, number>, what: string): number {
    const times = seen.get(what) ?? 0;
    if (times === 0 && seen.size >= MAX_SHAPES) return 1;
    let once = 0;
    for (const each of seen.values()) if (each === 1) once++;
    const single = unlikely(once, this.#filled) + 1;
    return times === 0 ? single + 1 : Math.min(single, unlikely(times, this.#filled));
  }
}

function unlikely(times: number, of: number, unseen = UNSEEN): number {
  return Math.max(0, -Math.log((times + unseen) / (of + 2 * unseen)));
}

function count(seen: Map<string, number>, what: string): void {
  const times = seen.get(what);
  if (times !== undefined || seen.size < MAX_SHAPES) seen.set(what, (times ?? 0) + 1);
}

function commonPrefix(a: string, b: string): string {
  let i = 0;
  while (i < a.length && i < b.length && a[i] === b[i]) i++;
  return a.slice(0, i);
}
