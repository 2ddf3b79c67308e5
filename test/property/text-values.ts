import type { Random } from './random.ts';
import { anyText, spaced, type Values } from './values.ts';

const CHARACTERS = [
  'a',
  'b',
  'Z',
  '0',
  '7',
  ' ',
  '.',
  ',',
  "'",
  '"',
  '\\',
  '\n',
  '\t',
  'é',
  'ß',
  '漢',
  '😀',
  '\u0301',
  '\u00a0',
];

function words(random: Random, characters: readonly string[], most: number): string {
  let text = '';
  for (let left = random.between(0, most); left > 0; left--) text += random.pick(characters);
  return text;
}

const NUMBERLIKE = [
  '007',
  '1.50',
  '1e3',
  '0x10',
  '1.0',
  '-0',
  '+5',
  ' 5',
  '5 ',
  '.5',
  '5.',
  '1e400',
  '12345678901234567890',
  'inf',
  'nan',
];

const TEXT_EDGES = [
  ...spaced('NULL null " "" , 😀 é ﬁ İ % _ $x'),
  ...[
    '\\N',
    '\\n',
    '\\',
    '\\\\',
    '\\.',
    '\n\\.\n',
    "'",
    "''",
    '\t',
    '\r',
    '\n',
    '\r\n',
    ' ',
    '  ',
    'a ',
    ' a',
    'a\t',
    'a\n',
    '\u00a0',
    '\ufeff',
    '\ufeffa',
    '\ufffd',
    '\uffff',
    '\u{10ffff}',
    '👩‍👩‍👧',
    'e\u0301',
    '\x01',
    '\x1a',
    '\x7f',
    '\b',
    '\x0b',
    '\x1b[0m',
    "'; DROP TABLE t; --",
    'a\\tb',
    'a\\nb',
    '\\x41',
    '\\101',
  ],
];

/** Texts around a length in characters; of one, two, three and four bytes each. */
export function texts(length = 40, characters: readonly string[] = CHARACTERS): Values {
  const around = [length - 1, length, length + 1, length * 2].filter((each) => each > 0);
  const long = around.flatMap((each) =>
    ['x', 'é', '漢', '😀', ' ', "'", '\\'].map((one) => one.repeat(each)),
  );
  return {
    valid: (random) => words(random, characters, Math.min(length, random.oneIn(50) ? 5000 : 40)),
    edges: [...TEXT_EDGES, ...NUMBERLIKE, ...long, ...long.map((each) => `${each} `)],
  };
}

/** Labels, and what is nearly one. */
export function labels(list: readonly string[]): Values {
  const near = list.flatMap((label) => [
    label.toUpperCase(),
    label.toLowerCase(),
    `${label} `,
    ` ${label}`,
    label.slice(1),
  ]);
  const numbers = ['0', '1', '2', '3', '9', '65535', '-1', '1.0'];
  return { valid: (random) => random.pick(list), edges: [...near, ...numbers, ...TEXT_EDGES] };
}

/** Some members, in any order. */
export function memberLists(list: readonly string[]): Values {
  const [first = '', second = ''] = list;
  return {
    valid: (random) => {
      const wanted = list.filter(() => random.oneIn(2));
      return (random.oneIn(2) ? wanted : wanted.toReversed()).join(',');
    },
    edges: [
      ...labels(list).edges,
      `${first},${first}`,
      `${first},`,
      `,${first}`,
      `${first}, ${second}`,
      `${first};${second}`,
      ',',
    ],
  };
}

const BOOLEANS = ['true', 'false', 't', 'f', '1', '0', 'TRUE', 'False', 'T', 'F', 'tRuE'];
const NO_BOOLEANS = [
  'yes',
  'no',
  'y',
  'n',
  'on',
  'off',
  'tr',
  'fals',
  '2',
  '-1',
  '01',
  '00',
  '1.0',
  ' true',
  'true ',
  'wahr',
  'truE1',
];

export const booleans: Values = { valid: (random) => random.pick(BOOLEANS), edges: NO_BOOLEANS };

const hex = (random: Random, digits: number): string => {
  let text = '';
  for (let i = 0; i < digits; i++) text += random.below(16).toString(16);
  return random.oneIn(3) ? text.toUpperCase() : text;
};

export const uuids: Values = {
  valid: (random) => {
    const text = [8, 4, 4, 4, 12].map((length) => hex(random, length)).join('-');
    // Mostly of RFC 4122: MariaDB looks at the version and the variant.
    if (random.oneIn(50)) return text;
    const version = `-${random.between(1, 5)}${text.slice(15, 19)}`;
    return text.slice(0, 13) + version + random.pick(['8', '9', 'a', 'B']) + text.slice(20);
  },
  edges: [
    ...spaced('00000000-0000-0000-0000-000000000000 ffffffff-ffff-ffff-ffff-ffffffffffff'),
    ...spaced('123e4567e89b12d3a456426614174000 {123e4567-e89b-12d3-a456-426614174000}'),
    ...spaced('123e4567-e89b-12d3-a456-42661417400g urn:uuid:123e4567-e89b-12d3-a456-426614174000'),
    ...spaced('123e-4567e89b-12d3-a456-426614174000 123e4567-e89b-12d3-a456-4266141740000'),
    ...spaced('12345678-1234-1234-1234-12345678901１'),
  ],
};

