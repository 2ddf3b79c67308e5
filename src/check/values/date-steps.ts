import { type FormatStep, formatSteps, MONTHS, WEEKDAYS } from '../../lib/date-format.ts';

/** Reads one directive or literal from `at` on; the byte after it, or NONE. */
export type StepReader = (bytes: Uint8Array, at: number, end: number) => number;

/** Not read, and where a step ends that does not fit. */
export const NONE = -1;

const ZERO = 48;
const SPACE = 32;
const LOWER = 32;
const PLUS = 43;
const MINUS = 45;
const COLON = 58;

/** Where a number that is read is kept. */
export const PLACE = {
  Y: 0,
  y: 1,
  m: 2,
  d: 3,
  e: 4,
  j: 5,
  b: 6,
  B: 7,
  a: 8,
  A: 9,
  H: 10,
  I: 11,
  M: 12,
  S: 13,
  p: 14,
};
const PLACES = 15;
type Numbered = keyof typeof PLACE;

/** What the directives of a format read. */
export class Found {
  fractionStart = 0;
  fractionEnd = 0;
  zone = '';
  /** By PLACE of the directive. Names are places in their list, halves of the day 0 or 12. */
  readonly numbers = new Int32Array(PLACES);

  clear(): void {
    for (let i = 0; i < PLACES; i++) this.numbers[i] = NONE;
    this.fractionEnd = this.fractionStart;
    this.zone = '';
  }
}

/** A TypeError for a format that has problems. */
export function compileFormat(format: string, found: Found): StepReader[] {
  const steps = formatSteps(format);
  if (steps === null) throw new TypeError(`${format} is no format of dates and times`);
  return steps.map((step) => compile(step, found));
}

function compile(step: FormatStep, found: Found): StepReader {
  if (step.directive === null) return literal(step.literal);
  const { directive, leastDigits, mostDigits } = step;
  switch (directive) {
    case 'b':
    case 'B':
    case 'a':
    case 'A':
      return nameReader(directive, NAMES[directive], found);
    case 'p':
      return halfReader(found);
    case 'f':
      return fractionReader(leastDigits, mostDigits, found);
    case 'z':
      return offsetReader(found);
    case 'Z':
      return utcReader(found);
    default:
      return numberReader(directive, leastDigits, mostDigits, found);
  }
}

const encoder = new TextEncoder();

function literal(text: string): StepReader {
  const expected = encoder.encode(text);
  return (bytes, at, end) => after(expected, bytes, at, end, 0);
}

/** %e is filled up with a space. */
function numberReader(directive: Numbered, least: number, most: number, { numbers }: Found): StepReader {
  const place = PLACE[directive];
  const padded = directive === 'e';
  return (bytes, at, end) => {
    const from = padded && bytes[at] === SPACE ? at + 1 : at;
    const stop = digitsEnd(bytes, from, Math.min(end, from + most));
    if (stop - from < least) return NONE;
    let value = 0;
    for (let i = from; i < stop; i++) value = value * 10 + (bytes[i] ?? 0) - ZERO;
    numbers[place] = value;
    return stop;
  };
}

const short = (names: readonly string[]): string[] => names.map((name) => name.slice(0, 3));
const lower = (names: readonly string[]): Uint8Array[] =>
  names.map((name) => encoder.encode(name.toLowerCase()));
const NAMES = { b: lower(short(MONTHS)), B: lower(MONTHS), a: lower(short(WEEKDAYS)), A: lower(WEEKDAYS) };

function nameReader(directive: Numbered, names: readonly Uint8Array[], { numbers }: Found): StepReader {
  const place = PLACE[directive];
  return (bytes, at, end) => {
    const index = names.findIndex((name) => after(name, bytes, at, end, LOWER) !== NONE);
    numbers[place] = index;
    return index < 0 ? NONE : at + (names[index]?.length ?? 0);
  };
}

function halfReader({ numbers }: Found): StepReader {
  const halves = lower(['am', 'pm']);
  return (bytes, at, end) => {
    const index = halves.findIndex((half) => after(half, bytes, at, end, LOWER) !== NONE);
    numbers[PLACE.p] = index * 12;
    return index < 0 ? NONE : at + 2;
  };
}

function fractionReader(least: number, most: number, found: Found): StepReader {
  return (bytes, at, end) => {
    const stop = digitsEnd(bytes, at, Math.min(end, at + most));
    if (stop - at < least) return NONE;
    found.fractionStart = at;
    found.fractionEnd = stop;
    return stop;
  };
}

/** Z, ±hh, ±hhmm or ±hh:mm; whether it is a zone the check says. */
function offsetReader(found: Found): StepReader {
  return (bytes, at, end) => {
    const stop = offsetEnd(bytes, at, end);
    if (stop !== NONE) found.zone = String.fromCharCode(...bytes.subarray(at, stop));
    return stop;
  };
}

function offsetEnd(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return NONE;
  if (bytes[at] === 90 || bytes[at] === 122) return at + 1;
  if (bytes[at] !== PLUS && bytes[at] !== MINUS) return NONE;
  const stop = digitsEnd(bytes, at + 1, Math.min(end, at + 5));
  const colon = stop === at + 3 && stop < end && bytes[stop] === COLON;
  return colon ? digitsEnd(bytes, stop + 1, Math.min(end, stop + 3)) : stop;
}

/** Other names stand for more than one offset: CST is that of Chicago, of Havana and of Shanghai. */
function utcReader(found: Found): StepReader {
  const names = ['UTC', 'GMT', 'Z'].map((name) => encoder.encode(name));
  return (bytes, at, end) => {
    const name = names.find((each) => after(each, bytes, at, end, 0) !== NONE);
    if (name === undefined) return NONE;
    found.zone = 'Z';
    return at + name.length;
  };
}

/** The byte after the text, or NONE. Bits of `fold` are set before bytes are compared: LOWER for letters in any case. */
function after(text: Uint8Array, bytes: Uint8Array, at: number, end: number, fold: number): number {
  if (at + text.length > end) return NONE;
  for (let i = 0; i < text.length; i++) if (((bytes[at + i] ?? 0) | fold) !== text[i]) return NONE;
  return at + text.length;
}

function digitsEnd(bytes: Uint8Array, at: number, end: number): number {
  let i = at;
  while (i < end && (bytes[i] ?? 0) >= ZERO && (bytes[i] ?? 0) <= ZERO + 9) i++;
  return i;
}
