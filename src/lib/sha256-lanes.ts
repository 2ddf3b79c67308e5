/**
 * SHA-256 (FIPS 180-4) of many short messages, four at a time: a WebAssembly function of 128-bit vectors
 * (WebAssembly 2.0, Vector instructions) whose lanes each hash a message of their own. One call of the runtime's hash
 * costs more than all rounds of a short message do here.
 */

type Code = readonly number[];

/** Unsigned LEB128. */
const unsigned = (value: number): number[] =>
  value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];

/** Signed LEB128 of an Int32. */
function signed(value: number): number[] {
  if (value >= -64 && value < 64) return [value & 127];
  return [(value & 127) | 128, ...signed(value >> 7)];
}

const get = (local: number): Code => [0x20, ...unsigned(local)];
const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)];
const int = (value: number): Code => [0x41, ...signed(value)];
const intAdd = (a: Code, b: Code): Code => [...a, ...b, 0x6a];
const intSubtract = (a: Code, b: Code): Code => [...a, ...b, 0x6b];
const intShiftRight = (a: Code, bits: number): Code => [...a, ...int(bits), 0x76];
const intGreater = (a: Code, b: Code): Code => [...a, ...b, 0x4a];
/** The larger of two locals. */
const intLarger = (a: number, b: number): Code => [...get(a), ...get(b), ...intGreater(get(a), get(b)), 0x1b];

const vector = (opcode: number, ...operands: Code[]): Code => [...operands.flat(), 0xfd, ...unsigned(opcode)];
const bytesOf = (words: readonly number[]): number[] =>
  words.flatMap((word) => [word & 255, (word >>> 8) & 255, (word >>> 16) & 255, word >>> 24]);
const words = (a: number, b: number, c: number, d: number): Code => [
  ...vector(0x0c),
  ...bytesOf([a, b, c, d]),
];
const fourTimes = (word: number): Code => words(word, word, word, word);
const splat = (value: Code): Code => vector(0x11, value);
const and = (a: Code, b: Code): Code => vector(0x4e, a, b);
const andNot = (a: Code, b: Code): Code => vector(0x4f, a, b);
const or = (a: Code, b: Code): Code => vector(0x50, a, b);
const xor = (a: Code, b: Code): Code => vector(0x51, a, b);
/** Bits of `a` where the mask has ones, of `b` elsewhere. */
const select = (a: Code, b: Code, mask: Code): Code => vector(0x52, a, b, mask);
const equal = (a: Code, b: Code): Code => vector(0x37, a, b);
const greater = (a: Code, b: Code): Code => vector(0x3b, a, b);
const shiftLeft = (a: Code, bits: number): Code => vector(0xab, a, int(bits));
const shiftSigned = (a: Code, bits: number): Code => vector(0xac, a, int(bits));
const shiftRight = (a: Code, bits: number): Code => vector(0xad, a, int(bits));
const add = (...all: Code[]): Code => all.reduce((a, b) => vector(0xae, a, b));
const subtract = (a: Code, b: Code): Code => vector(0xb1, a, b);
const multiply = (a: Code, b: Code): Code => vector(0xb5, a, b);
const smaller = (a: Code, b: Code): Code => vector(0xb6, a, b);
const larger = (a: Code, b: Code): Code => vector(0xb8, a, b);
/** Bytes of `table` by index; zero where the index is 16 or more. */
const lookUp = (table: Code, index: Code): Code => vector(0x0e, table, index);
const swapBytes = (a: Code): Code => [
  ...vector(0x0d, a, a),
  ...[3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12],
];
const replaceLane = (a: Code, lane: number, value: Code): Code => [...vector(0x1c, a, value), lane];
/** Puts the four bytes at the address, and the offset, into a lane. */
const loadLane = (a: Code, lane: number, address: Code, offset: number): Code => [
  ...vector(0x56, address, a),
  ...[0, ...unsigned(offset), lane],
];
const load = (address: number): Code => [...vector(0x00, int(address)), 0, 0];
const store = (address: number, value: Code): Code => [...vector(0x0b, int(address), value), 0, 0];
const addPairs = (a: Code, b: Code): Code => vector(0xce, a, b);
const lowPair = (a: Code): Code => vector(0xc7 + 2, a);
const highPair = (a: Code): Code => vector(0xc7 + 3, a);

const rotate = (a: Code, bits: number): Code => or(shiftRight(a, bits), shiftLeft(a, 32 - bits));

/** The first 32 bits of the fractional parts of the roots of the first primes (FIPS 180-4, 4.2.2 and 5.3.3). */
function primes(count: number): number[] {
  const found: number[] = [];
  for (let n = 2; found.length < count; n++) if (found.every((prime) => n % prime !== 0)) found.push(n);
  return found;
}
/** Exact: the whole root of prime × 2^(32 × degree). */
function fraction(prime: number, degree: bigint): number {
  const wanted = BigInt(prime) << (32n * degree);
  let root = 0n;
  for (let bit = 1n << 40n; bit > 0n; bit >>= 1n) if ((root + bit) ** degree <= wanted) root += bit;
  return Number(root & 0xffff_ffffn);
}
const ROUND_CONSTANTS = primes(64).map((prime) => fraction(prime, 3n));
const START = primes(8).map((prime) => fraction(prime, 2n));

