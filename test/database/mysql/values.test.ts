import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { databaseOf, listIn, run } from './fixture.ts';
import { load } from './load.ts';

/** CSV → tape → check → LOAD DATA → SELECT: the value that was sent, or a reject with a reason; nothing between. */

type Expected = string | readonly [sent: string, kept: string];

interface Column {
  readonly type: string;
  /** Kept as they are written, or as the second text. */
  readonly good: readonly Expected[];
  /** Text → code of its reject. */
  readonly bad?: Readonly<Record<string, string>>;
  /** How the column is read; default as text. */
  readonly read?: string;
}

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

async function holds({ type, good, bad = {}, read = 'CAST(v AS CHAR)' }: Column): Promise<void> {
  const url = await databaseOf(`CREATE TABLE t (n INT PRIMARY KEY, v ${type})`);
  const sent = good.map((each) => (typeof each === 'string' ? each : each[0]));
  const kept = good.map((each) => (typeof each === 'string' ? each : each[1]));
  const rows = [...sent, ...Object.keys(bad)].map((text, i) => `${i},${quoted(text)}\n`);
  const loaded = await load(url, rows.join(''));
  const rejects = loaded.rejects.map(({ index, errors }) => [
    Object.keys(bad)[index - sent.length],
    errors[0]?.code,
  ]);
  assert.deepEqual(Object.fromEntries(rejects), bad);
  assert.deepEqual(await listIn(url, `SELECT ${read} FROM t ORDER BY n`), kept);
}

const most = (bits: bigint): string => `${2n ** bits - 1n}`;

