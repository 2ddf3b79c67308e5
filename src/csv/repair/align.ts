import { insideOf, isEscaped, type Marks, outsideOf, unquotedEnd, wellQuotedEnd } from './marks.ts';
import type { ColumnLike, Field } from './profile.ts';
import { shapeOf } from './shape.ts';

/**
 * The fields of a line that was written wrongly, found among all ways to read it that give as many fields as there
 * are columns. Quotes may be data. With `damage: 1` one delimiter may also be missing, be one too many, or stand
 * unquoted within one field.
 */
export interface AlignOptions {
  readonly marks: Marks;
  /** One for each column. */
  readonly profiles: readonly ColumnLike[];
  readonly damage: 0 | 1;
}

/** A way to read a line; the cost says how unlike the columns its fields are, and what was wrong. */
export interface Way {
  readonly cost: number;
  readonly fields: readonly Field[];
  /** A delimiter was wrong. */
  readonly damaged: boolean;
  /** Cost of the field that is least like its column. */
  readonly worst: number;
}

/** Two readings that are closer than this are a tie. */
const MARGIN = 1.5;
/** With a delimiter wrong, a value that is less like its column than this does not fit. */
const LIMIT = 6.5;
/** What is less likely still is no rival of what fits. */
const HOPELESS = 2 * LIMIT;
/** A line whose values are all in all less like their columns than this was not read right. */
const LINE_LIMIT = 24;
const KEPT = 3;
/** Ways looked at before a line is given up. */
const BUDGET = 20_000;
const MAX_LINE = 1 << 16;
const MAX_MERGED = 12;
const MAX_SPLITS = 64;

const DAMAGE = 1;
const STRAY = 1;
const STRAY_FIRST = 0.5;
/** A quote that could have ended the field was read as data. */
const PASSED_CLOSE = 4;
const QUOTES_AS_DATA = 8;

/** The line has ended. */
const END = -1;

/** The one reading that fits; null where none does or several do. */
export function align(line: string, options: AlignOptions): Way | null {
  if (line.length > MAX_LINE) return null;
  let [best, next] = new Alignment(line, options).ways(0, 0, options.damage);
  // A value that its column never had is taken where the delimiters are right.
  if (best === undefined && options.damage > 0) {
    [best, next] = new Alignment(line, { ...options, damage: 0 }).ways(0, 0, 0);
  }
  if (best === undefined || best.cost > LINE_LIMIT || (next !== undefined && next.cost - best.cost < MARGIN))
    return null;
  return best.damaged && best.worst > LIMIT ? null : best;
}

const NOTHING_LEFT: Way = { cost: 0, fields: [], damaged: false, worst: 0 };

class Alignment {
  readonly #line: string;
  readonly #marks: Marks;
  readonly #profiles: readonly ColumnLike[];
  readonly #limit: number;
  readonly #known = new Map<number, readonly Way[]>();
  #budget = BUDGET;
  readonly #shape: string;

  constructor(line: string, { marks, profiles, damage }: AlignOptions) {
    this.#line = line;
    this.#shape = shapeOf(line);
    this.#marks = marks;
    this.#profiles = profiles;
    this.#limit = damage > 0 ? HOPELESS : Number.POSITIVE_INFINITY;
  }

