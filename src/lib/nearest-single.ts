const DECIMAL = /^[+-]?(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/;

const LARGEST = 2 ** 128 - 2 ** 104;
/** Half a step beyond the largest. */
const BEYOND = 2 ** 128 - 2 ** 103;

/**
 * The single-precision number nearest to a decimal; ±Infinity beyond the range. By way of the nearest double it would
 * be rounded twice: where that double lies half-way between two singles, the decimal itself decides.
 */
export function nearestSingle(text: string): number {
  const value = Number(text);
  const rounded = Math.fround(value);
  if (!isHalfWay(value)) return rounded;
  const side = compare(text, Math.abs(value));
  if (side === 0) return rounded;
  const other = otherSingle(value, rounded);
  return Math.abs(rounded) > Math.abs(other) === side > 0 ? rounded : other;
}

/** Whether a double lies half-way between two singles, or between the largest and Infinity. */
export function isHalfWay(value: number): boolean {
  const rounded = Math.fround(value);
  if (rounded === value || Number.isNaN(value)) return false;
  if (!Number.isFinite(rounded)) return Math.abs(value) === BEYOND;
  const other = otherSingle(value, rounded);
  return Math.fround(other) === other;
}

/** As far from `value` as `rounded`, on the other side. */
function otherSingle(value: number, rounded: number): number {
  return Number.isFinite(rounded) ? 2 * value - rounded : Math.sign(value) * LARGEST;
}

/** Whether the digits of a decimal are less (-1) than a double above 0, equal (0) or more (1). */
function compare(text: string, value: number): number {
  const [, whole = '', fraction = '', exponent = '0'] = DECIMAL.exec(text) ?? [];
  const power = Number(exponent) - fraction.length;
  const [mantissa, scale] = parts(value);
  const left =
    BigInt(whole + fraction) * 10n ** BigInt(Math.max(0, power)) * 2n ** BigInt(Math.max(0, -scale));
  const right = mantissa * 10n ** BigInt(Math.max(0, -power)) * 2n ** BigInt(Math.max(0, scale));
  return left < right ? -1 : Number(left > right);
}

/** mantissa × 2^scale of a normal double above 0. */
function parts(value: number): [bigint, number] {
  const bits = new BigUint64Array(Float64Array.of(value).buffer)[0] ?? 0n;
  return [(bits & (2n ** 52n - 1n)) | (2n ** 52n), Number(bits >> 52n) - 1075];
}