/** Pairs of hexadecimal digits around a number of bytes. */
export function binaries(length = 40, fixed = false): Values {
  const around = [0, 1, length - 1, length, length + 1, length * 2].filter((each) => each >= 0);
  return {
    valid: (random) =>
      random.pick(['', '', '\\x', '0x', '0X', '\\X']) +
      hex(random, 2 * (fixed ? length : random.between(0, length))),
    edges: [
      ...around.flatMap((each) => ['00', 'ff', '5c', '78', '30', '0a'].map((pair) => pair.repeat(each))),
      ...spaced('0x x 0 f 0x0 xx 0x0x 00:ff gg'),
      ...['\\x', '\\', '\\x0', '\\x\\x00', '00 ff', '\\x0g', '0x\n', "x'00'"],
      ...['SGVsbG8=', '\\000', '\\\\000', 'deadbeef', 'DEADBEEF', '\\xDeadBeef', '１２'],
    ],
  };
}

/** So many zeros and ones, or up to so many. */
export function bits(length: number, fixed = false): Values {
  return {
    valid: (random) =>
      random
        .word()
        .toString(2)
        .padStart(32, '0')
        .slice(0, fixed ? length : random.between(0, length)),
    edges: spaced('000 111 0101 101 11111 111111 00000 2 0b1 b101 B101 x1F X1 1_0').concat('', '1 1', ' 1'),
  };
}

/** Ranges of whole numbers (postgresql.org/docs, 8.17.5). */
export const ranges: Values = {
  valid: (random) => {
    const first = random.between(-99, 99);
    return `${random.pick(['[', '('])}${first},${first + random.between(0, 9)}${random.pick([']', ')'])}`;
  },
  edges: spaced(
    'empty (,) [1,) (,1] [1,1) [2,1] [1;2] 1,2 [1,2 [a,b] [2147483647,2147483647] EMPTY [,]',
  ).concat('[ 1 , 2 ]'),
};

/** Documents and fragments of XML, of which some say that they are in another character set. */
export const documents: Values = {
  valid: (random) =>
    `<a b="${random.between(0, 9)}">${random.pick(['é', '漢', '&amp;', '<c/>', ' ', '😀', ''])}</a>`,
  edges: [
    '<?xml version="1.0"?><a/>',
    '<?xml version="1.0" encoding="UTF-8"?><a>é</a>',
    '<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>',
    '<?xml version="1.0" standalone="yes"?><a/>',
    '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    ...spaced('<a> </a> <a/><b/> a&b <a>\u0001</a> a <a><![CDATA[<]]></a>'),
  ],
};

/** Values of JSON with numbers that programs round, keys that come twice, escapes that are no characters. */
export const jsons: Values = {
  valid: (random) => jsonText(random, 4),
  edges: [
    ...spaced('null true false 0 -0 -0.0 1.0 1.50 1e2 1E+2 1e-7 1e400 -1e400 1e-400 0.1 007'),
    ...spaced('12345678901234567890 0.1234567890123456789012345 9007199254740993 1.7976931348623159e308'),
    ...spaced('+1 .5 5. 0x1F NaN Infinity undefined " "" "a "😀" {} [] [1,] [,1] {"a":1,} {a:1}'),
    ...spaced('{"a":1,"a":2} {"b":1,"a":2} {"":1} {"a":{"a":{"a":[]}}} [[[[[]]]]] [1]] {"a":1}{"b":2}'),
    ...[
      "'a'",
      '"\\u0000"',
      '"\\ud800"',
      '"\\udc00\\ud800"',
      '"\\ud83d\\ude00"',
      '"\\u00e9"',
      '"\\/"',
      '"\\x41"',
      '"\\\'"',
      '"\t"',
      '"\\t"',
      '"\n"',
      '"\x7f"',
      '" "',
      '"\u2028"',
      '\ufeff{}',
      '[ ]',
      '{ }',
      ' 1',
      '1 ',
      '\t[1]\n',
      '\u00a0[1]',
      '[1 2]',
      "{'a':1}",
      '{"a" : 1}',
      '// c\n1',
      'null null',
    ],
    ...[
      '['.repeat(40) + ']'.repeat(40),
      '['.repeat(2000) + ']'.repeat(2000),
      '{"__proto__":{"x":1}}',
      '"\\ud83d"',
      '{"\\ud83d":1}',
    ],
  ],
};

function jsonText(random: Random, depth: number): string {
  const space = random.pick(['', '', ' ', '\n  ']);
  switch (random.below(depth > 0 ? 8 : 5)) {
    case 0:
      return random.pick(['null', 'true', 'false']);
    case 1:
      return String(random.whole(-(10n ** 20n), 10n ** 20n));
    case 2:
      return `${random.oneIn(2) ? '-' : ''}${random.between(0, 999)}.${random.digits(random.between(1, 25))}`;
    case 3:
      return `${random.between(1, 9)}.${random.digits(3)}${random.pick(['e', 'E', 'e+', 'e-'])}${random.between(0, 30)}`;
    case 4:
      return JSON.stringify(anyText(random));
    case 5:
    case 6:
      return `[${space}${Array.from({ length: random.below(4) }, () => jsonText(random, depth - 1)).join(`,${space}`)}]`;
    default: {
      const keys = Array.from({ length: random.below(4) }, () =>
        random.pick(['a', 'b', 'aa', 'é', '', '1', 'A']),
      );
      return `{${keys.map((key) => `"${key}"${space}:${jsonText(random, depth - 1)}`).join(`${space},`)}}`;
    }
  }
}
