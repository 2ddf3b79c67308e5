import type { BytesJudge } from './column-check.ts';

/**
 * What a column that makes numbers of texts can store: only what comes back as it was. SQLite does so in columns of
 * NUMERIC affinity with whatever looks like a number (sqlite.org/datatype3.html, 3).
 */

const NUMBER = /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?\s*$/i;
/** Whole numbers that fit 64 bits, as they are written. */
const WHOLE = /^(?:-?[1-9]\d{0,17}|0)$/;
/** Not with an exponent when it is written: from 0.0001 on. */
const FRACTION = /^-?(?:[1-9]\d*\.\d*[1-9]|0\.0{0,3}[1-9](?:\d*[1-9])?)$/;
/** Digits of a decimal that a double keeps. */
const EXACT_DIGITS = 15;

/** A text must come back to the letter. */
export const textNumberJudge: BytesJudge = (bytes, start, end) => {
  const text = latin1(bytes, start, end);
  if (!NUMBER.test(text) || WHOLE.test(text)) return null;
  return FRACTION.test(text) && text.replace(/^-?0?\.?0*|\D/g, '').length <= EXACT_DIGITS ? null : 'range';
};

const JSON_NUMBER = /^\s*-?(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?\s*$/i;
const EXACT_WHOLE_DIGITS = 18;
/** Longer numbers may have that few digits too, but nobody writes them. */
const LONGEST = 400;
/** Powers of ten between which a double keeps the digits. */
const EXACT_POWER = 290;

/** A number must come back as the same number, however it is written. */
export const jsonNumberJudge: BytesJudge = (bytes, start, end) => {
  const match = JSON_NUMBER.exec(latin1(bytes, start, end));
  if (match === null) return null;
  const [, whole = '', fraction = '', exponent] = match;
  const isWhole = fraction === '' && exponent === undefined;
  if (isWhole && whole.length <= EXACT_WHOLE_DIGITS) return null;
  if (end - start > LONGEST) return 'range';
  const digits = (whole + fraction).replace(/^0+|0+$/g, '');
  const power = Math.abs(Number(exponent ?? 0)) + whole.length + fraction.length;
  return digits.length <= EXACT_DIGITS && (digits === '' || power <= EXACT_POWER) ? null : 'range';
};

/** The first finding of two judges, of which the first may be none. */
export function both(first: BytesJudge | null, second: BytesJudge): BytesJudge {
  return (bytes, start, end) => first?.(bytes, start, end) ?? second(bytes, start, end);
}

const latin1 = (bytes: Uint8Array, start: number, end: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
