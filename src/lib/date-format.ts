/**
 * Formats of dates and times with the directives of strptime (POSIX.1-2024), as Python and Frictionless write them.
 * Narrower where a text could be read in two ways: `%Y` has four digits, `%y` two (69 to 99 are of the 20th century),
 * digits without anything between them all their places, and names are the English ones.
 */

/** What a directive reads. No format reads one of them twice. */
type Part =
  | 'year'
  | 'month'
  | 'day'
  | 'dayOfYear'
  | 'weekday'
  | 'hour'
  | 'half'
  | 'minute'
  | 'second'
  | 'fraction'
  | 'zone';

interface DirectiveFacts {
  readonly part: Part;
  /** Fewest and most digits; none where it is no number. */
  readonly digits?: readonly [number, number];
}

const FACTS = {
  Y: { part: 'year', digits: [4, 4] },
  y: { part: 'year', digits: [2, 2] },
  m: { part: 'month', digits: [1, 2] },
  b: { part: 'month' },
  B: { part: 'month' },
  d: { part: 'day', digits: [1, 2] },
  e: { part: 'day', digits: [1, 2] },
  j: { part: 'dayOfYear', digits: [1, 3] },
  a: { part: 'weekday' },
  A: { part: 'weekday' },
  H: { part: 'hour', digits: [1, 2] },
  I: { part: 'hour', digits: [1, 2] },
  p: { part: 'half' },
  M: { part: 'minute', digits: [2, 2] },
  S: { part: 'second', digits: [2, 2] },
  f: { part: 'fraction', digits: [1, 9] },
  z: { part: 'zone' },
  Z: { part: 'zone' },
} as const satisfies Record<string, DirectiveFacts>;

export type Directive = keyof typeof FACTS;

export type FormatStep =
  | { readonly directive: null; readonly literal: string }
  | { readonly directive: Directive; readonly leastDigits: number; readonly mostDigits: number };

export type FormatKind = 'date' | 'time' | 'datetime';

export const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
/** As Date.getUTCDay counts them. */
export const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** The steps of a format in order; null where `formatProblem` has something to say. */
export function formatSteps(format: string): readonly FormatStep[] | null {
  const tokens = tokensOf(format);
  if (unknownToken(tokens) !== undefined || !format.includes('%')) return null;
  return tokens.map((token, i) => stepOf(token, tokens[i - 1], tokens[i + 1]));
}

const DIRECTIVES = Object.keys(FACTS).join('');

function tokensOf(format: string): readonly string[] {
  return format.match(/%.?|[^%]+/gsu) ?? [];
}

function unknownToken(tokens: readonly string[]): string | undefined {
  return tokens.find((token) => token.startsWith('%') && token !== '%%' && !isDirective(token.slice(1)));
}

function isDirective(name: string): name is Directive {
  return Object.hasOwn(FACTS, name);
}

function stepOf(token: string, before: string | undefined, after: string | undefined): FormatStep {
  const name = token.slice(1);
  if (!token.startsWith('%')) return { directive: null, literal: token };
  if (!isDirective(name)) return { directive: null, literal: '%' };
  const facts: DirectiveFacts = FACTS[name];
  const [least = 0, most = 0] = facts.digits ?? [];
  const crowded = isNumber(before, -1) || isNumber(after, 0);
  const fixed = crowded && (name !== 'f' || isNumber(after, 0));
  return { directive: name, leastDigits: fixed ? most : least, mostDigits: most };
}

/** Whether a neighbour reads or is a digit at the end that is turned to us. */
function isNumber(token: string | undefined, end: 0 | -1): boolean {
  if (token === undefined) return false;
  const name = token.slice(1);
  if (!token.startsWith('%')) return /\d/.test(token.at(end) ?? '');
  const facts: DirectiveFacts | null = isDirective(name) ? FACTS[name] : null;
  return facts?.digits !== undefined;
}

/** What is wrong with a format for values of this kind, in words that follow "the format …"; null: nothing. */
export function formatProblem(format: string, kind: FormatKind): string | null {
  if (format === 'any') return ANY;
  if (!format.includes('%')) return `has no directive such as ${EXAMPLES[kind]}`;
  const unknown = unknownToken(tokensOf(format));
  if (unknown !== undefined) {
    return `has ${unknown}; the directives are ${[...DIRECTIVES].map((each) => `%${each}`).join(' ')} and %%`;
  }
  const parts = (formatSteps(format) ?? []).flatMap((step) =>
    step.directive === null ? [] : [FACTS[step.directive].part],
  );
  const doubled = parts.find((part, i) => parts.indexOf(part) !== i);
  return doubled === undefined ? partsProblem(new Set(parts), format, kind) : `reads the ${doubled} twice`;
}

const ANY =
  'would have to be guessed: 03/04/2021 is the 3rd of April or the 4th of March; write it down, e.g. %d/%m/%Y';
const EXAMPLES = { date: '%d/%m/%Y', time: '%H:%M', datetime: '%d/%m/%Y %H:%M' };

function partsProblem(parts: ReadonlySet<Part>, format: string, kind: FormatKind): string | null {
  const has = (...names: Part[]): boolean => names.every((name) => parts.has(name));
  const ordinal = has('year', 'dayOfYear') && !has('month') && !has('day');
  const dated = ordinal || (has('year', 'month', 'day') && !has('dayOfYear'));
  const inDay: readonly Part[] = ['hour', 'half', 'minute', 'second', 'fraction', 'zone'];
  const inYear: readonly Part[] = ['year', 'month', 'day', 'dayOfYear', 'weekday'];
  const tooMuch = (kind === 'date' ? inDay : kind === 'time' ? inYear : []).find((part) => parts.has(part));
  if (tooMuch !== undefined) return `reads the ${tooMuch}, which would be lost in a ${kind}`;
  if (kind !== 'time' && !dated) return 'does not make a date; it takes year, month and day, or year and %j';
  if (kind === 'time' && !has('hour')) return 'has no hour; it takes %H, or %I with %p';
  if (has('half') !== /%I/.test(format.replaceAll('%%', ''))) return 'takes %I and %p together';
  if (has('zone') && !has('hour')) return 'has a zone without an hour';
  if (has('fraction') && !has('second')) return 'has %f without %S';
  if (has('second') && !has('minute')) return 'has %S without %M';
  return has('minute') && !has('hour') ? 'has %M without %H' : null;
}

const EXAMPLE: Readonly<Record<Directive, string>> = {
  Y: '2021',
  y: '21',
  m: '11',
  b: 'Nov',
  B: 'November',
  d: '07',
  e: ' 7',
  j: '311',
  a: 'Sun',
  A: 'Sunday',
  H: '14',
  I: '02',
  p: 'PM',
  M: '48',
  S: '42',
  f: '125',
  z: '+0200',
  Z: 'UTC',
};

/** 2021-11-07T14:48:42.125 as it is written in the format. */
export function formatExample(format: string): string {
  const steps = formatSteps(format) ?? [];
  return steps.map((step) => (step.directive === null ? step.literal : EXAMPLE[step.directive])).join('');
}
