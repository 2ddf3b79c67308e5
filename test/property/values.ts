import type { Random } from './random.ts';

export type Spellings = (random: Random) => string;

/** The values of one type, as they stand in CSV files. */
export interface Values {
  /** One of those that the type is made for, over the whole of its range. */
  readonly valid: Spellings;
  /** Where mistakes are likely: limits, one beyond them, other spellings, what looks alike. */
  readonly edges: readonly string[];
}

/** A field of a CSV file: a text, nothing (NULL), or bytes that are no text. */
export type FieldValue = string | null | Uint8Array;

/** Of a thousand values. */
interface Shares {
  /** Quoted and empty. */
  readonly empty: number;
  readonly edges: number;
  readonly mutations: number;
  readonly garbage: number;
}

/** No value that is not valid, but NULLs and bytes that are no text. */
export const VALID: Shares = { empty: 0, edges: 0, mutations: 0, garbage: 0 };
const CHECKED: Shares = { empty: 10, edges: 200, mutations: 180, garbage: 60 };

/** Values that only the database can judge are looked at one by one when it refuses some: so many, of however many. */
const MOST_REFUSED = 150;

export function sharesOf(count: number, leftToDatabase: boolean): Shares {
  if (!leftToDatabase) return CHECKED;
  const share = Math.min(45, (MOST_REFUSED * 1000) / count);
  return { empty: share / 10, edges: share / 2, mutations: share / 5, garbage: share / 5 };
}

/** A list of texts without spaces. */
export const spaced = (list: string): string[] => list.split(' ');

/** Parts of texts that programs stumble over. */
const PIECES = [
  ...['\\', '\\.', '\\N', '\\n', '\\t', '\\x', '\\x00', '\\u0000', '\\0', "\\'", '%', '_', '%s', '$x'],
  ...spaced('" "" ` , ,, ; | -- /* */ # ( ) { } [ ] < > a B ß ı İ é ﬁ Å 漢字 😀 🇩🇪'),
  ...[
    '\t',
    '\n',
    '\r',
    '\r\n',
    '\v',
    '\f',
    '\b',
    '\x01',
    '\x1a',
    '\x1f',
    '\x7f',
    '\x85',
    ' ',
    '  ',
    '\u00a0',
    "'",
    "''",
    'e\u0301',
    '\u212b',
    '👩‍👩‍👧',
    '\u{10ffff}',
    '\ufffd',
  ],
  ...['\ufeff', '\u200b', '\u202e', '\u2028', '\uffff', '\ufdd0', 'א', '١', '１', '²', '½', '−', '．', '：'],
  ...spaced('0 1 9 00 - + . : / e E T Z x 0x null NULL true NaN'),
  ...['Infinity', '-inf', 'now', 'today', 'epoch', 'infinity', 'DEFAULT', '0000-00-00', '1970-01-01'],
];

const BROKEN: readonly (readonly number[])[] = [
  [0],
  [0xff],
  [0xfe, 0xff],
  [0x80],
  [0xc3],
  // Overlong forms of / and NUL.
  [0xc0, 0xaf],
  [0xc0, 0x80],
  // Surrogates, one alone and a pair (CESU-8).
  [0xed, 0xa0, 0x80],
  [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80],
  // Beyond U+10FFFF, and a character that is cut.
  [0xf4, 0x90, 0x80, 0x80],
  [0xf0, 0x9f, 0x98],
  // é of ISO 8859-1.
  [0x63, 0x61, 0x66, 0xe9],
];

export function nextValue(random: Random, values: Values, shares: Shares): FieldValue {
  const value = drawn(random, values, shares);
  // A mutation may have left half of a surrogate pair, which is no text.
  return typeof value === 'string' ? value.toWellFormed() : value;
}

function drawn(random: Random, values: Values, shares: Shares): FieldValue {
  let roll = random.below(1_000_000) / 1000;
  const falls = (share: number): boolean => {
    roll -= share;
    return roll < 0;
  };
  if (falls(25)) return null;
  if (falls(shares.empty)) return '';
  if (falls(8)) return broken(random, values.valid(random));
  if (falls(shares.edges)) return random.pick(values.edges);
  if (falls(shares.mutations)) {
    return mutated(random, random.oneIn(2) ? random.pick(values.edges) : values.valid(random));
  }
  return falls(shares.garbage) ? anyText(random) : values.valid(random);
}

export function anyText(random: Random): string {
  if (random.oneIn(400)) return random.pick(PIECES).repeat(random.between(100, 9000));
  let text = '';
  for (let parts = random.below(7); parts > 0; parts--) text += random.pick(PIECES);
  return text;
}

const encoder = new TextEncoder();

function broken(random: Random, text: string): Uint8Array {
  const at = random.below(text.length + 1);
  const clean = (part: string) => encoder.encode(part.replaceAll('"', ''));
  return Uint8Array.from([...clean(text.slice(0, at)), ...random.pick(BROKEN), ...clean(text.slice(at))]);
}

/** A character more, less or other; what stands around; another case. */
function mutated(random: Random, text: string): string {
  const at = random.below(text.length + 1);
  const [before, after] = [text.slice(0, at), text.slice(at)];
  switch (random.below(9)) {
    case 0:
      return before + random.pick(PIECES) + after;
    case 1:
      return before + after.slice(1);
    case 2:
      return before + random.pick(PIECES) + after.slice(1);
    case 3:
      return random.pick([' ', '\t', '\n', '+', '-', '0', '"', "'"]) + text;
    case 4:
      return text + random.pick([' ', '\t', '\n', '0', '.0', 'Z', '+00', "'", '\\']);
    case 5:
      return random.oneIn(2) ? text.toUpperCase() : text.toLowerCase();
    case 6:
      return before + random.digits(random.between(1, 3)) + after;
    case 7:
      return before + after.slice(0, 3) + after;
    default:
      return [...text].toReversed().join('');
  }
}
