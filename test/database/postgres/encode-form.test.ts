import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { csvRecord } from '../../../src/csv/write.ts';
import { postgresEngine } from '../../../src/database/postgres/engine.ts';
import { Preparer } from '../../../src/ingest/prepare.ts';
import type { Table } from '../../../src/model/table.ts';
import { arraySpellings, arrays } from '../../property/array-values.ts';
import { cidrs, hardwareAddresses, inets } from '../../property/network-values.ts';
import { decimals, floats, integers } from '../../property/number-values.ts';
import { Random } from '../../property/random.ts';
import { binaries, booleans, texts, uuids } from '../../property/text-values.ts';
import { dates, datetimes, durations, namedDuration, times } from '../../property/time-values.ts';
import { nextValue, type Values } from '../../property/values.ts';
import { connectionTo, databaseOf, listIn, valuesIn } from './fixture.ts';
import { load } from './load.ts';

/**
 * Encoders of fields that only the database can judge. Whatever spelling such an encoder reads, the database takes and
 * reads alike; one that it does not read sends its batch as text.
 */

const DRAWN = 4000;
const SEED = process.env.ENCODE_SEED ?? randomBytes(4).toString('hex');
const MOSTLY_ODD = { empty: 5, edges: 300, mutations: 500, garbage: 50 };

interface Kind {
  readonly type: string;
  readonly values: Values;
  /** Spellings that go in binary form, and some that do not. */
  readonly read: readonly string[];
  readonly unread: readonly string[];
}

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

