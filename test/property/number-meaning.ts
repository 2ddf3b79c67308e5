import { ASK, kept, type Meaning, type Meanings, REFUSED } from './meaning.ts';

/** What numbers mean, by exact arithmetic on their digits alone. */

const WHOLE = /^[+-]?[0-9]+$/;
/** Longer ones have more zeros in front than any number needs. */
const SANE_LENGTH = 4000;

export function wholeNumber(minimum: bigint, maximum: bigint): Meanings {
  return (text) => {
    if (!WHOLE.test(text)) return REFUSED;
    const value = BigInt(text.replace('+', ''));
    return value < minimum || value > maximum ? REFUSED : kept(String(value), text.length <= SANE_LENGTH);
  };
}

interface Decimal {
  readonly negative: boolean;
  /** Digits before the point without zeros in front, and those after it as written. */
  readonly whole: string;
  readonly fraction: string;
}

const DECIMAL = /^([+-]?)(?:([0-9]+)\.?([0-9]*)|\.([0-9]+))$/;

function readDecimal(text: string): Decimal | null {
  const match = DECIMAL.exec(text);
  if (match === null) return null;
  const [, sign, whole = '', fraction = '', alone = ''] = match;
  return { negative: sign === '-', whole: whole.replace(/^0+/, ''), fraction: fraction + alone };
}

function withoutZeros(fraction: string): string {
  let end = fraction.length;
  while (fraction[end - 1] === '0') end--;
  return fraction.slice(0, end);
}

/** -0.50 → -0.5; 0 has no sign. */
export function plainDecimal(text: string): string {
  const decimal = readDecimal(text);
  if (decimal === null) return `no decimal: ${text}`;
  return show({ ...decimal, fraction: withoutZeros(decimal.fraction) });
}

function show({ negative, whole, fraction }: Decimal): string {
  const isZero = /^0*$/.test(whole + fraction);
  return `${negative && !isZero ? '-' : ''}${whole === '' ? '0' : whole}${fraction === '' ? '' : `.${fraction}`}`;
}

export interface DecimalLimits {
  /** Digits before the point; below 0: zeros after it. */
  readonly whole: number;
  /** Digits after it; below 0: zeros before it. */
  readonly scale: number;
  readonly unsigned?: boolean;
  /** Significant digits, also of whole numbers. */
  readonly digits?: readonly [number, number];
}

/** By value: zeros at the end say nothing. */
export function decimalNumber({ whole, scale, unsigned = false, digits }: DecimalLimits): Meanings {
  return (text) => {
    const decimal = readDecimal(text);
    if (decimal === null) return REFUSED;
    const fraction = withoutZeros(decimal.fraction);
    const canonical = show({ ...decimal, fraction });
    if (canonical === '0') return kept('0', text.length <= SANE_LENGTH);
    if (decimal.whole.length > Math.max(0, whole)) return REFUSED;
    if (whole < 0 && !fraction.startsWith('0'.repeat(-whole))) return REFUSED;
    if (fraction.length > Math.max(0, scale)) return REFUSED;
    if (scale < 0 && !decimal.whole.endsWith('0'.repeat(-scale))) return REFUSED;
    if (unsigned && decimal.negative) return REFUSED;
    if (digits === undefined) return kept(canonical, text.length <= SANE_LENGTH);
    const count = (decimal.whole + fraction).replace(/^0+/, '').length;
    const most = decimal.fraction === '' && !text.includes('.') ? digits[1] : digits[0];
    return count > most ? REFUSED : kept(canonical, fraction.length <= 100);
  };
}

/** numeric without limits: also the zeros at the end are kept. */
export const writtenDecimal: Meanings = (text) => {
  const decimal = readDecimal(text);
  if (decimal === null) return REFUSED;
  const fits = decimal.whole.length <= 131_072 && withoutZeros(decimal.fraction).length <= 16_383;
  return fits ? kept(show({ ...decimal, fraction: decimal.fraction.slice(0, 16_383) })) : REFUSED;
};

const FLOAT = /^([+-]?)(?:([0-9]+)\.?([0-9]*)|\.([0-9]+))(?:[eE]([+-]?[0-9]+))?$/;

/** Single precision is 24 bits and -149, double 53 and -1074 (IEEE 754). */
const FORMATS = {
  32: { bits: 24, least: -149, beyond: 2 ** 128 },
  64: { bits: 53, least: -1074, beyond: Infinity },
};

export interface FloatRules {
  /** The sign of 0 is kept too. */
  readonly signedZero?: boolean;
  readonly unsigned?: boolean;
  /** To the nearest double first, then to the nearest single. */
  readonly twice?: boolean;
}

/** The nearest value, as the bits of a double; what is too large is none, nor what would become 0. */
export function floatNumber(size: 32 | 64, rules: FloatRules = {}): Meanings {
  return (text) => {
    const match = FLOAT.exec(text);
    if (match === null) return REFUSED;
    const [, sign, whole = '', fraction = '', alone = '', exponent = '0'] = match;
    const digits = BigInt(whole + fraction + alone);
    const power = Number(exponent) - fraction.length - alone.length;
    const magnitude = nearest(digits, power, rules.twice ? 64 : size);
    const value = rules.twice && size === 32 ? Math.fround(magnitude) : magnitude;
    if (!Number.isFinite(value) || (value === 0 && digits !== 0n)) return REFUSED;
    if (rules.unsigned && sign === '-' && value !== 0) return REFUSED;
    return kept(
      floatBits(sign === '-' && (value !== 0 || rules.signedZero) ? -value : value),
      text.length <= 400,
    );
  };
}

/** The 16 hexadecimal digits of a double. */
export function floatBits(value: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0).toString(16).padStart(16, '0');
}

/** digits × 10^power, rounded once, ties to even. */
function nearest(digits: bigint, power: number, size: 32 | 64): number {
  const { bits, least, beyond } = FORMATS[size];
  if (digits === 0n) return 0;
  const magnitude = String(digits).length + power;
  if (magnitude > 400) return Infinity;
  if (magnitude < -400) return 0;
  const numerator = digits * 10n ** BigInt(Math.max(0, power));
  const denominator = 10n ** BigInt(Math.max(0, -power));
  let exponent = Math.max(least, bitLength(numerator) - bitLength(denominator) - bits);
  let mantissa = divideToEven(numerator, denominator, exponent);
  if (mantissa >= 2n ** BigInt(bits)) mantissa = divideToEven(numerator, denominator, ++exponent);
  if (exponent > 1023) return Infinity;
  const value = Number(mantissa) * 2 ** exponent;
  return value >= beyond ? Infinity : value;
}

const bitLength = (value: bigint): number => value.toString(2).length;

function divideToEven(numerator: bigint, denominator: bigint, exponent: number): bigint {
  const upper = exponent < 0 ? numerator << BigInt(-exponent) : numerator;
  const lower = exponent > 0 ? denominator << BigInt(exponent) : denominator;
  const quotient = upper / lower;
  const rest = 2n * (upper % lower);
  const up = rest > lower || (rest === lower && quotient % 2n === 1n);
  return up ? quotient + 1n : quotient;
}

/** Only the database knows. */
export const anySpelling: Meanings = () => ASK;

/** Where only the database knows how a number may be spelt. */
export const orAsk =
  (meanings: Meanings): Meanings =>
  (text): Meaning => {
    const meaning = meanings(text);
    return meaning === REFUSED ? ASK : meaning;
  };
