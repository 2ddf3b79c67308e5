import type { Random } from './random.ts';
import { spaced, type Values } from './values.ts';

/** What is read as a number somewhere, or looks like one. */
const STRANGE = [
  ...spaced('-0 +0 00 -00 + - . -. +. --1 ++1 +-1 1- 1+ 0x1F 0b11 0o17 1_000 1,000 １２ ١٢ 1² ½ −1 1.'),
  ...spaced('.5 -.5 +.5 1..2 1.2.3 1e e1 1e+ 1e1.5 1E2 1e-2 1e400 1e-400 -1e309 NaN nan Infinity'),
  ...spaced('-Infinity inf 1.5e3 1d2 1f 0.0 -0.0 0.10 000.000 1.0 1.50 $1.00 (1) 1%'),
  ...['', ' ', '1 ', ' 1', '+ 1', "1'000", '1 000'],
];

const spelt = (random: Random, text: string): string => {
  const sign = text.startsWith('-') ? '-' : random.oneIn(12) ? '+' : '';
  const front = random.oneIn(10) ? zeros(random.between(1, 20)) : '';
  return sign + front + text.replace('-', '');
};

export function integers(minimum: bigint, maximum: bigint): Values {
  const limits = [
    minimum,
    maximum,
    -(2n ** 31n),
    2n ** 31n,
    2n ** 32n,
    -(2n ** 63n),
    2n ** 63n,
    2n ** 64n,
    2n ** 53n,
  ];
  const near = limits.flatMap((limit) => [-2n, -1n, 0n, 1n, 2n].map((off) => String(limit + off)));
  const powers = Array.from({ length: 24 }, (_, n) => ['9'.repeat(n + 1), `1${'0'.repeat(n)}`]).flat();
  return {
    valid: (random) => spelt(random, String(random.whole(minimum, maximum))),
    edges: [...STRANGE, ...near, ...near, ...powers, ...powers.map((each) => `-${each}`), '0'.repeat(5000)],
  };
}

const zeros = (count: number): string => '0'.repeat(Math.max(0, count));

/**
 * Up to so many digits before and after the point. A `whole` below 0: zeros that must follow the point; a `scale` below
 * 0: zeros that must stand before it.
 */
export function decimals(whole: number, scale: number): Values {
  const most = Math.max(0, whole + Math.min(0, scale));
  const places = Math.max(0, scale + Math.min(0, whole));
  const limit = `${'9'.repeat(most)}${zeros(-scale)}.${zeros(-whole)}${'9'.repeat(places)}`;
  const limits = [
    limit,
    `${limit}9`,
    `${limit}0`,
    `9${limit}`,
    `0${limit}`,
    `1${zeros(whole)}`,
    `1${zeros(-scale)}`,
  ];
  const small = [scale - 1, scale, scale + 1, 300, 320, 400].map((count) => `0.${zeros(count)}1`);
  const long = `0.${zeros(310)}123456789012345`;
  return {
    valid: (random) => {
      const fraction = random.oneIn(4)
        ? ''
        : `.${zeros(-whole)}${random.digits(random.between(0, Math.min(40, places)))}`;
      const digits = random.digits(
        random.between(fraction.length > 1 ? 0 : 1, Math.max(1, Math.min(60, most))),
      );
      return spelt(
        random,
        (random.oneIn(2) ? '-' : '') + (most === 0 ? '0' : digits + zeros(-scale)) + fraction,
      );
    },
    edges: [...STRANGE, ...[...limits, ...small, long].flatMap((each) => [each, `-${each}`])],
  };
}

const FLOAT_EDGES = [
  ...spaced('1.7976931348623157e308 1.7976931348623158e308 1.7976931348623159e308 2e308'),
  ...spaced('2.2250738585072014e-308 2.2250738585072011e-308 4.9e-324 5e-324 2.5e-324 2.4e-324'),
  ...spaced('2.4703282292062328e-324 1e-323 3.4028235e38 3.4028234663852886e38 3.4028235677973366e38'),
  ...spaced('3.4028235677973367e38 3.4028236e38 1e39 1.1754943508222875e-38 1.1754942e-38 1.4e-45'),
  ...spaced('7.1e-46 7.006492321624085e-46 7.0e-46 1e-46 16777217 16777219 9007199254740993'),
  ...spaced('9007199254740992 18014398509481985 0.1 0.3 1e23 8.5e22 123456789012345678 0.000001 1e21'),
  ...spaced('1e-7 100000000000000000000 1.00000005960464477539062500001'),
];

const bits = new DataView(new ArrayBuffer(8));

/** Any finite double or single by its bits; half-way between two neighbours and a little beside it. */
export function floats(size: 32 | 64): Values {
  return {
    valid: (random) => {
      const value = anyFloat(random, size);
      if (random.oneIn(5)) return spelt(random, halfWay(random, value, size));
      if (random.oneIn(3)) return spelt(random, (random.oneIn(2) ? '-' : '') + plain(random));
      return random.oneIn(3) ? value.toPrecision(random.between(1, 21)) : String(value);
    },
    edges: [...STRANGE, ...FLOAT_EDGES, ...FLOAT_EDGES.map((each) => `-${each}`)],
  };
}

const plain = (random: Random): string =>
  `${random.digits(random.between(1, 12))}.${random.digits(random.between(1, 12))}`;

function anyFloat(random: Random, size: 32 | 64): number {
  bits.setUint32(0, random.word());
  bits.setUint32(4, random.word());
  const value = size === 32 ? bits.getFloat32(0) : bits.getFloat64(0);
  return Number.isFinite(value) ? value : random.below(1000) / 8;
}

/** The decimal that is exactly between a value of moderate size and the next one, or a digit beyond. */
function halfWay(random: Random, value: number, size: 32 | 64): string {
  const fraction = size === 32 ? 24 : 53;
  const mantissa = 2n ** BigInt(fraction - 1) + BigInt(Math.abs(Math.trunc(value % 2 ** 20)));
  const twice = 2n * mantissa + 1n;
  const shift = random.between(1, 90);
  const digits = String(twice * 5n ** BigInt(shift)).padStart(shift + 1, '0');
  const text = `${digits.slice(0, -shift)}.${digits.slice(-shift)}`;
  return text + random.pick(['', '0', '1', `${'0'.repeat(30)}1`]);
}