const COLUMNS: readonly Column[] = [
  {
    type: 'TINYINT',
    good: ['-128', '127', ['+5', '5'], ['007', '7'], ['-0', '0']],
    bad: { '128': 'range', '-129': 'range', '1.0': 'type.integer', '': 'type.integer' },
  },
  { type: 'TINYINT UNSIGNED', good: ['0', '255'], bad: { '-1': 'range', '256': 'range' } },
  { type: 'SMALLINT UNSIGNED', good: ['65535'], bad: { '65536': 'range' } },
  { type: 'MEDIUMINT', good: ['-8388608', '8388607'], bad: { '8388608': 'range' } },
  { type: 'INT UNSIGNED', good: ['4294967295'], bad: { '4294967296': 'range' } },
  { type: 'INT(5) ZEROFILL', good: [['7', '00007'], '123456'], bad: { '-1': 'range' } },
  {
    type: 'BIGINT',
    good: ['-9223372036854775808', '9223372036854775807', ['+0009223372036854775807', '9223372036854775807']],
    bad: { '9223372036854775808': 'range' },
  },
  {
    type: 'BIGINT UNSIGNED',
    good: ['0', most(64n)],
    bad: { '18446744073709551616': 'range', '-1': 'range' },
  },
  {
    type: 'BOOLEAN',
    good: [['true', '1'], ['F', '0'], ['t', '1'], '1', '0'],
    bad: { '2': 'type.boolean', yes: 'type.boolean' },
  },
  { type: 'BIT(1)', good: [['true', '1'], '0'], bad: { '2': 'type.boolean' }, read: 'CAST(v + 0 AS CHAR)' },
  {
    type: 'BIT(8)',
    good: ['0', '48', '49', '255', ['007', '7']],
    bad: { '256': 'range', '-1': 'range', a: 'type.integer' },
    read: 'CAST(v + 0 AS CHAR)',
  },
  {
    type: 'BIT(64)',
    good: [most(64n), '12345678901234567890'],
    bad: { '18446744073709551616': 'range' },
    read: 'CAST(CAST(v AS UNSIGNED) AS CHAR)',
  },
  {
    type: 'YEAR',
    good: ['1901', '2155', ['+2021', '2021'], ['02021', '2021']],
    bad: { '0': 'range', '70': 'range', '99': 'range', '0000': 'range', '2156': 'range', '1900': 'range' },
  },
  {
    type: 'DECIMAL(5,2)',
    good: [
      '123.45',
      '-999.99',
      ['1.5', '1.50'],
      ['1.500000', '1.50'],
      ['+.5', '0.50'],
      ['5.', '5.00'],
      ['00000000000000000000012.3', '12.30'],
      ['-0', '0.00'],
    ],
    bad: {
      '1.505': 'scale',
      '1000': 'range',
      '': 'type.decimal',
      '1e2': 'type.decimal',
      '.': 'type.decimal',
    },
  },
  { type: 'DECIMAL(5,2) UNSIGNED', good: [['-0.00', '0.00'], '999.99'], bad: { '-0.01': 'range' } },
  {
    type: 'DECIMAL(65,30)',
    good: [
      `${'9'.repeat(35)}.${'9'.repeat(30)}`,
      `-0.${'0'.repeat(29)}1`,
      ['1', `1.${'0'.repeat(30)}`],
      [`1.${'0'.repeat(40)}`, `1.${'0'.repeat(30)}`],
    ],
    bad: { ['1'.repeat(36)]: 'range', [`0.${'0'.repeat(30)}1`]: 'scale' },
  },
  { type: 'DECIMAL(10,0)', good: ['1234567890', ['7.000', '7']], bad: { '0.5': 'scale' } },
  {
    type: 'DOUBLE',
    good: [
      ['0.1', '0.1'],
      ['-1.7976931348623157e308', '-1.7976931348623157e308'],
      ['2.2250738585072014e-308', '2.2250738585072014e-308'],
      ['9007199254740993', '9.007199254740992e15'],
      ['0.30000000000000004', '0.30000000000000004'],
      ['1E3', '1000'],
      ['+.5', '0.5'],
      ['-0', '0'],
    ],
    bad: {
      '1e309': 'range',
      '1e-400': 'range',
      NaN: 'type.float',
      Infinity: 'type.float',
      '1,5': 'type.float',
    },
  },
  { type: 'DOUBLE UNSIGNED', good: ['0', '1.5'], bad: { '-1e-9': 'range' } },
  {
    type: 'FLOAT',
    good: [
      ['0.1', '0.10000000149011612'],
      ['16777217', '16777216'],
      ['-3.4028234e38', '-3.4028234e38'],
    ],
    bad: { '3.5e38': 'range', '1e-60': 'range' },
    read: "IF(ABS(v) > 1e30, '-3.4028234e38', CAST(v * CAST(1 AS DOUBLE) AS CHAR))",
  },
  {
    type: 'FLOAT(7,3)',
    good: [
      ['1234.5', '1234.500'],
      ['1e2', '100.000'],
    ],
    bad: { '0.0625': 'scale', '10000': 'range' },
  },
  {
    type: 'DATE',
    good: ['2021-11-07', '0001-01-01', '9999-12-31', '2024-02-29'],
    bad: {
      '0000-00-00': 'type.date',
      '2021-02-29': 'type.date',
      '2021-00-10': 'type.date',
      '21-11-07': 'type.date',
      '2021-11-07 00:00': 'type.date',
    },
  },
  {
    type: 'TIME',
    good: [
      '00:00:00',
      '23:59:59',
      ['10:30', '10:30:00'],
      '838:59:59',
      '-838:59:59',
      '-00:00:01',
      '100:00:00',
    ],
    bad: { '839:00:00': 'range', '10:30:00.5': 'type.time', '1030': 'type.time', '10:60': 'type.time' },
  },
  {
    type: 'TIME(6)',
    good: ['10:30:00.000001', ['10:30:00.1', '10:30:00.100000'], '-838:59:59.999999'],
    bad: { '10:30:00.1234567': 'type.time' },
  },
  {
    type: 'DATETIME',
    good: [
      ['2021-11-07T02:48:42Z', '2021-11-07 02:48:42'],
      ['2021-11-07 02:48', '2021-11-07 02:48:00'],
      ['0001-01-01t00:00:00+00:00', '0001-01-01 00:00:00'],
      '9999-12-31 23:59:59',
    ],
    bad: {
      '2021-11-07T02:48:42+01:00': 'type.datetime',
      '2021-11-07T02:48:42.9': 'type.datetime',
      '0000-00-00 00:00:00': 'type.datetime',
      '2021-11-07': 'type.datetime',
    },
  },
  {
    type: 'DATETIME(6)',
    good: ['2021-11-07 02:48:42.000001', ['2021-11-07 02:48:42.5', '2021-11-07 02:48:42.500000']],
    bad: { '2021-11-07 02:48:42.1234567': 'type.datetime' },
  },
  {
    type: 'TIMESTAMP NULL',
    good: [
      ['2021-11-07T02:48:42+02:30', '2021-11-07 00:18:42'],
      ['2021-01-01 00:30-0100', '2021-01-01 01:30:00'],
      ['2021-03-28T02:30:00', '2021-03-28 02:30:00'],
      '1970-01-01 00:00:01',
      ['2038-01-19T04:14:07+01', '2038-01-19 03:14:07'],
    ],
    bad: { '1970-01-01 00:00:00': 'range', '2038-01-19 03:14:08': 'range', '1900-01-01 00:00:00': 'range' },
  },
  {
    type: 'TIMESTAMP(3) NULL',
    good: ['2038-01-19 03:14:07.999'],
    bad: { '2038-01-19 03:14:07.9999': 'type.datetime' },
  },
  {
    type: 'CHAR(3)',
    good: ['', 'abc', ' a', 'äöü', '😀😀😀'],
    bad: { 'a ': 'length', abcd: 'length', '   ': 'length' },
  },
  {
    type: 'VARCHAR(4)',
    good: [
      '',
      'abcd',
      'a   ',
      '    ',
      '😀😀😀😀',
      '\\N',
      '\\',
      'a\tb\\',
      '\n\r\n',
      '\'"',
      'NULL',
      '\u2028\u0001\u001a\b',
    ],
    bad: { abcde: 'length', 'abcd ': 'length', '😀😀😀😀x': 'length' },
  },
  { type: 'VARCHAR(9) CHARACTER SET latin1', good: ['é', '€', 'a'], bad: { 日: 'database' } },
  { type: 'VARCHAR(9) CHARACTER SET utf8mb3', good: ['日本'], bad: { '😀': 'database' } },
  {
    type: 'TINYTEXT',
    good: ['x'.repeat(255), 'é'.repeat(127)],
    bad: { ['x'.repeat(256)]: 'length', ['é'.repeat(128)]: 'length' },
  },
  {
    type: 'TEXT',
    good: ['x'.repeat(65_535), 'line one\nline two\ttab\\n'],
    bad: { ['x'.repeat(65_536)]: 'length' },
  },
  { type: 'LONGTEXT', good: ['y'.repeat(70_000)] },
  {
    type: "ENUM('new','Old','it''s','1')",
    good: ['new', 'Old', "it's", '1'],
    bad: { old: 'enum', '2': 'enum', '': 'enum', 'new ': 'enum' },
  },
  {
    type: "SET('a','b','c')",
    good: ['', 'a', ['c,a', 'a,c'], 'a,b,c'],
    bad: { d: 'enum', 'a,a': 'enum', A: 'enum', '3': 'enum' },
  },
  {
    type: 'BINARY(3)',
    good: [
      ['00ff20', '00FF20'],
      ['\\x0a095c', '0A095C'],
    ],
    bad: { '00': 'length', '': 'length', '00000000': 'length', '0': 'type.binary' },
    read: 'HEX(v)',
  },
  {
    type: 'VARBINARY(3)',
    good: ['', ['0x27225c', '27225C'], ['80c3', '80C3']],
    bad: { '00000000': 'length' },
    read: 'HEX(v)',
  },
  { type: 'TINYBLOB', good: ['AB'.repeat(255), ''], bad: { ['00'.repeat(256)]: 'length' }, read: 'HEX(v)' },
  { type: 'BLOB', good: ['00'.repeat(65_535)], read: 'HEX(v)' },
  {
    type: 'JSON',
    good: ['{"a": [1, 2.50, "\\u00e9\\n"], "a": null}', ' [ ] ', '"\\\\"', 'null'],
    bad: { '{a:1}': 'type.json', '': 'type.json', [`${'['.repeat(40)}${']'.repeat(40)}`]: 'database' },
  },
  {
    type: 'UUID',
    good: [['123E4567-e89b-12d3-a456-426614174000', '123e4567-e89b-12d3-a456-426614174000']],
    bad: { '123e4567': 'type.uuid' },
  },
  {
    type: 'INET6',
    good: ['::1', ['2001:DB8::0:1', '2001:db8::1']],
    bad: { '10.0.0': 'database', no: 'database' },
  },
  {
    type: 'GEOMETRY',
    good: [
      [
        '000000000101000000000000000000f03f0000000000000040',
        '000000000101000000000000000000F03F0000000000000040',
      ],
    ],
    bad: { '00ff': 'database' },
    read: 'HEX(v)',
  },
];

