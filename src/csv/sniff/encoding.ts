import { type Language, languages } from './letters.ts';

/** What bytes are written in, and what that rests on. */
export interface EncodingGuess {
  /** The name of a WHATWG encoding. */
  readonly encoding: string;
  readonly evidence: string;
  /** Others that the bytes may be written in as well, and that read them differently. */
  readonly others: readonly string[];
}

interface Candidate {
  readonly encoding: string;
  readonly language: string;
  /** Natural logarithm of a likelihood. */
  readonly score: number;
}

/** Of a byte order mark, of UTF-8, UTF-16 or UTF-32; null where there is none. */
function markOf(bytes: Uint8Array): EncodingGuess | null {
  const [a, b, c] = bytes;
  const guess = (encoding: string): EncodingGuess => ({
    encoding,
    evidence: 'its byte order mark',
    others: [],
  });
  if (a === 0xef && b === 0xbb && c === 0xbf) return guess('utf-8');
  if (a === 0xff && b === 0xfe) return guess('utf-16le');
  if (a === 0xfe && b === 0xff) return guess('utf-16be');
  return null;
}

/**
 * By the byte order mark; else UTF-8 where the bytes are valid; else UTF-16 by its zero bytes; else an encoding of
 * one language by its letters. What fits none is taken for UTF-8 with broken bytes: its records are rejects.
 */
export function sniffEncoding(bytes: Uint8Array): EncodingGuess {
  const marked = markOf(bytes);
  if (marked !== null) return marked;
  const wide = withoutMark(bytes);
  if (wide !== null) return wide;
  if (isValid('utf-8', bytes)) {
    return { encoding: 'utf-8', evidence: 'the bytes are valid UTF-8', others: [] };
  }
  return byLetters(bytes) ?? { encoding: 'utf-8', evidence: brokenUtf8, others: [] };
}

const brokenUtf8 = 'some bytes are not valid UTF-8, and no other encoding makes words of them';

/** As text; bytes that the encoding has not become U+FFFD, a character that the end cuts is left out. */
export function decode(bytes: Uint8Array, encoding: string): string {
  return new TextDecoder(encoding).decode(bytes, { stream: true });
}

