const DECIMAL = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/;

const double = new Float64Array(1);
const bits = new BigUint64Array(double.buffer);
const single = new Float32Array(1);
const singleBits = new Int32Array(single.buffer);

/**
 * The single-precision number nearest to a decimal. By way of the nearest double it would be rounded twice: where that
 * double lies exactly between two singles, the decimal itself decides.
 */
export function nearestSingle(text: string): number {
  const value = Number(text);
  const rounded = Math.fround(value);
  if (rounded === value || !Number.isFinite(value)) return rounded;
  const below = Math.abs(rounded) < Math.abs(value) ? rounded : neighbour(rounded, -1);
  const above = Math.abs(rounded) < Math.abs(value) ? neighbour(rounded, 1) : rounded;
  const isHalfWay = Number.isFinite(above) ? value - below === above - value : Math.abs(value) === BEYOND_ALL;
  if (!isHalfWay) return rounded;
  const side = compare(text, value);
  return side === 0 ? rounded : side < 0 ? below : above;
}

/** Half a step beyond the largest single. */
const BEYOND_ALL = 2 ** 128 - 2 ** 103;

/** The next single of a larger (1) or smaller (-1) magnitude. */
function neighbour(value: number, step: 1 | -1): number {
  single[0] = value;
  singleBits[0] = (singleBits[0] ?? 0) + step;
  return single[0] ?? value;
}

/** Whether the magnitude of a decimal is below (-1), at (0) or above (1) that of a double. */
function compare(text: string, value: number): number {
  const [, , whole = '', fraction = '', exponent = '0'] = DECIMAL.exec(text) ?? [];
  const power = Number(exponent) - fraction.length;
  const [mantissa, scale] = parts(Math.abs(value));
  const left =
    BigInt(whole + fraction) * 10n ** BigInt(Math.max(0, power)) * 2n ** BigInt(Math.max(0, -scale));
  const right = mantissa * 10n ** BigInt(Math.max(0, -power)) * 2n ** BigInt(Math.max(0, scale));
  return left < right ? -1 : Number(left > right);
}

/** mantissa × 2^scale of a normal double. */
function parts(value: number): [bigint, number] {
  double[0] = value;
  const raw = bits[0] ?? 0n;
  return [(raw & (2n ** 52n - 1n)) | (2n ** 52n), Number(raw >> 52n) - 1075];
}