for (const column of COLUMNS) {
  test(`${column.type}: kept as it is, or refused`, () => holds(column));
}

test('NULL in every type, and an empty text that is none', async () => {
  const types = [
    'INT',
    'DECIMAL(5,2)',
    'DOUBLE',
    'DATE',
    'TIME',
    'DATETIME',
    'TIMESTAMP NULL',
    'CHAR(3)',
    'TEXT',
    'BLOB',
    'JSON',
    'BIT(3)',
    "ENUM('a')",
    "SET('a')",
    'YEAR',
    'BOOLEAN',
  ];
  const url = await databaseOf(`CREATE TABLE t (${types.map((type, i) => `c${i} ${type}`).join(', ')})`);
  assert.deepEqual((await load(url, `${','.repeat(types.length - 1)}\n`)).errors, []);
  const nulls = types.map((_, i) => `(c${i} IS NULL)`).join(' + ');
  assert.deepEqual(await listIn(url, `SELECT ${nulls} FROM t`), [types.length]);
  const texts = await databaseOf('CREATE TABLE t (n INT, a VARCHAR(3), b TEXT, c BLOB)');
  await load(texts, '1,"","",""\n2,,,\n');
  assert.deepEqual(await listIn(texts, "SELECT CONCAT(a = '', b = '', c = '') FROM t ORDER BY n"), [
    '111',
    null,
  ]);
});

test('random texts and bytes of any kind come back as they were', async () => {
  const url = await databaseOf('CREATE TABLE t (n INT PRIMARY KEY, v LONGTEXT, b LONGBLOB)');
  const text = fc.string({ unit: 'binary', maxLength: 40 }).map((each) => each.replaceAll('\0', ''));
  const bytes = fc.uint8Array({ maxLength: 40 }).map((each) => Buffer.from(each).toString('hex'));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(text, bytes), { minLength: 1, maxLength: 200 }), async (rows) => {
      await run(url, 'DELETE FROM t');
      const csv = rows.map(([v, b], i) => `${i},${quoted(v)},"${b}"\n`).join('');
      assert.deepEqual((await load(url, csv)).errors, []);
      assert.deepEqual(
        await listIn(url, 'SELECT v FROM t ORDER BY n'),
        rows.map(([v]) => v),
      );
      assert.deepEqual(
        await listIn(url, 'SELECT LOWER(HEX(b)) FROM t ORDER BY n'),
        rows.map(([, b]) => b),
      );
    }),
    { numRuns: 25 },
  );
});