  /** To read what stands from `at` on as the columns from `column` on, with so much damage left to be found. */
  ways(at: number, column: number, damage: number): readonly Way[] {
    const key = ((at + 1) * (this.#profiles.length + 1) + column) * 2 + damage;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const found = this.#find(at, column, damage);
    this.#known.set(key, found);
    return found;
  }

  #find(at: number, column: number, damage: number): readonly Way[] {
    if (column === this.#profiles.length) return this.#ended(at, damage);
    const found: Way[] = [];
    const take = (field: Field, cost: number, next: number, left: number): void =>
      this.#take(found, column, { field, cost, next, left, damaged: left < damage });
    if (damage > 0) take({ text: '', quoted: false }, DAMAGE, at, damage - 1);
    if (at !== END) {
      this.#unquoted(at, column, damage, take);
      this.#quoted(at, damage, take);
      if (damage > 0 && this.#line.startsWith(this.#marks.delimiter, at)) {
        const rest = this.ways(at + this.#marks.delimiter.length, column, damage - 1);
        for (const way of rest) keep(found, { ...way, cost: way.cost + DAMAGE, damaged: true });
      }
    }
    return found;
  }

  /** All columns have their fields: nothing may be left, but an empty field after a delimiter too many. */
  #ended(at: number, damage: number): readonly Way[] {
    if (at === END) return [{ ...NOTHING_LEFT }];
    return damage > 0 && at === this.#line.length ? [{ ...NOTHING_LEFT, cost: DAMAGE, damaged: true }] : [];
  }

  #take(found: Way[], column: number, { field, cost, next, left, damaged }: Step): void {
    if (this.#budget-- <= 0) return;
    const own = this.#costOf(column, field);
    if (own > this.#limit) return;
    for (const way of this.ways(next, column + 1, left)) {
      const fields = [field, ...way.fields];
      keep(found, {
        cost: own + cost + way.cost,
        fields,
        damaged: damaged || way.damaged,
        worst: Math.max(own, way.worst),
      });
    }
  }

  /** A stray quote does not make a value unlike its column. */
  #costOf(column: number, field: Field): number {
    const profile = this.#profiles[column];
    if (profile === undefined) return 0;
    const own = profile.cost(field);
    const { quoteChar } = this.#marks;
    if (quoteChar === null || !field.text.includes(quoteChar)) return own;
    return Math.min(
      own,
      profile.cost({ text: field.text.replaceAll(quoteChar, ''), quoted: field.quoted }) + STRAY,
    );
  }

  #unquoted(at: number, column: number, damage: number, take: Take): void {
    const line = this.#line;
    const start = this.#start(at);
    if (wellQuotedEnd(line, start, this.#marks) > 0) return;
    let end = unquotedEnd(line, start, this.#marks);
    const first = end;
    for (let merged = 0; merged <= (damage > 0 ? MAX_MERGED : 0); merged++) {
      const { text, strays } = outsideOf(line, start, end, this.#marks);
      const quotes = strays === 0 ? 0 : Math.min(2, strays) * STRAY + this.#likeQuoted(text);
      const merge = merged === 0 ? 0 : DAMAGE + merged / 10;
      // Only quotes keep a record end from ending the record.
      if (/[\r\n]/.test(text)) break;
      const field = text.length === end - start ? this.#slice(start, end) : { text, quoted: false };
      take(field, quotes + merge, this.#after(end), merged === 0 ? damage : damage - 1);
      if (end >= line.length || wellQuotedEnd(line, this.#after(end), this.#marks) > 0) break;
      end = unquotedEnd(line, end + this.#marks.delimiter.length, this.#marks);
    }
    if (damage > 0) {
      for (const split of this.#splits(start, first, column)) {
        take(this.#slice(start, split), DAMAGE, split, damage - 1);
      }
    }
  }

  #slice(start: number, end: number): Field {
    return { text: this.#line.slice(start, end), quoted: false, shape: this.#shape.slice(start, end) };
  }

  /** What stands between quotes was hardly meant to have them as data. */
  #likeQuoted(text: string): number {
    const { quoteChar } = this.#marks;
    if (quoteChar === null || !text.startsWith(quoteChar)) return 0;
    return text.length > 1 && text.endsWith(quoteChar) ? QUOTES_AS_DATA : STRAY_FIRST;
  }

  #quoted(at: number, damage: number, take: Take): void {
    const { quoteChar, escapeChar } = this.#marks;
    const line = this.#line;
    const start = this.#start(at);
    if (quoteChar === null || line[start] !== quoteChar) return;
    const wellQuoted = wellQuotedEnd(line, start, this.#marks);
    for (
      let close = line.indexOf(quoteChar, start + 1);
      close > 0;
      close = line.indexOf(quoteChar, close + 1)
    ) {
      if (isEscaped(line, close, start + 1, escapeChar)) continue;
      const closed = close + 1 === line.length || line.startsWith(this.#marks.delimiter, close + 1);
      if (!closed && damage === 0) continue;
      if (wellQuoted > 0 && (close > wellQuoted || (closed && close < wellQuoted))) continue;
      const { text, strays, closes } = insideOf(line, start + 1, close, this.#marks);
      const cost = strays * STRAY + closes * PASSED_CLOSE + (closed ? 0 : DAMAGE);
      take(
        { text, quoted: true },
        cost,
        closed ? this.#after(close + 1) : close + 1,
        closed ? damage : damage - 1,
      );
    }
  }

  /** Where two fields may touch: at a quote, after a value of this column's shapes, before one of the next column's. */
  #splits(start: number, end: number, column: number): Set<number> {
    const splits = new Set<number>();
    const { quoteChar } = this.#marks;
    const quote = quoteChar === null ? -1 : this.#line.indexOf(quoteChar, start + 1);
    if (quote > 0 && quote < end) splits.add(quote);
    for (const shape of this.#profiles[column]?.shapes ?? []) {
      if (this.#shape.startsWith(shape, start)) splits.add(start + shape.length);
    }
    for (const shape of this.#profiles[column + 1]?.shapes ?? []) {
      if (this.#shape.startsWith(shape, end - shape.length)) splits.add(end - shape.length);
    }
    for (let i = start + 1; i < end && splits.size < MAX_SPLITS; i++) {
      if (this.#shape[i] !== this.#shape[i - 1]) splits.add(i);
    }
    splits.delete(start);
    splits.delete(end);
    return splits;
  }

  #start(at: number): number {
    return this.#marks.skipInitialSpace ? spacesEnd(this.#line, at) : at;
  }

  #after(end: number): number {
    return end >= this.#line.length ? END : end + this.#marks.delimiter.length;
  }
}

interface Step {
  readonly field: Field;
  readonly cost: number;
  /** Where the next field starts. */
  readonly next: number;
  /** Damage that may still be found. */
  readonly left: number;
  readonly damaged: boolean;
}

type Take = (field: Field, cost: number, next: number, left: number) => void;

/** Ways that give the same texts are one way. */
function keep(ways: Way[], way: Way): void {
  const same = ways.findIndex(({ fields }) => sameTexts(fields, way.fields));
  if (same >= 0) {
    if ((ways[same]?.cost ?? 0) <= way.cost) return;
    ways.splice(same, 1);
  }
  const place = ways.findIndex(({ cost }) => cost > way.cost);
  ways.splice(place < 0 ? ways.length : place, 0, way);
  ways.length = Math.min(ways.length, KEPT);
}

function sameTexts(a: readonly Field[], b: readonly Field[]): boolean {
  return a.length === b.length && a.every(({ text }, i) => text === b[i]?.text);
}

function spacesEnd(line: string, from: number): number {
  let at = from;
  while (line[at] === ' ') at++;
  return at;
}