const ARRAYS: readonly Kind[] = [
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

const KINDS: readonly Kind[] = [
  {
    type: 'inet',
    values: inets,
    read: [
      '1.2.3.4',
      '10.0.0.1/8',
      '0.0.0.0/0',
      '::',
      '::1/128',
      '1::',
      '1:2:3:4:5:6:7::',
      '::2:3:4:5:6:7:8',
    ].concat(['::ffff:1.2.3.4', '1:2:3:4:5:6:7.8.9.10/96', '2001:DB8::a', 'fe80::0001']),
    unread: [
      '',
      '10.1',
      '1.2.3',
      '1.2.3.4.5',
      '1.2.3.256',
      '01.2.3.4',
      '1.2.3.4/33',
      '1.2.3.4/',
      '1.2.3.4/08',
    ]
      .concat([
        '::/129',
        ':::',
        '1::2::3',
        '1:2:3:4:5:6:7',
        '1:2:3:4:5:6:7:8:9',
        '1:2:3:4:5:6:7:8::',
        ':1',
        '1:',
      ])
      .concat(['::12345', '1.2.3.4::', '::1.2.3', '1:2:3:4:5:6:7:1.2.3.4', '::1%eth0', ' ::1', '::g', '/8']),
  },
  {
    type: 'cidr',
    values: cidrs,
    read: [
      '10.0.0.0/8',
      '1.2.3.4',
      '224.0.0.0',
      '0.0.0.0/0',
      '1.2.3.4/31',
      '::/0',
      '1::/16',
      '::1',
      '8000::/1',
    ],
    unread: ['10.0.0.1/8', '10', '10.1/16', '1.2.3.6/30', '1.2.3.5/31', '::1/127', '4000::/1', '1::1/64'],
  },
  {
    type: 'macaddr',
    values: hardwareAddresses,
    read: ['08:00:2b:01:02:03', '08-00-2B-01-02-03', 'FF:ff:Ff:00:00:00'],
    unread: [
      '08:00-2b:01:02:03',
      '08002b:010203',
      '0800.2b01.0203',
      '08:00:2b:01:02',
      '08:00:2b:01:02:0g',
      '',
    ].concat(['08:00:2b:01:02:03:04:05', '08:00:2b:01:02:03 ']),
  },
  {
    type: 'interval',
    values: {
      valid: (random) => (random.oneIn(2) ? durations(6).valid(random) : namedDuration(random)),
      edges: durations(6).edges,
    },
    read: [
      'P1Y2M3DT4H5M6.789S',
      'PT0S',
      'PT-0.5S',
      'P-1M',
      'PT36H',
      'P400D',
      'P1YT-1H',
      '1 year 2 mons 3 days 04:05:06.789',
    ]
      .concat([
        '00:00:00',
        '1:02:03',
        '-1:02:03.123456',
        '-00:00:00.5',
        '100:00:00',
        '+1 day',
        '-1 years +2 mons -3 days',
      ])
      .concat(['1 mon -00:00:01', '2 months', '178956970 years', '999999999 days', '1 day +01:00:00']),
    unread: [
      '',
      'P',
      'PT',
      'P1',
      'P1DT',
      'P1W',
      'P1.5D',
      'PT1.5H',
      'PT1.1234567S',
      'PT1.S',
      'PT.5S',
      'p1d',
      'P+1D',
      'PT+1H',
      'P1D1Y',
      'P1Y1Y',
    ]
      .concat([
        '1',
        '5 years ago',
        '@ 1 day',
        '1.5 days',
        '1 week',
        '1 day 02:00',
        '02:00',
        '1:2:3',
        '00:60:00',
        '00:00:60',
      ])
      .concat([
        '1  day',
        '1 day ',
        ' 1 day',
        '1 DAY',
        '1 day 2 years',
        '1 day 1 day',
        '1day',
        '- 1 day',
        '1 year-1 day',
      ])
      .concat([
        '178956971 years',
        '1000000000 days',
        '9999999:00:00',
        '00:00:00 1 day',
        '1 d',
        'P0001-02-03T04:05:06',
        '--1 day',
      ]),
  },
  ...ARRAYS,
];

/** Whether a batch of this value alone is encoded in the binary format. */
function isRead(table: Table, text: string): boolean {
  const bytes = new TextEncoder().encode(csvRecord(['0', text]));
  const columns = ['n', 'v'];
  const { encoded } = new Preparer(postgresEngine).csv({ bytes, table, last: true, columns, dialect: {} });
  return encoded.rows === 1 && encoded.layout?.starts[0] !== 0;
}

for (const { type, values, read, unread } of KINDS) {
  test(`${type}: the database takes every spelling that goes in binary form, and reads it alike`, async () => {
    const url = await databaseOf(`CREATE TABLE t (n int, v ${type})`);
    const table = (await (await connectionTo(url)).introspect()).find(({ name }) => name === 't');
    assert.ok(table);
    assert.deepEqual(
      [read.filter((text) => !isRead(table, text)), unread.filter((text) => isRead(table, text))],
      [[], []],
    );
    const random = new Random(`${SEED} ${type}`);
    const drawn = Array.from({ length: DRAWN }, () => nextValue(random, values, MOSTLY_ODD));
    const sent = [...read, ...drawn.filter((text) => typeof text === 'string' && isRead(table, text))];
    const loaded = await load(url, sent.map((text, n) => csvRecord([String(n), String(text)])).join(''));
    assert.deepEqual([loaded.strategy, loaded.errors], ['copy-binary', []], SEED);
    const stored = await listIn(url, 'SELECT v::text FROM t ORDER BY n');
    const list = JSON.stringify(sent).replaceAll("'", "''");
    const cast = await listIn(
      url,
      `SELECT (value::${type})::text FROM json_array_elements_text('${list}') AS value`,
    );
    sent.forEach((text, n) => {
      assert.deepEqual([text, stored[n]], [text, cast[n]], SEED);
    });
  });

  test(`${type}: one other spelling sends its batch as text, for the database to judge`, async () => {
    const url = await databaseOf(`CREATE TABLE t (n int, v ${type})`);
    const sent = [...read, ...unread];
    const loaded = await load(url, sent.map((text, n) => csvRecord([String(n), text])).join(''));
    assert.match(loaded.strategy, /^copy-text/);
    assert.ok(loaded.rejects.every(({ errors: [error] }) => error?.code === 'database'));
    const kept = (await valuesIn(url, 'SELECT n, v::text FROM t')).map(([n, v]) => [sent[Number(n)], v]);
    assert.equal(kept.length + loaded.rejects.length, sent.length);
    assert.ok(kept.length >= read.length);
  });
}

const MIXED = `CREATE TABLE t (n int PRIMARY KEY, m int UNIQUE, ip inet, spent interval, tags text[] CHECK (cardinality(tags) < 3),
  more jsonb)`;

test('rows that are refused are told apart in a batch in binary form, by values of such types too', async () => {
  const url = await databaseOf(`${MIXED}; CREATE UNIQUE INDEX ON t (ip, tags)`);
  const loaded = await load(
    url,
    [
      '1,1,10.0.0.1,1 day,{a},"{""a"":1}"',
      '2,1,10.0.0.2,PT1H,{b},1',
      '3,3,10.0.0.3,PT1H,"{a,b,c}",1',
      '4,4,10.0.0.1/32,PT1H,"{""a""}",1',
      '5,5,10.0.0.1,,{b},"""\\u0000"""',
      '6,6,::,-00:00:01,{},[]\n',
    ].join('\n'),
  );
  assert.equal(loaded.strategy, 'copy-binary, classified');
  assert.deepEqual(loaded.errors.toSorted(), ['1 unique.file m', '2 check', '3 unique.file', '4 database']);
  assert.deepEqual(
    await valuesIn(url, 'SELECT n, ip::text, spent::text, tags::text, more::text FROM t ORDER BY n'),
    [
      [1, '10.0.0.1/32', 'P1D', '{a}', '{"a": 1}'],
      [6, '::/128', 'PT-1S', '{}', '[]'],
    ],
  );
});

test('and alike in one that went as text', async () => {
  const url = await databaseOf(MIXED);
  const loaded = await load(
    url,
    '1,1,10.1/16,1 week,{a},1\n2,2,10.1.0.0/16,,[1:1]={a},"""\\u0000"""\n3,1,,,,{}\n',
  );
  assert.equal(loaded.strategy, 'copy-text, classified');
  assert.deepEqual(loaded.errors.toSorted(), ['1 database', '2 unique.file m']);
  assert.deepEqual(await listIn(url, 'SELECT more::text FROM t'), ['1']);
});

test('values that a column would round or cut are asked for, whatever they are spelled like', async () => {
  const url = await databaseOf('CREATE TABLE t (a interval(0), b numeric(3,1)[], c varchar(2)[])');
  const loaded = await load(url, 'PT1S,"{1.5,22}",{ab}\nPT1.5S,,\n,{1.25},\n,,"{""ab ""}"\n');
  assert.equal(loaded.strategy, 'copy-text, classified');
  assert.deepEqual(loaded.errors.toSorted(), ['1 range a', '2 range b', '3 range c']);
});

test('NULL in an array is NULL, whatever a server of old settings would make of it', async () => {
  const url = new URL(await databaseOf('CREATE TABLE t (n int, v text[])'));
  url.searchParams.set('options', `${url.searchParams.get('options')} -c array_nulls=off`);
  assert.equal((await load(url.href, '1,{NULL}\n')).strategy, 'copy-binary');
  assert.equal((await load(url.href, '2,[1:1]={NULL}\n')).strategy, 'copy-text');
  assert.deepEqual(await listIn(url.href, 'SELECT count(*)::int FROM t WHERE v[1] IS NULL'), [2]);
});

test('domains over such types go in binary form, and hold their CHECKs', async () => {
  const url = await databaseOf(`CREATE DOMAIN host AS inet CHECK (masklen(VALUE) = 32);
    CREATE DOMAIN tags AS text[] CHECK (cardinality(VALUE) > 0); CREATE TABLE t (ip host, tags tags)`);
  assert.deepEqual((await load(url, '10.0.0.1,{a}\n')).strategy, 'copy-binary');
  const { strategy, errors } = await load(url, '10.0.0.2,{a}\n10.0.0.0/8,{a}\n,{}\n');
  assert.deepEqual([strategy, errors], ['copy-binary, classified', ['1 check ip', '2 check tags']]);
  assert.deepEqual(await listIn(url, 'SELECT ip::text FROM t'), ['10.0.0.1/32', '10.0.0.2/32']);
});
