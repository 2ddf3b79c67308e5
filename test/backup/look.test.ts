import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { diffBackups } from '../../src/backup/diff.ts';
import { type BackupTable, openTable } from '../../src/backup/open-table.ts';
import { ValueTexts } from '../../src/backup/value-texts.ts';
import { mysqlHome } from './mysql/fixture.ts';
import { postgresHome } from './postgres/fixture.ts';
import type { OpenHome, ServerHome } from './shared/home.ts';

/** Backups of typed columns are shown as the database itself writes the values. */
interface Engine {
  readonly open: OpenHome;
  readonly columns: string;
  readonly values: readonly string[];
  /** What makes texts of the columns after `id`. */
  readonly texts: string;
}

const ENGINES: Readonly<Record<string, Engine>> = {
  postgres: {
    open: postgresHome,
    columns: `b boolean, s smallint, n bigint, r real, d double precision, dec numeric(10,2), day date, tod time,
      ts timestamp, tz timestamptz, bin bytea, x text, u uuid`,
    values: [
      `true, -32768, -9223372036854775808, 1.1, 1e300, -99999999.99, '0001-01-01', '23:59:59.999999',
       '9999-12-31 23:59:59.999999', '2021-11-07 02:48:42.5+05', '\\x00ff', 'Zoë 😀', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'`,
      `false, 0, 4294967296, 'NaN', '-Infinity', 0.10, '2000-02-29', '00:00', '1969-12-31 23:59:59', '0001-01-01 00:00+00',
       '', '', '00000000-0000-0000-0000-000000000000'`,
      'NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL',
    ],
    texts: `b::text, s::text, n::text, r::text, d::text, dec::text, day::text, tod::text, ts::text,
      (tz AT TIME ZONE 'UTC')::text || '+00', bin::text, x, u::text`,
  },
  mysql: {
    open: mysqlHome,
    columns: `t tinyint, n bigint, u bigint unsigned, dec0 decimal(10,2), day date, dt datetime(6), x varchar(40),
      e enum('a','b')`,
    values: [
      "-128, -9223372036854775808, 18446744073709551615, -99999999.99, '9999-12-31', '2021-07-27 16:02:08.123456', 'Zoë 😀', 'b'",
      "0, 4294967296, 0, 0.10, '1000-01-01', '1969-12-31 23:59:59.999999', '', 'a'",
      'NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL',
    ],
    texts:
      'CAST(t AS CHAR), CAST(n AS CHAR), CAST(u AS CHAR), CAST(dec0 AS CHAR), CAST(day AS CHAR), CAST(dt AS CHAR), x, e',
  },
};

async function backUp(home: ServerHome): Promise<BackupTable> {
  return openTable(join(home.path, (await home.backUp('t')).file), null);
}

async function textsOf(table: BackupTable): Promise<Array<Array<string | null>>> {
  const values = new ValueTexts(table.facts.columns);
  const rows: Array<Array<string | null>> = [];
  for await (const _ of table.rows(values)) rows.push(values.texts.slice(1));
  return rows;
}

for (const [name, { open, columns, values, texts }] of Object.entries(ENGINES)) {
  test(`${name}: what a backup shows is what the database writes, and what changed is found`, async (t: TestContext) => {
    const rows = values.map((row, index) => `(${index + 1}, ${row})`);
    const home = await open(
      t,
      `CREATE TABLE t (id int PRIMARY KEY, ${columns}); INSERT INTO t VALUES ${rows.join(', ')}`,
    );
    const before = await backUp(home);
    const inOrder = (await textsOf(before)).map((row) => JSON.stringify(row)).sort();
    const expected = (await home.rows(`SELECT ${texts} FROM t`)).map((row) => JSON.stringify(row)).sort();
    assert.deepEqual(inOrder, expected);
    await home.run("UPDATE t SET x = 'other' WHERE id = 2; DELETE FROM t WHERE id = 3");
    const { added, removed, changed, same, key } = await diffBackups(before, await backUp(home), {
      limit: 5,
    });
    assert.deepEqual(
      { added, removed, changed, same, key },
      { added: 0, removed: 1, changed: 1, same: 1, key: ['id'] },
    );
  });
}
