/**
 * numeric ↔ a whole number of units of the last digit, as two's complement, big-endian: `fixed` of a backup.
 * In the binary format of PostgreSQL a numeric is Int16 number of groups, Int16 weight of the first, Uint16 sign, Uint16
 * digits after the point that are shown, then Int16 for each group of four digits (numeric_send in its sources). Up to
 * EXACT_DIGITS digits are reckoned with as doubles, more of them as bigint.
 */

/** Digits that readers of Avro take in a decimal at most. */
export const DECIMAL_DIGITS = 38;

const HEAD_BYTES = 8;
const NEGATIVE = 0x4000;
const GROUP = 10_000;
const GROUP_DIGITS = 4;
const EXACT_DIGITS = 15;
/** Powers of ten that a double holds exactly. */
const TENS = Float64Array.from({ length: 23 }, (_, power) => 10 ** power);

const ten = (power: number): number => TENS[power] ?? Number.NaN;

/** The value has no place in the form: NaN, infinity, or more digits. */
export class NumericMisfit extends Error {
  constructor() {
    super('a number that does not fit its column');
    this.name = 'NumericMisfit';
  }
}

export interface NumericForm {
  readonly precision: number;
  readonly scale: number;
  /** Bytes of the fixed. */
  readonly size: number;
}

/** The fewest bytes that hold every number of so many digits. */
export function decimalSize(precision: number): number {
  return Math.ceil(((10n ** BigInt(precision) - 1n).toString(2).length + 1) / 8);
}

/** Writes the numeric at `at` into `out`, `size` bytes from 0 on. */
export function numericToFixed(view: DataView, at: number, form: NumericForm, out: Uint8Array): void {
  const sign = view.getUint16(at + 4);
  if (sign !== 0 && sign !== NEGATIVE) throw new NumericMisfit();
  const groups = view.getUint16(at);
  // Ten to this power are the units that the last group counts.
  const power = form.scale + GROUP_DIGITS * (view.getInt16(at + 2) - groups + 1);
  if (groups > 0 && power <= -GROUP_DIGITS) throw new NumericMisfit();
  const first = at + HEAD_BYTES;
  if (form.precision > EXACT_DIGITS) {
    const units = bigUnits(view, first, groups, power);
    putBig(sign === NEGATIVE ? -units : units, form.size, out);
  } else {
    const units = exactUnits(view, first, groups, power);
    put(sign === NEGATIVE ? -units : units, form.size, out);
  }
}

function exactUnits(view: DataView, first: number, groups: number, power: number): number {
  if (groups === 0) return 0;
  const last = first + 2 * (groups - 1);
  let value = 0;
  for (let at = first; at < last; at += 2) value = value * GROUP + view.getInt16(at);
  const digits = view.getInt16(last);
  if (power >= 0) return (value * GROUP + digits) * ten(power);
  return value * ten(GROUP_DIGITS + power) + digits / ten(-power);
}

function bigUnits(view: DataView, first: number, groups: number, power: number): bigint {
  let value = 0n;
  for (let group = 0; group < groups; group++) {
    value = value * BigInt(GROUP) + BigInt(view.getInt16(first + 2 * group));
  }
  return power >= 0 ? value * 10n ** BigInt(power) : value / 10n ** BigInt(-power);
}

function put(units: number, size: number, out: Uint8Array): void {
  let rest = units;
  for (let i = size - 1; i >= 0; i--) {
    const above = Math.floor(rest / 256);
    out[i] = rest - above * 256;
    rest = above;
  }
}

function putBig(units: bigint, size: number, out: Uint8Array): void {
  let rest = units;
  for (let i = size - 1; i >= 0; i--) {
    out[i] = Number(BigInt.asUintN(8, rest));
    rest >>= 8n;
  }
}

/** The most bytes that `fixedToNumeric` writes for so many digits. */
export function numericRoom(precision: number): number {
  return HEAD_BYTES + 2 * (Math.ceil(precision / GROUP_DIGITS) + 1);
}

/** Writes the fixed that begins at `start` as a numeric at `to`; its length. */
export function fixedToNumeric(
  bytes: Uint8Array,
  start: number,
  form: NumericForm,
  view: DataView,
  to: number,
): number {
  const { precision, scale, size } = form;
  const exact = precision <= EXACT_DIGITS;
  const units = exact ? take(bytes, start, size) : 0;
  const big = exact ? 0n : takeBig(bytes, start, size);
  const negative = units < 0 || big < 0n;
  const groups = exact ? groupsOf(Math.abs(units), scale) : bigGroupsOf(negative ? -big : big, scale);
  let lowest = 0;
  while (lowest < groups.length && groups[lowest] === 0) lowest++;
  const count = groups.length - lowest;
  const after = Math.ceil(scale / GROUP_DIGITS);
  view.setUint16(to, count);
  view.setInt16(to + 2, count === 0 ? 0 : groups.length - 1 - after);
  view.setUint16(to + 4, negative ? NEGATIVE : 0);
  view.setUint16(to + 6, scale);
  for (let i = 0; i < count; i++) view.setInt16(to + HEAD_BYTES + 2 * i, groups[groups.length - 1 - i] ?? 0);
  return HEAD_BYTES + 2 * count;
}

function take(bytes: Uint8Array, start: number, size: number): number {
  let value = (bytes[start] ?? 0) < 128 ? 0 : -1;
  for (let i = start; i < start + size; i++) value = value * 256 + (bytes[i] ?? 0);
  return value;
}

function takeBig(bytes: Uint8Array, start: number, size: number): bigint {
  let value = 0n;
  for (let i = start; i < start + size; i++) value = (value << 8n) | BigInt(bytes[i] ?? 0);
  return BigInt.asIntN(size * 8, value);
}

/** Groups of four digits, the lowest first, aligned at the point; none is zero at the upper end. */
function groupsOf(units: number, scale: number): number[] {
  const groups: number[] = [];
  const odd = scale % GROUP_DIGITS;
  let rest = units;
  if (odd > 0) {
    const above = Math.floor(rest / ten(odd));
    groups.push((rest - above * ten(odd)) * ten(GROUP_DIGITS - odd));
    rest = above;
  }
  while (rest > 0) {
    const above = Math.floor(rest / GROUP);
    groups.push(rest - above * GROUP);
    rest = above;
  }
  return trimmed(groups);
}

function bigGroupsOf(units: bigint, scale: number): number[] {
  const groups: number[] = [];
  const odd = BigInt(scale % GROUP_DIGITS);
  let rest = units;
  if (odd > 0n) {
    groups.push(Number((rest % 10n ** odd) * 10n ** (BigInt(GROUP_DIGITS) - odd)));
    rest /= 10n ** odd;
  }
  for (; rest > 0n; rest /= BigInt(GROUP)) groups.push(Number(rest % BigInt(GROUP)));
  return trimmed(groups);
}

function trimmed(groups: number[]): number[] {
  while (groups.at(-1) === 0) groups.pop();
  return groups;
}
