import type { Dialect } from '../../model/dialect.ts';

/** What of a dialect says where fields start and end. */
export type Marks = Pick<
  Dialect,
  'delimiter' | 'quoteChar' | 'doubleQuote' | 'escapeChar' | 'skipInitialSpace'
>;

/** Where an unquoted field that starts at `from` ends: at the next delimiter that is not escaped, or the end. */
export function unquotedEnd(line: string, from: number, { delimiter, escapeChar }: Marks): number {
  let at = line.indexOf(delimiter, from);
  while (at > 0 && isEscaped(line, at, from, escapeChar)) at = line.indexOf(delimiter, at + 1);
  return at < 0 ? line.length : at;
}

/**
 * The closing quote of a field that is quoted as the dialect says, with a delimiter or the end after it; -1 when what
 * starts at `from` is none.
 */
export function wellQuotedEnd(line: string, from: number, marks: Marks): number {
  const { quoteChar, escapeChar, doubleQuote, delimiter } = marks;
  if (quoteChar === null || line[from] !== quoteChar) return -1;
  let at = from + 1;
  for (; at < line.length; at++) {
    if (line[at] === escapeChar) at++;
    else if (line[at] === quoteChar && doubleQuote && line[at + 1] === quoteChar) at++;
    else if (line[at] === quoteChar) break;
  }
  if (at >= line.length) return -1;
  return at + 1 === line.length || line.startsWith(delimiter, at + 1) ? at : -1;
}

export function isEscaped(line: string, at: number, from: number, escapeChar: string | null): boolean {
  if (escapeChar === null) return false;
  let escapes = 0;
  while (at - escapes > from && line[at - escapes - 1] === escapeChar) escapes++;
  return escapes % 2 === 1;
}

/** What stands inside quotes, with the quotes that are there and should not be. */
export interface Inside {
  readonly text: string;
  readonly strays: number;
  /** Of them those that a delimiter follows. */
  readonly closes: number;
}

/** The text between quotes: escapes and doubled quotes undone, single quotes kept as data and counted. */
export function insideOf(line: string, start: number, end: number, marks: Marks): Inside {
  const { quoteChar, escapeChar, doubleQuote } = marks;
  let text = '';
  let strays = 0;
  let closes = 0;
  for (let i = start; i < end; i++) {
    const character = line[i] ?? '';
    const next = line[i + 1];
    if (character === escapeChar && i + 1 < end) {
      text += line[++i];
    } else if (character === quoteChar && doubleQuote && next === quoteChar && i + 1 < end) {
      text += line[i++];
    } else {
      if (character === quoteChar) {
        strays++;
        if (line.startsWith(marks.delimiter, i + 1)) closes++;
      }
      text += character;
    }
  }
  return { text, strays, closes };
}

/** The text of an unquoted field: escapes undone; `strays` counts its quotes. */
export function outsideOf(line: string, start: number, end: number, marks: Marks): Omit<Inside, 'closes'> {
  const raw = line.slice(start, end);
  const { text } =
    marks.escapeChar === null ? { text: raw } : insideOf(line, start, end, { ...marks, quoteChar: null });
  let strays = 0;
  for (const character of raw) if (character === marks.quoteChar) strays++;
  return { text, strays };
}
