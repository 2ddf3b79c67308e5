import { DEFAULT_DIALECT, type Dialect } from '../../model/dialect.ts';
import type { Shape } from './tokenize.ts';

/** Delimiters that are looked for, the most usual first. */
const DELIMITERS = [
  ',',
  ';',
  '\t',
  '|',
  ':',
  '^',
  '~',
  ' ',
  '\u00a7',
  '\u00a6',
  '\u001f',
  '\u0001',
  '\\t',
  '||',
  '::',
  ';;',
  ',,',
  '\t\t',
  '^^',
  '~~',
  '|~|',
  '~|~',
  '^|^',
  '#|#',
  '@@',
  '##',
  '$$',
  '%%',
  '<>',
  '=>',
  '->',
  ', ',
  '; ',
  ' | ',
] as const;
const QUOTES = ['"', "'"] as const;
const BACKSLASH = '\\';
/** A delimiter of one of so many lines is none. */
const FEWEST_LINES = 3;

/**
 * The shapes that the text may be written in, what is declared held fixed; the one of RFC 4180 first. A shape that
 * would read nothing differently is left out.
 */
export function shapesOf(text: string, declared: Partial<Dialect>): Shape[] {
  const lines = text.split(/\r\n|\n|\r/).filter((line) => line !== '');
  const delimiters = delimitersOf(text, lines, declared);
  // Words in quotes stand between spaces whatever divides the fields.
  const dividing = delimiters.filter((delimiter) => delimiter !== ' ' || delimiters.length === 1);
  const bare = text.includes('"') && !dividing.some((delimiter) => opensFields(text, delimiter, '"'));
  return delimiters.flatMap((delimiter) =>
    quotesOf(text, delimiter, bare, declared).flatMap((quoteChar) =>
      escapesOf(text, delimiter, quoteChar, declared).flatMap((escaping) =>
        spacesOf(text, delimiter, declared).map((skipInitialSpace) => ({
          delimiter,
          quoteChar,
          ...escaping,
          skipInitialSpace,
        })),
      ),
    ),
  );
}

function delimitersOf(text: string, lines: readonly string[], declared: Partial<Dialect>): string[] {
  if (declared.delimiter !== undefined) return [declared.delimiter];
  const found = DELIMITERS.filter((each) => text.includes(each) && isInMany(lines, each));
  return [...new Set([DEFAULT_DIALECT.delimiter, ...found])];
}

function isInMany(lines: readonly string[], delimiter: string): boolean {
  const sample = lines.slice(0, 200);
  return sample.filter((line) => line.includes(delimiter)).length * FEWEST_LINES >= sample.length;
}

/** `bare`: double quotes are part of fields, if anything is. */
function quotesOf(
  text: string,
  delimiter: string,
  bare: boolean,
  declared: Partial<Dialect>,
): Array<string | null> {
  if (declared.quoteChar !== undefined) return [declared.quoteChar];
  const found = QUOTES.filter((quote) => quote === '"' || opensFields(text, delimiter, quote));
  return bare ? [...found, null] : found;
}

/**
 * Whether a quote stands where a field begins, and one where a field ends. Of apostrophes, which words begin and end
 * with, two fields at least do, and nearly as many end as begin.
 */
function opensFields(text: string, delimiter: string, quote: string): boolean {
  const ends = [delimiter, '\n', '\r'];
  const times = (piece: string): number => text.split(piece).length - 1;
  const sum = (counts: readonly number[]): number => counts.reduce((all, each) => all + each, 0);
  const opening = sum(ends.map((end) => times(end + quote))) + (text.startsWith(quote) ? 1 : 0);
  const closing = sum(ends.map((end) => times(quote + end))) + (text.endsWith(quote) ? 1 : 0);
  if (quote === '"') return opening > 0 && closing > 0;
  return Math.min(opening, closing) > 1 && Math.abs(opening - closing) * 10 <= opening + closing;
}

type Escape = Pick<Shape, 'doubleQuote' | 'escapeChar'>;

/** A backslash escapes where it stands before a quote or a delimiter. */
function escapesOf(
  text: string,
  delimiter: string,
  quoteChar: string | null,
  declared: Partial<Dialect>,
): Escape[] {
  const doubleQuote = declared.doubleQuote ?? true;
  if (declared.escapeChar !== undefined) return [{ doubleQuote, escapeChar: declared.escapeChar }];
  const plain = { doubleQuote, escapeChar: null };
  const escaped = [quoteChar, delimiter].some((each) => each !== null && text.includes(BACKSLASH + each));
  if (!escaped || delimiter.startsWith(BACKSLASH)) return [plain];
  return [plain, { doubleQuote, escapeChar: BACKSLASH }];
}

/** Spaces are no part of the fields where nearly every delimiter has one after it. */
const NEARLY_EVERY = 0.9;

function spacesOf(text: string, delimiter: string, declared: Partial<Dialect>): boolean[] {
  if (declared.skipInitialSpace !== undefined) return [declared.skipInitialSpace];
  if (delimiter.includes(' ')) return [false];
  const all = text.split(delimiter).length - 1;
  const padded = text.split(`${delimiter} `).length - 1;
  return padded > 0 && padded >= all * NEARLY_EVERY ? [false, true] : [false];
}
