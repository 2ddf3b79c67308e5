import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csvRecord } from '../../../src/csv/write.ts';
import { databaseOf, valuesIn } from './fixture.ts';
import { load } from './load.ts';

/**
 * Edge values of every type: what the table gives back as text, or the code of the reject. The database is asked what
 * it makes of the same text itself; what it would alter has to be a reject.
 */
type Edges = Readonly<Record<string, string>>;
const same = (...values: readonly string[]): Edges =>
  Object.fromEntries(values.map((value) => [value, value]));

const DIGITS = '1234567890'.repeat(20);

const EDGES: Readonly<Record<string, Edges>> = {
  int2: {
    ...same('0', '-1', '32767', '-32768'),
    '+7': '7',
    '-007': '-7',
    '-0': '0',
    '32768': 'range',
    '-32769': 'range',
    '': 'type.integer',
  },
  int4: {
    ...same('0', '2147483647', '-2147483648'),
    '0000000002147483647': '2147483647',
    '2147483648': 'range',
    '1.0': 'type.integer',
    ' 1': 'type.integer',
  },
  int8: {
    ...same('9223372036854775807', '-9223372036854775808', '9007199254740993', '-4294967296', '4294967295'),
    '+123456789012345': '123456789012345',
    '9223372036854775808': 'range',
  },
  oid: { ...same('0', '4294967295'), '4294967296': 'range', '-1': 'range' },
  numeric: {
    ...same(
      '0',
      '1',
      '-1',
      '10000',
      '0.0001',
      '0.00010',
      '12345678.9',
      '-0.5',
      '100000000',
      '1.50',
      '0.00',
      '99999999.99999999',
    ),
    ...same(DIGITS, `${DIGITS}.${DIGITS}`, `0.${'0'.repeat(90)}1`, `1${'0'.repeat(500)}`),
    '-0': '0',
    '-0.00': '0.00',
    '+.5': '0.5',
    '5.': '5',
    '007.70': '7.70',
    NaN: 'type.decimal',
    Infinity: 'type.decimal',
    '1e3': 'type.decimal',
    [`1${'0'.repeat(131_072)}`]: 'range',
    [`0.${'0'.repeat(16_383)}1`]: 'scale',
  },
  'numeric(6,2)': {
    '1': '1.00',
    '-9999.99': '-9999.99',
    '1.50000': '1.50',
    '10000': 'range',
    '1.005': 'scale',
    '-.01': '-0.01',
  },
  'numeric(3,-2)': { '12300': '12300', '-99900.0': '-99900', '50': 'scale', '100000': 'range' },
  'numeric(2,4)': { '0.0099': '0.0099', '.0001': '0.0001', '0.01': 'range', '0.00001': 'scale' },
  float4: {
    ...same('0', '-0', '1.5', '0.1', '-3.4028235e+38', '1e-45', '1.1754944e-38', '0.33333334'),
    '16777216': '1.6777216e+07',
    '0.100000001490116': '0.1',
    '1E3': '1000',
    '3.5e38': 'range',
    '1e-46': 'range',
    NaN: 'type.float',
  },
  float8: {
    ...same(
      '0',
      '-0',
      '0.1',
      '0.30000000000000004',
      '1.7976931348623157e+308',
      '5e-324',
      '2.2250738585072014e-308',
      '-123456789.12345',
    ),
    ...same('123456789012345', '1e+22', '1e-07'),
    '9007199254740993': '9.007199254740992e+15',
    '.5': '0.5',
    '5.': '5',
    '+1e0': '1',
    '1e309': 'range',
    '1e-400': 'range',
  },
  bool: {
    t: 'true',
    TRUE: 'true',
    '1': 'true',
    f: 'false',
    False: 'false',
    '0': 'false',
    yes: 'type.boolean',
    '': 'type.boolean',
  },
  text: same(
    '',
    ' ',
    'a',
    '"',
    '""',
    '\\N',
    '\\.',
    '\\',
    '\t',
    'line\nbreak',
    '\r\n',
    'NULL',
    'é',
    '😀',
    '\u{10ffff}',
    '\ufeff',
    'x'.repeat(100_000),
  ),
  'varchar(3)': { ...same('', 'abc', 'äöü', '😀😀😀', 'a  '), abcd: 'length', 'abc ': 'length' },
  'char(3)': { abc: 'abc', a: 'a', 'a ': 'a', '': '', abcd: 'length' },
  name: {
    ...same('', 'a', 'x'.repeat(63), 'é'.repeat(31)),
    ['x'.repeat(64)]: 'length',
    ['é'.repeat(32)]: 'length',
  },
  '"char"': { a: 'a', '': '', ab: 'length', é: 'length' },
  date: {
    ...same(
      '0001-01-01',
      '9999-12-31',
      '2000-01-01',
      '1999-12-31',
      '2000-02-29',
      '1970-01-01',
      '1900-02-28',
      '2024-12-31',
    ),
    '1900-02-29': 'type.date',
    '0000-01-01': 'type.date',
    '10000-01-01': 'type.date',
    infinity: 'type.date',
    epoch: 'type.date',
  },
  time: {
    '00:00': '00:00:00',
    '23:59:59.999999': '23:59:59.999999',
    '12:34:56.1': '12:34:56.1',
    '24:00:00': 'type.time',
    '23:59:60': 'type.time',
    '12:00:00.1234567': 'type.time',
    '12:00Z': 'type.time',
  },
  'time(3)': { '12:34:56.123': '12:34:56.123', '12:34:56.1234': 'type.time' },
  timetz: {
    '12:00': '12:00:00+00',
    '12:00:00Z': '12:00:00+00',
    '12:00+02': '12:00:00+02',
    '12:00:00.5-05:30': '12:00:00.5-05:30',
    '23:59:59.999999+1545': '23:59:59.999999+15:45',
    '12:00+16': 'type.time',
  },
  timestamp: {
    '2021-11-07 02:48:42.1234560000000000000000': '2021-11-07 02:48:42.123456',
    '2021-11-07T02:48:42Z': '2021-11-07 02:48:42',
    '2021-11-07 02:48:42': '2021-11-07 02:48:42',
    '2021-11-07t02:48+00:00': '2021-11-07 02:48:00',
    '0001-01-01 00:00:00.000001': '0001-01-01 00:00:00.000001',
    '9999-12-31 23:59:59.999999': '9999-12-31 23:59:59.999999',
    '1714-01-01 00:00:00.000001': '1714-01-01 00:00:00.000001',
    '2286-12-31 23:59:59.999999': '2286-12-31 23:59:59.999999',
    '1999-12-31 23:59:59.999999': '1999-12-31 23:59:59.999999',
    '2021-11-07 02:48:42+01:00': 'type.datetime',
    '2021-11-07 02:48:60': 'type.datetime',
    '2021-11-07 24:00:00': 'type.datetime',
    '2021-11-07': 'type.datetime',
    infinity: 'type.datetime',
  },
  'timestamp(0)': { '2021-11-07 02:48:42': '2021-11-07 02:48:42', '2021-11-07 02:48:42.5': 'type.datetime' },
  timestamptz: {
    '2021-11-07T02:48:42Z': '2021-11-07 02:48:42+00',
    '2021-11-07 02:48:42': '2021-11-07 02:48:42+00',
    '2021-11-07T02:48:42.5+05:30': '2021-11-06 21:18:42.5+00',
    '2021-11-07T02:48-0330': '2021-11-07 06:18:00+00',
    '2021-11-07T02:48+15': '2021-11-06 11:48:00+00',
    '0001-01-01T00:00:00+01:00': '0001-12-31 23:00:00+00 BC',
    '9999-12-31T23:59:59.999999-12:00': '10000-01-01 11:59:59.999999+00',
  },
  uuid: {
    ...same(
      '123e4567-e89b-12d3-a456-426614174000',
      '00000000-0000-0000-0000-000000000000',
      'ffffffff-ffff-ffff-ffff-ffffffffffff',
    ),
    '123E4567-E89B-12D3-A456-426614174000': '123e4567-e89b-12d3-a456-426614174000',
    '123e4567e89b12d3a456426614174000': 'type.uuid',
  },
  json: {
    ...same('{"a": 1}', '[]', 'null', '"x"', ' {"b":1,"a":2} '),
    '{a:1}': 'type.json',
    '': 'type.json',
  },
  jsonb: {
    ...same('[]', 'null', '"x"', '1.50'),
    '{"b":1,"a":[1,2]}': '{"a": [1, 2], "b": 1}',
    '"\\u0000"': 'database',
    nil: 'type.json',
  },
  bytea: {
    '\\x00ff': '\\x00ff',
    '0X00FF': '\\x00ff',
    '': '\\x',
    '00': '\\x00',
    '\\x': '\\x',
    '0x': '\\x',
    '0': 'type.binary',
    zz: 'type.binary',
  },
  mood: { ...same('sad', "it's", 'a "b"', ''), happy: 'enum' },
  positive: { '1': '1', '-1': 'check', x: 'type.integer', '2147483648': 'range' },
  citext: same('Ann', ''),
  inet: {
    '10.0.0.1': '10.0.0.1/32',
    '10.0.0.0/8': '10.0.0.0/8',
    '::1': '::1/128',
    '2001:DB8::/32': '2001:db8::/32',
    '256.0.0.1': 'database',
    '': 'database',
  },
  cidr: { '10.0.0.0/8': '10.0.0.0/8', '10.0.0.1/8': 'database' },
  interval: {
    'P1Y2M3DT4H5M6.789S': 'P1Y2M3DT4H5M6.789S',
    '1 day 02:00': 'P1DT2H',
    '-1 mon': 'P-1M',
    soon: 'database',
  },
  'int4[]': { '{1,2,3}': '{1,2,3}', '{}': '{}', '{NULL,-1}': '{NULL,-1}', '{1': 'database' },
  'text[]': { '{a,"b c",NULL,"NULL",""}': '{a,"b c",NULL,"NULL",""}', '{"\\\\","\\""}': '{"\\\\","\\""}' },
  money: { '12.34': '$12.34', '-1': '-$1.00', '1.005': 'scale', $1: 'type.decimal' },
  'bit(3)': { '101': '101', '10': 'database', '1010': 'database' },
  varbit: same('', '1', '0101'),
  macaddr: { '08:00:2B:01:02:03': '08:00:2b:01:02:03', x: 'database' },
  xml: {
    '<a>1</a>': '<a>1</a>',
    '<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>':
      '<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>',
    '<a>': 'database',
  },
  tsvector: { 'a b': "'a' 'b'" },
  int4range: { '[1,5)': '[1,5)', '[1,': 'database' },
  point: { '(1,2)': '(1,2)', '(1': 'database' },
};

