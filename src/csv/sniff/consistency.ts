import { isTyped, type Look, lookOf } from './cells.ts';
import type { Row, Shape } from './tokenize.ts';

/** How well a shape reads a text: 0 to 1. */
export interface Consistency {
  readonly score: number;
  /** Fields of most records. */
  readonly width: number;
  /** Records with so many fields, of 0 to 1. */
  readonly share: number;
}

/** Records whose fields are looked at. */
const LOOKED_AT = 120;
const MOST_FIELDS = 64;
const IN_WORDS: ReadonlySet<string> = new Set([' ', ':', '->', '=>']);
const WEIGHT: Readonly<Record<Look, number>> = {
  empty: 0.9,
  number: 1,
  date: 1,
  time: 1,
  boolean: 1,
  text: 0.95,
  odd: 0.2,
};

/** What is rare needs to read better: people write sentences with spaces and times with colons. */
const USUAL: Readonly<Record<string, number>> = {
  ',': 1,
  ';': 0.99,
  '\t': 0.99,
  '|': 0.98,
  ':': 0.7,
  ' ': 0.7,
};

/**
 * The consistency of G. J. J. van den Burg, A. Nazábal and C. Sutton (Wrangling messy CSV files by detecting row and
 * type patterns, 2019), changed: records that have as many fields as most, times fields that look like something,
 * less for records with stray quotes, and for one field alone next to nothing.
 */
export function consistencyOf(rows: readonly Row[], shape: Shape): Consistency {
  const records = rows.filter((row) => row.cells.length > 0);
  const { width, share } = usualWidth(records);
  if (records.length === 0) return { score: 0, width: 0, share: 0 };
  const faults = records.filter((row) => row.fault).length / records.length;
  const usual = records.filter((row) => row.cells.length === width);
  const { looks, typed, quoted } = looksOf(usual);
  const pattern = width === 1 ? (typed > 0.8 ? 0.9 : 0.05) : share * share * (1 - 1 / (width + 2));
  // Names and times of day have as many spaces and colons each, and are one field for that.
  const split = !IN_WORDS.has(shape.delimiter) || typed > 0 || quoted > 0 ? 1 : 0.05;
  const score = pattern * looks * split * (1 - faults) ** 3 * usualness(shape);
  return { score, width, share };
}

/** The number of fields that most records have; of two, the larger. */
export function usualWidth(rows: readonly Row[]): { width: number; share: number } {
  const counts = new Map<number, number>();
  for (const { cells } of rows) counts.set(cells.length, (counts.get(cells.length) ?? 0) + 1);
  const [width = 0, count = 0] = [...counts].sort(([a, x], [b, y]) => y - x || b - a)[0] ?? [];
  return { width, share: rows.length === 0 ? 0 : count / rows.length };
}

interface Looks {
  /** Mean weight of what the fields look like. */
  readonly looks: number;
  /** Shares of the fields. */
  readonly typed: number;
  readonly quoted: number;
}

function looksOf(rows: readonly Row[]): Looks {
  const step = Math.max(1, Math.floor(rows.length / LOOKED_AT));
  let seen = 0;
  let [sum, typed, inQuotes] = [0, 0, 0];
  for (let r = 0; r < rows.length; r += step) {
    const { cells = [], quoted = [] } = rows[r] ?? {};
    for (const [i, cell] of cells.slice(0, MOST_FIELDS).entries()) {
      const look = lookOf(cell);
      sum += quoted[i] ? 1 : WEIGHT[look];
      if (isTyped(look)) typed++;
      if (quoted[i]) inQuotes++;
      seen++;
    }
  }
  const all = Math.max(1, seen);
  return { looks: sum / all, typed: typed / all, quoted: inQuotes / all };
}

export function usualness({ delimiter, quoteChar, escapeChar, skipInitialSpace }: Shape): number {
  const rare =
    (quoteChar === '"' ? 1 : 0.98) * (escapeChar === null ? 1 : 0.98) * (skipInitialSpace ? 1.001 : 1);
  return (USUAL[delimiter] ?? (delimiter.length > 1 ? 0.97 : 0.9)) * rare;
}