const range = (first: number, count: number): number[] => Array.from({ length: count }, (_, n) => first + n);

/** Parameters: start of the first message, end of each, how many of the four there are. */
const FIRST = 0;
const ENDS = range(1, 4);
const COUNT = 5;
/** Int32 locals: starts of the messages, index of the last block of each, block, most of these. */
const STARTS = range(6, 4);
const LASTS = range(10, 4);
const BLOCK = 14;
const MOST = 15;
const INTEGERS = 10;
/** Vector locals. */
const LENGTHS = 16;
const LAST = 17;
const LEFT = 18;
const INDEX = 19;
const TEMPORARY = 20;
const STATE = range(21, 8);
const WORKING = range(29, 8);
const SCHEDULE = range(37, 16);
const FOUND = range(53, 4);
const VECTORS = 41;

const at = (list: readonly number[], index: number): number => list[index] ?? 0;

/** Where the sums lie: four vectors of two 64-bit numbers. The messages follow. */
const MESSAGES = 64;

/** Of the bytes of a word, by how many of them belong to the message: which to clear, and the bit that ends it. */
const CLEAR = words(0xffff_ffff, 0xffff_ff00, 0xffff_0000, 0xff00_0000);
const END_BIT = words(0x80, 0x8000, 0x80_0000, 0x8000_0000);

/** A word of the message, padded (5.1.1): what lies behind the message belongs to another one. */
function messageWord(word: number): Code {
  const lanes = STARTS.reduce<Code>(
    (value, start, lane) => loadLane(value, lane, get(start), word * 4 + MESSAGES),
    fourTimes(0),
  );
  const left = smaller(larger(subtract(get(LEFT), fourTimes(word * 4)), fourTimes(-1)), fourTimes(4));
  const padded = or(
    andNot(get(at(SCHEDULE, word)), or(lookUp(CLEAR, get(INDEX)), shiftSigned(get(TEMPORARY), 31))),
    lookUp(END_BIT, get(INDEX)),
  );
  return [
    ...set(at(SCHEDULE, word), lanes),
    ...set(TEMPORARY, left),
    ...set(INDEX, add(multiply(get(TEMPORARY), fourTimes(0x0404_0404)), fourTimes(0x0302_0100))),
    ...set(at(SCHEDULE, word), swapBytes(padded)),
  ];
}

/** The last block ends in the length in bits; it stays under 2^32. */
function lengthWord(): Code {
  const isLast = equal(get(LAST), splat(get(BLOCK)));
  const word = at(SCHEDULE, 15);
  return set(word, or(get(word), and(isLast, shiftLeft(get(LENGTHS), 3))));
}

/** 6.2.2, step 1 for words 16 to 63. */
function expand(round: number): Code {
  const word = (back: number): Code => get(at(SCHEDULE, (round - back) & 15));
  const small0 = xor(xor(rotate(word(15), 7), rotate(word(15), 18)), shiftRight(word(15), 3));
  const small1 = xor(xor(rotate(word(2), 17), rotate(word(2), 19)), shiftRight(word(2), 10));
  return set(at(SCHEDULE, round & 15), add(word(16), small0, word(7), small1));
}

/** 6.2.2, step 3; the working variables change their names instead of their values. */
function round(number: number): Code {
  const local = (letter: number): number => at(WORKING, (letter - number) & 7);
  const [a, b, c, d, e, f, g, h] = [0, 1, 2, 3, 4, 5, 6, 7].map((letter) => local(letter));
  const of = (found: number | undefined): Code => get(found ?? 0);
  const big1 = xor(xor(rotate(of(e), 6), rotate(of(e), 11)), rotate(of(e), 25));
  const big0 = xor(xor(rotate(of(a), 2), rotate(of(a), 13)), rotate(of(a), 22));
  const choice = select(of(f), of(g), of(e));
  const majority = select(of(b), of(a), xor(of(a), of(c)));
  const constant = fourTimes(at(ROUND_CONSTANTS, number));
  return [
    ...(number < 16 ? [] : expand(number)),
    ...set(TEMPORARY, add(of(h), big1, choice, constant, get(at(SCHEDULE, number & 15)))),
    ...set(d ?? 0, add(of(d), get(TEMPORARY))),
    ...set(h ?? 0, add(get(TEMPORARY), big0, majority)),
  ];
}

function compress(): Code {
  return [
    ...STATE.flatMap((local, index) => set(at(WORKING, index), get(local))),
    ...Array.from({ length: 64 }, (_, number) => round(number)).flat(),
    ...STATE.flatMap((local, index) => set(local, add(get(local), get(at(WORKING, index))))),
  ];
}

/** Keeps the digests of the messages that end with this block. */
function keep(): Code {
  const there = greater(splat(get(COUNT)), words(0, 1, 2, 3));
  const ends = and(equal(get(LAST), splat(get(BLOCK))), there);
  return FOUND.flatMap((local, index) => set(local, select(get(at(STATE, index)), get(local), ends)));
}

