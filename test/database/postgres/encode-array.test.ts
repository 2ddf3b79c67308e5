import { arraySpellings, arrays } from '../../property/array-values.ts';
import { inets } from '../../property/network-values.ts';
import { decimals, floats, integers } from '../../property/number-values.ts';
import type { Random } from '../../property/random.ts';
import { binaries, booleans, texts, uuids } from '../../property/text-values.ts';
import { dates, datetimes, durations, times } from '../../property/time-values.ts';
import { nextValue, type Values } from '../../property/values.ts';
import { type Kind, MOSTLY_ODD, spellingTests } from './spellings.ts';

const numbers = integers(-(2n ** 63n), 2n ** 63n - 1n);
const moments = datetimes({ digits: 6, zoned: true });

/** Literals, of the usual shapes and of others, with elements of the usual spellings and others. */
const arrayKind = (
  type: string,
  elements: Values,
  read: readonly string[],
  unread: readonly string[],
): Kind => {
  const spellings = arraySpellings(elements.valid);
  const valid = (random: Random): string =>
    random.oneIn(3) ? literalOf(String(nextValue(random, elements, MOSTLY_ODD) ?? '')) : spellings(random);
  return {
    type: `${type}[]`,
    values: { valid, edges: arrays(elements).edges },
    read: read.map(literalOf),
    unread: unread.map(literalOf),
  };
};

const literalOf = (element: string): string => `{"${element.replaceAll(/["\\]/g, '\\$&')}"}`;

const KINDS: readonly Kind[] = [
  {
    type: 'text[]',
    values: arrays(texts()),
    read: [
      '{}',
      '{ }',
      '{a}',
      '{a,b}',
      '{ a , b c }',
      '{"a","b"}',
      '{"",NULL,"NULL",nulls}',
      '{"a\\"b\\\\","{,}"}',
      '{{a},{b}}',
    ].concat([
      '{{{a,b}},{{c,d}}}',
      '{{NULL,NULL}}',
      '{"a" , " b "}',
      '{ä😀}',
      '{{{{{{1}}}}}}',
      '{"line\nbreak"}',
    ]),
    unread: [
      '',
      '{',
      '}',
      '{,}',
      '{a,}',
      '{,a}',
      '{a',
      'a}',
      '{a}}',
      '{{a}',
      '{a} ',
      ' {a}',
      '{a}{b}',
      '[0:0]={a}',
      '[1:2]={a,b}',
    ]
      .concat([
        '{a"b"}',
        '{"a"b}',
        '{"a" "b"}',
        '{a\\b}',
        '{"a',
        '{"a\\',
        '{{}}',
        '{{},{}}',
        '{{a},b}',
        '{a,{b}}',
        '{{a},{b,c}}',
      ])
      .concat(['{{{{{{{1}}}}}}}', '{{a},{{b}}}', '{{{a}},{b}}', '{a\tb}', '{a{b}', '{ , }', 'NULL', '()']),
  },
  arrayKind(
    'int2',
    numbers,
    ['0', '-32768', '32767', '+7', '-007', '-0'],
    ['', '32768', '-32769', '1.0', '1e3', '0x1', ' 1 ', '--1', '+'],
  ),
  arrayKind(
    'int4',
    numbers,
    ['2147483647', '-2147483648', '0000000000000000000001'],
    ['2147483648', '-2147483649', '1_000', '12345678901234567890'],
  ),
  arrayKind(
    'int8',
    numbers,
    ['9223372036854775807', '-9223372036854775808', '9007199254740993'],
    ['9223372036854775808', '-9223372036854775809', '10000000000000000000'],
  ),
  arrayKind(
    'numeric',
    decimals(60, 40),
    ['1', '.5', '5.', '-0.00', '+1.50', '0'],
    ['', '.', '-', '1e3', 'NaN', 'Infinity', '1.2.3', ' 1'],
  ),
  arrayKind(
    'float4',
    floats(32),
    ['1.5', '-0', '3.4028235e38', '1e-45', '1E+2', '.5e1'],
    ['', '3.5e38', '1e-46', 'NaN', 'inf', '1e', '1e+', 'e1', '0x1p3'],
  ),
  arrayKind(
    'float8',
    floats(64),
    ['0.1', '1.7976931348623157e308', '5e-324', '0e999', '0.0'],
    ['1e309', '1e-400', '-Infinity', '1f', '1 e1'],
  ),
  arrayKind('bool', booleans, ['t', 'F', 'TRUE', 'false', '1', '0'], ['', 'yes', 'on', 'tr', '2', ' t']),
  arrayKind(
    'uuid',
    uuids,
    ['123E4567-e89b-12d3-a456-426614174000'],
    [
      '',
      '123e4567e89b12d3a456426614174000',
      '{123e4567-e89b-12d3-a456-426614174000}',
      '123e4567-e89b-12d3-a456-42661417400g',
    ],
  ),
  arrayKind('bytea', binaries(), ['\\x', '\\x00fF'], ['', '00', '\\x0', '\\X00', '\\000', '\\x0g']),
  arrayKind(
    'date',
    dates(),
    ['2000-02-29', '0001-01-01', '9999-12-31'],
    ['', '1900-02-29', '0000-01-01', '2021-1-1', 'today', 'infinity', '20210101', '2021-13-01', '2021-00-01'],
  ),
  arrayKind(
    'time',
    times(6),
    ['00:00', '23:59:59.999999', '12:34:56.1000000'],
    ['24:00', '12:00:60', '12:00Z', '12:00:00.0000001', '12', '1:00', '12:00:', '12:00:00.'],
  ),
  arrayKind(
    'timetz',
    times(6, true),
    ['12:00', '12:00z', '12:00:00.5-05:30', '12:00+15:59', '12:00-0330', '12:00+02'],
    ['12:00+16', '12:00+1', '12:00+01:', '12:00+01:60', '12:00 UTC'],
  ),
  arrayKind(
    'timestamp',
    datetimes({ digits: 6, zoned: false }),
    ['2021-11-07 02:48:42', '2021-11-07t02:48'],
    ['2021-11-07', '2021-11-07 02:48Z', '2021-11-07 02:48+02', '2021-11-07  02:48', '2021-11-07T24:00'],
  ),
  arrayKind(
    'timestamptz',
    moments,
    ['2021-11-07T02:48:42Z', '0001-01-01 00:00:00+15:59', '9999-12-31 23:59:59.999999-12'],
    ['2021-11-07', '2021-11-07T02:48 +02', 'now', '2021-11-07T02:48:60Z'],
  ),
  arrayKind('inet', inets, ['10.0.0.0/8', '::1'], ['10.1', '::g']),
  arrayKind('interval', durations(6), ['1 day', 'PT1.5S'], ['1 week', 'P1W']),
];

spellingTests(KINDS);