function isValid(encoding: string, bytes: Uint8Array): boolean {
  try {
    // `stream`: the bytes may end within a character.
    new TextDecoder(encoding, { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** UTF-16 without a mark: delimiters, digits and line ends have a zero byte on one side, always the same. */
function withoutMark(bytes: Uint8Array): EncodingGuess | null {
  const zeros = [0, 0];
  const end = Math.min(bytes.length, 4096);
  for (let i = 0; i < end; i++) if (bytes[i] === 0) zeros[i & 1] = (zeros[i & 1] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  const most = Math.max(even, odd);
  if (most < 4 || most * 5 < end / 2 || Math.min(even, odd) * 20 > most) return null;
  const encoding = odd > even ? 'utf-16le' : 'utf-16be';
  return { encoding, evidence: 'zero bytes at every second place', others: [] };
}

const SAMPLE = 65_536;
const HIGH = 0x80;
const SPACE = 32;
const MOST_WORDS = 4096;
const MOST_LETTERS = 64;

/** Only the bytes beyond ASCII and their neighbours say anything. */
function byLetters(bytes: Uint8Array): EncodingGuess | null {
  const high = highBytes(bytes);
  if (hasMultibyteUtf8(bytes)) return null;
  const eastern = EASTERN.filter(({ encoding, sign }) => isEastern(high, bytes, encoding, sign));
  if (eastern.length > 0) return easternGuess(eastern.map(({ encoding }) => encoding));
  const latin = standsInLatinWords(bytes);
  const ranked = languages()
    .filter((language) => language.latin === latin)
    .flatMap((language) => candidatesOf(language, high))
    .sort((x, y) => y.score - x.score);
  const [best] = ranked;
  if (best === undefined) return null;
  const others = ranked.filter(
    (other) => best.score - other.score < DECIDED && readsOtherwise(best, other, high),
  );
  return {
    encoding: best.encoding,
    evidence: `not valid UTF-8; its letters are those of ${best.language} in ${best.encoding}`,
    others: [...new Set(others.map(({ encoding }) => encoding))],
  };
}

/** A file in UTF-8 of which some bytes were broken stays one. */
function hasMultibyteUtf8(bytes: Uint8Array): boolean {
  const text = decode(bytes.subarray(0, SAMPLE), 'utf-8');
  const broken = text.split('\ufffd').length - 1;
  const whole = text.match(/[\u0080-\ufffc]/g)?.length ?? 0;
  return whole > broken;
}

/**
 * The bytes beyond ASCII of each word, a space after them. A word counts once: São Paulo in every row says no more
 * than in one.
 */
function highBytes(bytes: Uint8Array): Uint8Array {
  const words = new Map<string, readonly number[]>();
  for (let i = 0; i < bytes.length && words.size < MOST_WORDS; i++) {
    if ((bytes[i] ?? 0) < HIGH) continue;
    let start = i;
    while (isOfWord(bytes[start - 1]) && i - start < MOST_LETTERS) start--;
    while (isOfWord(bytes[i]) && i - start < MOST_LETTERS) i++;
    const word = bytes.subarray(start, i);
    const key = String.fromCharCode(...word);
    if (!words.has(key)) words.set(key, [...word.filter((byte) => byte >= HIGH), SPACE]);
  }
  return Uint8Array.from([...words.values()].flat());
}

function isOfWord(byte: number | undefined): boolean {
  return byte !== undefined && (byte >= HIGH || isLetter(byte));
}

/** Whether most runs of bytes beyond ASCII stand by an ASCII letter, so that words are written with both. */
function standsInLatinWords(bytes: Uint8Array): boolean {
  let mixed = 0;
  let alone = 0;
  for (let i = 0; i < bytes.length && mixed + alone < SAMPLE; i++) {
    if ((bytes[i] ?? 0) < HIGH) continue;
    const before = bytes[i - 1] ?? 0;
    while ((bytes[i] ?? 0) >= HIGH) i++;
    if (isLetter(before) || isLetter(bytes[i] ?? 0)) mixed++;
    else alone++;
  }
  return mixed >= alone;
}

function isLetter(byte: number): boolean {
  return (byte | 32) >= 97 && (byte | 32) <= 122;
}

/** A ratio of e^3, twenty to one. */
const DECIDED = 3;
/** windows-1252 is far more usual than any other, so it needs less to show for it. */
const PRIOR: Readonly<Record<string, number>> = {
  'windows-1252': 3,
  'windows-1251': 2,
  macintosh: -6,
  'iso-8859-2': -2,
  'iso-8859-5': -4,
  'iso-8859-7': -1,
  ibm866: -1,
};
/** Of a letter that the language has not, natural logarithm of its share. */
const FOREIGN = Math.log(0.0004);
/** A word of another script has some; less is a broken byte. */
const FEWEST_LETTERS = 4;
/** Letters that the language has not, at most one in so many. */
const MOST_FOREIGN = 20;

function candidatesOf(language: Language, high: Uint8Array): Candidate[] {
  return language.encodings.flatMap((encoding) => {
    const score = likelihood(decode(high, encoding), language);
    return score === null
      ? []
      : [{ encoding, language: language.name, score: score + (PRIOR[encoding] ?? 0) }];
  });
}

/** Null where the text is not written in the language. */
function likelihood(text: string, { letters, latin }: Language): number | null {
  let score = 0;
  let seen = 0;
  let foreign = 0;
  for (const character of text) {
    if (character <= '\u007f') continue;
    const share = letters.get(character) ?? capitalShare(letters, character);
    seen++;
    if (share === undefined) foreign++;
    score += share === undefined ? FOREIGN : Math.log(share / 1000);
  }
  return seen < (latin ? 1 : FEWEST_LETTERS) || foreign * MOST_FOREIGN > seen ? null : score;
}

/** Capitals are rarer than small letters. */
function capitalShare(letters: ReadonlyMap<string, number>, character: string): number | undefined {
  const share = letters.get(character.toLowerCase());
  return share === undefined ? undefined : share / 10;
}

function readsOtherwise(a: Candidate, b: Candidate, high: Uint8Array): boolean {
  return a.encoding !== b.encoding && decode(high, a.encoding) !== decode(high, b.encoding);
}

/** Encodings of two bytes a character, each with what nearly every text in it holds. */
const EASTERN = [
  { encoding: 'shift_jis', sign: /[\u3041-\u30fa]/ },
  { encoding: 'euc-jp', sign: /[\u3041-\u30fa]/ },
  { encoding: 'euc-kr', sign: /[\uac00-\ud7a3]/ },
  { encoding: 'gb18030', sign: /[的一是不在人有了中大国上海北京公司]/ },
  { encoding: 'big5', sign: /[的一是不在人有了中大國上灣北台公司]/ },
] as const;

/** All characters beyond ASCII are letters of the script, and two or more stand together. */
function isEastern(high: Uint8Array, bytes: Uint8Array, encoding: string, sign: RegExp): boolean {
  if (high.length < 6 || !isValid(encoding, bytes)) return false;
  const beyond = decode(bytes.subarray(0, SAMPLE), encoding).match(/[^\0-\u007f]/gu) ?? [];
  const own = beyond.filter((each) => /[\u3000-\u30ff\u3400-\u9fff\uac00-\ud7a3\uff00-\uffef]/.test(each));
  return own.length * 20 >= beyond.length * 19 && beyond.some((each) => sign.test(each));
}

function easternGuess(encodings: readonly string[]): EncodingGuess | null {
  const [encoding, ...others] = encodings;
  if (encoding === undefined) return null;
  return { encoding, evidence: `not valid UTF-8; every byte is one of ${encoding}`, others };
}