function body(): Code {
  const starts = STARTS.flatMap((local, lane) => set(local, get(lane === 0 ? FIRST : at(ENDS, lane - 1))));
  const length = (lane: number): Code => intSubtract(get(at(ENDS, lane)), get(at(STARTS, lane)));
  const lanes = (of: (lane: number) => Code): Code =>
    [0, 1, 2, 3].reduce<Code>((value, lane) => replaceLane(value, lane, of(lane)), fourTimes(0));
  return [
    ...starts,
    ...set(LENGTHS, lanes(length)),
    ...LASTS.flatMap((local, lane) => set(local, intShiftRight(intAdd(length(lane), int(8)), 6))),
    ...set(
      LAST,
      lanes((lane) => get(at(LASTS, lane))),
    ),
    ...set(MOST, get(at(LASTS, 0))),
    ...LASTS.slice(1).flatMap((local) => set(MOST, intLarger(local, MOST))),
    ...STATE.flatMap((local, index) => set(local, fourTimes(at(START, index)))),
    ...FOUND.flatMap((local) => set(local, fourTimes(0))),
    ...set(LEFT, get(LENGTHS)),
    ...set(BLOCK, int(0)),
    0x03,
    0x40,
    ...Array.from({ length: 16 }, (_, word) => messageWord(word)).flat(),
    ...lengthWord(),
    ...compress(),
    ...keep(),
    ...set(LEFT, subtract(get(LEFT), fourTimes(64))),
    ...STARTS.flatMap((local) => set(local, intAdd(get(local), int(64)))),
    ...set(BLOCK, intAdd(get(BLOCK), int(1))),
    ...intGreater(intAdd(get(MOST), int(1)), get(BLOCK)),
    0x0d,
    0,
    0x0b,
    ...FOUND.flatMap((local, index) =>
      store(index * 16, addPairs(load(index * 16), addPairs(lowPair(get(local)), highPair(get(local))))),
    ),
  ];
}

const section = (id: number, content: Code): Code => [id, ...unsigned(content.length), ...content];

/** A module with the memory `m` and the function `f`. */
function moduleBytes(): Uint8Array<ArrayBuffer> {
  const locals = [2, ...unsigned(INTEGERS), 0x7f, ...unsigned(VECTORS), 0x7b];
  const code = [...locals, ...body(), 0x0b];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 6, ...Array(6).fill(0x7f), 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, 1]),
    ...section(7, [2, 1, 0x6d, 2, 0, 1, 0x66, 0, 0]),
    ...section(10, [1, ...unsigned(code.length), ...code]),
  ]);
}

/** What of the JavaScript API of WebAssembly is used here; Node's types leave it out. */
interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object) => { readonly exports: { readonly m: Memory; readonly f: Hash } };
};
/** `start` of the first message, the end of each, and how many of the four there are. */
type Hash = (
  start: number,
  first: number,
  second: number,
  third: number,
  fourth: number,
  count: number,
) => void;

let compiled: object | undefined;
const PAGE = 1 << 16;

/** The sums of the first 16 bytes of SHA-256 digests, word by word. */
export class DigestSums {
  readonly #memory: Memory;
  readonly #hash: Hash;

  constructor() {
    compiled ??= new WebAssembly.Module(moduleBytes());
    const { m, f } = new WebAssembly.Instance(compiled).exports;
    this.#memory = m;
    this.#hash = f;
  }

  /** Adds the digests of messages that lie one after the other; `ends`: Int32 × rows, the offset behind each. */
  add(data: Uint8Array, ends: Int32Array): void {
    this.#makeRoom(data, ends);
    const rows = ends.length;
    let start = 0;
    for (let row = 0; row < rows; row += 4) {
      const first = ends[row] ?? 0;
      const second = ends[row + 1] ?? first;
      const third = ends[row + 2] ?? second;
      const fourth = ends[row + 3] ?? third;
      this.#hash(start, first, second, third, fourth, Math.min(4, rows - row));
      start = fourth;
    }
  }

  /** The sum of the words 0 (the first of the digest) to 3, each as a number of its own; then they start from 0. */
  take(): bigint[] {
    const sums = new BigUint64Array(this.#memory.buffer, 0, 8);
    const found = [0, 1, 2, 3].map((word) => (sums[word * 2] ?? 0n) + (sums[word * 2 + 1] ?? 0n));
    sums.fill(0n);
    return found;
  }

  /** The lanes all run as long as the longest message: none may read behind the memory. */
  #makeRoom(data: Uint8Array, ends: Int32Array): void {
    let longest = 0;
    for (let row = 0, start = 0; row < ends.length; row++) {
      const end = ends[row] ?? 0;
      if (end - start > longest) longest = end - start;
      start = end;
    }
    const wanted = MESSAGES + data.length + longest + 256;
    const missing = wanted - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE));
    new Uint8Array(this.#memory.buffer).set(data, MESSAGES);
  }
}
