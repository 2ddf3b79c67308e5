/** Other programs read the types that backups of MySQL and MariaDB have: avrocat (Avro C), python3-avro and avsc. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import avsc from 'avsc';
import { mysqlHome } from '../backup/mysql/fixture.ts';
import { lines, output } from './program.ts';

const TABLE = `CREATE TABLE t (id INT PRIMARY KEY, big BIGINT NOT NULL, u BIGINT UNSIGNED NOT NULL, price DECIMAL(10,2), ratio DOUBLE NOT NULL, half FLOAT,
  name VARCHAR(40), raw VARBINARY(10), born DATE, at TIME(6), seen DATETIME(6), stamp TIMESTAMP(3) NULL, kind ENUM('a', 'b'), bits BIT(4))`;
const ROWS = `INSERT INTO t VALUES
  (1, -9007199254740991, 18446744073709551615, -12.50, 0.1, 0.5, 'Zoë 😀', x'00ff', '1969-12-31', '23:59:59.999999', '2021-07-27 16:02:08.25', '2021-07-27 16:02:08', 'b', b'0101'),
  (2, 0, 0, NULL, -1e300, NULL, '', NULL, '0001-01-01', NULL, '9999-12-31 23:59:59', NULL, NULL, NULL)`;

async function backUp(t: TestContext, sql: string): Promise<string> {
  const home = await mysqlHome(t, sql);
  const { file } = await home.backUp('t');
  return join(home.path, file);
}

/** Logical types as Python's own: dates, times, decimals. */
const PYTHON = `
import sys
from avro.datafile import DataFileReader
from avro.io import DatumReader
with DataFileReader(open(sys.argv[1], 'rb'), DatumReader()) as reader:
    for row in reader: print(' | '.join(str(value) for value in row.values()))
`;

test('python3-avro reads each value as what it is', async (t) => {
  const path = await backUp(t, `${TABLE}; ${ROWS}`);
  assert.deepEqual(lines(output('python3', 'python3-avro', ['-c', PYTHON, path])), [
    "1 | -9007199254740991 | 18446744073709551615 | -12.50 | 0.1 | 0.5 | Zoë 😀 | b'\\x00\\xff' | 1969-12-31 | 23:59:59.999999 | 2021-07-27 16:02:08.250000+00:00 | 2021-07-27 16:02:08+00:00 | b | 0101",
    '2 | 0 | 0 | None | -1e+300 | None |  | None | 0001-01-01 | None | 9999-12-31 23:59:59+00:00 | None | None | None',
  ]);
});

test('avrocat reads each value', async (t) => {
  const found = lines(output('avrocat', 'avro-bin', [await backUp(t, `${TABLE}; ${ROWS}`)]));
  const [first, second] = found.map((line) => JSON.parse(line));
  assert.equal(found.length, 2);
  assert.deepEqual([first.id, first.big, first.ratio], [1, -9007199254740991, 0.1]);
  assert.deepEqual(
    [first.name, first.born, first.at],
    [{ string: 'Zoë 😀' }, { int: -1 }, { long: 86_399_999_999 }],
  );
  assert.deepEqual([first.seen, first.kind], [{ long: 1_627_401_728_250_000 }, { string: 'b' }]);
  assert.deepEqual([second.price, second.born, second.name], [null, { int: -719_162 }, { string: '' }]);
});

test('avsc reads each value', async (t) => {
  const path = await backUp(
    t,
    `${TABLE}; INSERT INTO t SELECT 7, 5, 6, 1.25, 2.5, NULL, 'x', 'y', NULL, '01:00:00', NULL, NULL, 'a', b'1'`,
  );
  const found: object[] = [];
  for await (const row of avsc.createFileDecoder(path)) found.push({ ...row });
  assert.deepEqual(found, [
    {
      ...{
        id: 7,
        big: 5,
        u: Buffer.from('000000000000000006', 'hex'),
        price: Buffer.from('000000007d', 'hex'),
      },
      ...{ ratio: 2.5, half: null, name: 'x', raw: Buffer.from('y'), born: null, at: 3_600_000_000 },
      ...{ seen: null, stamp: null, kind: 'a', bits: '0001' },
    },
  ]);
});

test('each of them reads a file without rows', async (t) => {
  const path = await backUp(t, TABLE);
  assert.equal(output('python3', 'python3-avro', ['-c', PYTHON, path]), '');
  assert.equal(output('avrocat', 'avro-bin', [path]), '');
  for await (const _ of avsc.createFileDecoder(path)) assert.fail('a row');
});