const TYPES = `CREATE TYPE mood AS ENUM ('sad', 'it''s', 'a "b"', ''); CREATE DOMAIN positive AS int CHECK (VALUE > 0);
  CREATE EXTENSION IF NOT EXISTS citext SCHEMA public;`;

for (const [type, edges] of Object.entries(EDGES)) {
  test(`${type}: each value comes back as it is, or is a reject with a reason`, async () => {
    const url = await databaseOf(`${TYPES} CREATE TABLE t (n int, v ${type})`);
    const values = Object.keys(edges);
    const csv = values.map((value, i) => csvRecord([String(i), value])).join('');
    const { rejects } = await load(url, `${csv}-1,\n`);
    const found = new Map(rejects.map(({ index, errors }) => [index, errors[0]?.code ?? '']));
    for (const [n, v] of await valuesIn(url, `SELECT n, v::text FROM t WHERE n >= 0`)) {
      found.set(Number(n), String(v));
    }
    values.forEach((value, i) => {
      const [given, made, expected] = [value, found.get(i), edges[value]].map((text) => text?.slice(0, 250));
      assert.deepEqual([given, made], [given, expected]);
    });
    assert.deepEqual(await valuesIn(url, 'SELECT v FROM t WHERE n = -1'), [[null]]);
  });
}
