import { kept, type Meaning, type Meanings, REFUSED } from './meaning.ts';
import { plainDecimal } from './number-meaning.ts';

/** Texts, labels, bytes and JSON. */

export interface TextRules {
  /** Unicode code points. */
  readonly length?: number;
  /** Of UTF-8. */
  readonly bytes?: number;
  /** Spaces at the end are lost, so that such a text is refused. */
  readonly noSpacesAtEnd?: boolean;
  /** Spaces at the end say nothing to the database. */
  readonly padded?: boolean;
  /** What the character set of the column has. */
  readonly characters?: RegExp;
}

/** The bytes, as hexadecimal digits. */
export function text({
  length = Infinity,
  bytes = Infinity,
  noSpacesAtEnd,
  padded,
  characters,
}: TextRules = {}): Meanings {
  return (value) => {
    if ([...value].length > length || Buffer.byteLength(value) > bytes) return REFUSED;
    if (noSpacesAtEnd && value.endsWith(' ')) return REFUSED;
    if (characters !== undefined && !characters.test(value)) return REFUSED;
    return kept(hexOf(padded ? value.replace(/ +$/, '') : value));
  };
}

export const hexOf = (value: string): string => Buffer.from(value).toString('hex');

export function label(list: readonly string[]): Meanings {
  return (value) => (list.includes(value) ? kept(value) : REFUSED);
}

/** In the order of the declaration. */
export function memberList(list: readonly string[]): Meanings {
  return (value) => {
    const parts = value === '' ? [] : value.split(',');
    const members = list.filter((each) => parts.includes(each));
    return members.length === parts.length ? kept(members.join(',')) : REFUSED;
  };
}

const TRUE = ['true', 't', '1'];
const FALSE = ['false', 'f', '0'];
/** In any case, of ASCII letters alone. */
export const boolean: Meanings = (value) => {
  if (!/^[\x20-\x7e]*$/.test(value)) return REFUSED;
  if (TRUE.includes(value.toLowerCase())) return kept('true');
  return FALSE.includes(value.toLowerCase()) ? kept('false') : REFUSED;
};

/** The database's own word for a truth value. */
export const canonicalBoolean = (stored: string): string =>
  ({ true: 'true', t: 'true', '1': 'true', false: 'false', f: 'false', '0': 'false' })[stored] ??
  `no boolean: ${stored}`;

export const uuid: Meanings = (value) =>
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value) ? kept(value.toLowerCase()) : REFUSED;

/** The bytes as hexadecimal digits. */
export function binary({ most = Infinity, exactly }: { most?: number; exactly?: number } = {}): Meanings {
  return (value) => {
    const digits = /^(?:\\x|0x)?((?:[0-9a-f][0-9a-f])*)$/i.exec(value)?.[1];
    if (digits === undefined || digits.length / 2 > most) return REFUSED;
    return exactly !== undefined && digits.length / 2 !== exactly ? REFUSED : kept(digits.toLowerCase());
  };
}

/** Zeros and ones. */
export function bitString({ most = Infinity, exactly }: { most?: number; exactly?: number }): Meanings {
  return (value) => {
    const fits = exactly === undefined ? value.length <= most : value.length === exactly;
    return fits && /^[01]*$/.test(value) ? kept(value) : REFUSED;
  };
}

function isJson(value: string): boolean {
  try {
    JSON.parse(value);
    return true;
  } catch {
    return false;
  }
}

const depthOf = (value: string): number => {
  let [depth, deepest] = [0, 0];
  for (const token of value.match(TOKEN) ?? []) {
    if (token === '[' || token === '{') deepest = Math.max(deepest, ++depth);
    if (token === ']' || token === '}') depth--;
  }
  return deepest;
};

/** JSON that is kept as the text it came as. `depth`: how deep the database goes for sure. */
export function jsonText(depth = 1000): Meanings {
  return (value) => (isJson(value) ? kept(hexOf(value), depthOf(value) < depth) : REFUSED);
}

/** JSON that is kept as the value it is. Escapes of what is no character may be refused. */
export const jsonValue: Meanings = (value): Meaning => {
  if (!isJson(value)) return REFUSED;
  const sure =
    depthOf(value) < 1000 && !/\\u(?:0000|d[89a-f])/i.test(value) && !/e[+-]?[0-9]{4}/i.test(value);
  return kept(canonicalJson(value), sure);
};

const TOKEN = /"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*|true|false|null|[[\]{}:,]/gs;

/** Numbers written out with all their digits, keys sorted, the last one of equal keys. */
export function canonicalJson(value: string): string {
  const tokens = value.match(TOKEN) ?? [];
  let at = 0;
  const read = (): string => {
    const token = tokens[at++] ?? '';
    if (token === '[') return `[${list(']', read).join(',')}]`;
    if (token !== '{') return canonicalScalar(token);
    const pairs = new Map<string, string>();
    list('}', () => {
      const key = canonicalScalar(tokens[at++] ?? '');
      at++;
      pairs.set(key, read());
    });
    return `{${[...pairs]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => `${key}:${each}`)
      .join(',')}}`;
  };
  const list = <T>(end: string, item: () => T): T[] => {
    const items: T[] = [];
    while (tokens[at] !== end && at < tokens.length) {
      items.push(item());
      if (tokens[at] === ',') at++;
    }
    at++;
    return items;
  };
  return read();
}

function canonicalScalar(token: string): string {
  if (token.startsWith('"')) return JSON.stringify(JSON.parse(token));
  return /^[-0-9]/.test(token) ? writtenOut(token) : token;
}

/** 1.5e3 → 1500. */
function writtenOut(number: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)([0-9]+)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]+))?$/.exec(number) ?? [];
  const power = Number(exponent) - fraction.length;
  if (Math.abs(power) > 200_000) return number;
  const digits = (whole + fraction).padStart(1 - power, '0');
  return plainDecimal(
    sign + (power >= 0 ? digits + '0'.repeat(power) : `${digits.slice(0, power)}.${digits.slice(power)}`),
  );
}
