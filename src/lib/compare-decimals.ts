/**
 * Orders decimals as they are written (optional sign, digits, optional point and digits), exactly, whatever the number
 * of their digits. Below 0: `a` is less; 0: they are the same number, as 1.50 and 1.5 are.
 */
export function compareDecimals(a: string, b: string): number {
  const left = partsOf(a);
  const right = partsOf(b);
  if (left.sign !== right.sign) return left.sign - right.sign;
  return left.sign * compareSizes(left, right);
}

/** The same text for the same number. */
export function canonicalDecimal(text: string): string {
  const { sign, whole, fraction } = partsOf(text);
  return `${sign < 0 ? '-' : ''}${whole === '' ? '0' : whole}${fraction === '' ? '' : `.${fraction}`}`;
}

interface Parts {
  /** -1, 0 or 1. */
  readonly sign: number;
  /** Without zeros in front. */
  readonly whole: string;
  /** Without zeros at the end. */
  readonly fraction: string;
}

function partsOf(text: string): Parts {
  const [digits = '', tail = ''] = text.replace(/^[+-]/, '').split('.');
  const whole = digits.slice(leadingZeros(digits));
  const fraction = withoutTrailingZeros(tail);
  if (whole === '' && fraction === '') return { sign: 0, whole, fraction };
  return { sign: text.startsWith('-') ? -1 : 1, whole, fraction };
}

function compareSizes(left: Parts, right: Parts): number {
  if (left.whole.length !== right.whole.length) return left.whole.length - right.whole.length;
  return compareTexts(left.whole, right.whole) || compareTexts(left.fraction, right.fraction);
}

const compareTexts = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);

function leadingZeros(digits: string): number {
  let i = 0;
  while (i < digits.length && digits[i] === '0') i++;
  return i;
}

/** By hand: a regular expression would look at each run of zeros anew from each of its digits. */
function withoutTrailingZeros(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits[end - 1] === '0') end--;
  return digits.slice(0, end);
}
