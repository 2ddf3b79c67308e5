import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { BackupResult, RestoreResult } from '../../src/backup/backups.ts';
import { coded, makeHome, only } from './fixture.ts';
import { mysqlHome } from './mysql/fixture.ts';
import { postgresHome } from './postgres/fixture.ts';

/** A database of each engine behind one face. */
interface Place {
  run(sql: string): Promise<void>;
  rows(sql: string): Promise<unknown[][]>;
  backUp(table: string): Promise<BackupResult>;
  /** Where a backup lies. */
  fileOf(backup: BackupResult): string;
  restore(
    table: string,
    file: string,
    options?: { dryRun?: boolean; convert?: boolean },
  ): Promise<RestoreResult>;
}

type Engine = 'sqlite' | 'postgres' | 'mysql';

async function placeOf(t: TestContext, engine: Engine, sql: string): Promise<Place> {
  if (engine !== 'sqlite') {
    const home = await (engine === 'postgres' ? postgresHome : mysqlHome)(t, sql);
    return {
      run: home.run,
      rows: home.rows,
      backUp: home.backUp,
      fileOf: ({ file }) => join(home.path, file),
      restore: (table, file, { dryRun = false, convert = true } = {}) =>
        home.backups.restore({ table, source: { file }, dryRun, convert }),
    };
  }
  const home = makeHome(t, sql);
  const backups = await home.backups();
  return {
    run: async (statements) => home.db.exec(statements),
    rows: async (query) =>
      home.db
        .prepare(query)
        .all()
        .map((row) => Object.values(row)),
    backUp: async (table) => only(await backups.run([table])),
    fileOf: ({ file }) => join(home.path, file),
    restore: (table, file, { dryRun = false, convert = true } = {}) =>
      backups.restore({ table, source: { file }, dryRun, convert }),
  };
}

const POSTGRES = `
  CREATE TABLE sites (id integer PRIMARY KEY); INSERT INTO sites VALUES (1), (2);
  CREATE TABLE readings (id bigint PRIMARY KEY, ok boolean NOT NULL, small smallint, price numeric(12,2), ratio double precision,
    single real, at timestamptz, local timestamp, day date, clock time, key uuid, doc jsonb, raw bytea, note text,
    site integer REFERENCES sites, code varchar(20) UNIQUE, twice numeric GENERATED ALWAYS AS (price * 2) STORED, UNIQUE (site, code));
  INSERT INTO readings (id, ok, small, price, ratio, single, at, local, day, clock, key, doc, raw, note, site, code) VALUES
    (9223372036854775807, true, -32768, -9999999999.99, 0.1, 0.1, '2021-07-27T16:02:08.123456+02', '1999-12-31 23:59:59.5', '0001-01-01', '23:59:59.999999',
      'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{"a": [1, "ü"]}', '\\x00ff10', E'tab\\tline\\nback\\\\slash ''é😀', 1, 'x'),
    (-1, false, 0, 0.10, 1e-300, 16777216, '1970-01-01T00:00:00Z', '2038-01-20 00:00:00', '9999-12-31', '00:00', NULL, NULL, '', '', 2, 'X'),
    (0, true, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);`;

const MYSQL = `
  CREATE TABLE sites (id INT PRIMARY KEY); INSERT INTO sites VALUES (1), (2);
  CREATE TABLE readings (id BIGINT UNSIGNED PRIMARY KEY, ok BOOLEAN NOT NULL, small SMALLINT, price DECIMAL(12,2), ratio DOUBLE,
    single FLOAT, at TIMESTAMP(6) NULL, local DATETIME(6), day DATE, clock TIME(6), raw VARBINARY(9), note TEXT,
    site INT, code VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin UNIQUE, FOREIGN KEY (site) REFERENCES sites (id));
  SET time_zone = '+00:00'; INSERT INTO readings VALUES
    (18446744073709551615, 1, -32768, -9999999999.99, 0.1, 0.1, '2021-07-27 16:02:08.123456', '1999-12-31 23:59:59.5', '1000-01-01', '23:59:59.999999', x'00ff10', 'tab\\tline\\nback\\\\slash ''é😀', 1, 'x'),
    (1, 0, 0, 0.10, 1e-300, 16777216, '1970-01-01 00:00:01', '2038-01-20', '9999-12-31', '00:00:00', '', '', 2, 'X'),
    (2, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);`;

const SQLITE = `
  CREATE TABLE sites (id INTEGER PRIMARY KEY); INSERT INTO sites VALUES (1), (2);
  CREATE TABLE readings (id INTEGER PRIMARY KEY, price DECIMAL(12,2), ratio REAL, note TEXT, raw BLOB, mixed,
    site INTEGER REFERENCES sites (id), code TEXT UNIQUE);
  INSERT INTO readings VALUES (9223372036854775807, -9999999999.99, 0.1, 'tab' || char(9) || 'é😀' || char(10) || '\\', x'00ff10', 1, 1, 'x'),
    (-1, 0.1, 1e-300, '', x'', 'one', 2, 'X'), (0, 5, -0.0, NULL, NULL, NULL, NULL, NULL);`;

const SOURCES: Record<Engine, string> = { postgres: POSTGRES, mysql: MYSQL, sqlite: SQLITE };
const ONLY_SITES = 'CREATE TABLE sites (id INTEGER PRIMARY KEY); INSERT INTO sites VALUES (1), (2);';

/** How the values of the first row read in the engine that took them. */
const HELD: Record<Engine, string> = {
  postgres:
    "SELECT id::text, price::text, ratio::text, note, encode(raw, 'hex'), site::text FROM readings ORDER BY readings.id::numeric DESC LIMIT 1",
  mysql:
    'SELECT CAST(id AS CHAR), CAST(price AS CHAR), CAST(ratio AS CHAR), note, LOWER(HEX(raw)), CAST(site AS CHAR) FROM readings ORDER BY id + 0 DESC LIMIT 1',
  sqlite:
    'SELECT CAST(id AS TEXT), CAST(price AS TEXT), CAST(ratio AS TEXT), note, lower(hex(raw)), CAST(site AS TEXT) FROM readings ORDER BY CAST(id AS REAL) DESC LIMIT 1',
};

const PAIRS: ReadonlyArray<readonly [from: Engine, to: Engine]> = [
  ['postgres', 'mysql'],
  ['postgres', 'sqlite'],
  ['mysql', 'postgres'],
  ['mysql', 'sqlite'],
  ['sqlite', 'postgres'],
  ['sqlite', 'mysql'],
];

for (const [from, to] of PAIRS) {
  test(`${from} to ${to}: a missing table is made, every value means the same, and comes back again`, async (t) => {
    const source = await placeOf(t, from, SOURCES[from]);
    const backup = await source.backUp('readings');
    const file = source.fileOf(backup);
    const held = await source.rows(HELD[from]);
    const target = await placeOf(t, to, ONLY_SITES);
    await assert.rejects(
      target.restore('readings', file, { convert: false }),
      coded('restore-engine-mismatch', 'Nothing was changed.'),
    );
    const dry = await target.restore('readings', file, { dryRun: true });
    assert.match(String(dry.createTable), /^CREATE TABLE .readings. \(/);
    assert.ok(dry.changes.length > 0, 'columns that are others are named');
    assert.match(String(dry.createTable), /FOREIGN KEY \(.site.\) REFERENCES .sites. \(.id.\)/);
    if (from === 'postgres') assert.match(String(dry.createTable), /UNIQUE \(.site., .code.\)/);
    const again = await target.restore('readings', file, { dryRun: true });
    assert.equal(again.createTable, dry.createTable, 'a dry run makes nothing');
    const result = await target.restore('readings', file);
    assert.deepEqual([result.rows, result.replaced, result.changes], [3, 0, dry.changes]);
    assert.deepEqual(await target.rows(HELD[to]), held);
    const zone = from !== 'sqlite' && to === 'mysql';
    assert.equal(
      dry.changes.some((line) => line.includes('moments in UTC without a zone')),
      zone,
      String(dry.changes),
    );
    const repeated = await target.restore('readings', file);
    assert.deepEqual(
      [repeated.replaced, repeated.createTable],
      [3, null],
      'into the table that is there now',
    );
    assert.match(String(repeated.safetyBackup), /^readings\./);
    await assert.rejects(target.run("UPDATE readings SET code = 'x' WHERE code = 'X'"), /unique|duplicate/i);
    const back = target.fileOf(await target.backUp('readings'));
    const home = await placeOf(t, from, ONLY_SITES);
    await home.restore('back', back);
    const returned = await home.rows(HELD[from].replaceAll('readings', 'back'));
    assert.deepEqual(returned, held, 'the way back');
  });
}

/** What a column of the other engine has no room for: from, to, the two tables, and what the error names. */
const MISFITS: ReadonlyArray<
  readonly [from: Engine, to: Engine, saved: string, present: string, says: string]
> = [
  ['postgres', 'mysql', 'v bigint); INSERT INTO t VALUES (1, 5), (2, 3000000000)', 'v INT', '3000000000'],
  [
    'postgres',
    'mysql',
    "v text); INSERT INTO t VALUES (1, 'fits'), (2, 'too long')",
    'v VARCHAR(5)',
    'too long',
  ],
  [
    'postgres',
    'mysql',
    'v double precision); INSERT INTO t VALUES (1, 0.1), (2, 0.123456789)',
    'v FLOAT',
    '0.123456789',
  ],
  ['mysql', 'postgres', 'v BIGINT); INSERT INTO t VALUES (1, 5), (2, 3000000000)', 'v integer', '3000000000'],
  [
    'mysql',
    'postgres',
    'v DECIMAL(9,3)); INSERT INTO t VALUES (1, 0.5), (2, 0.125)',
    'v numeric(9,2)',
    '0.125',
  ],
  [
    'mysql',
    'sqlite',
    'v DECIMAL(30,0)); INSERT INTO t VALUES (1, 5), (2, 123456789012345678901)',
    'v NUMERIC',
    '123456789012345678901',
  ],
  ['sqlite', 'postgres', "v TEXT); INSERT INTO t VALUES (1, '5'), (2, 'five')", 'v integer', 'five'],
  ['sqlite', 'mysql', "v TEXT); INSERT INTO t VALUES (1, '5'), (2, 'five')", 'v INT', 'five'],
];

for (const [from, to, saved, present, says] of MISFITS) {
  test(`${from} to ${to}: ${says} is refused where ${present} stands, and nothing is changed`, async (t) => {
    const source = await placeOf(t, from, `CREATE TABLE t (id INTEGER PRIMARY KEY, ${saved};`);
    const file = source.fileOf(await source.backUp('t'));
    const target = await placeOf(
      t,
      to,
      `CREATE TABLE t (id INTEGER PRIMARY KEY, ${present}); INSERT INTO t VALUES (7, NULL);`,
    );
    await assert.rejects(
      target.restore('t', file),
      coded('restore-schema-drift', says, 'Nothing was changed.'),
    );
    assert.deepEqual((await target.rows('SELECT id FROM t')).map(String), ['7']);
  });
}

test('columns of other names, generated ones and values of several kinds are refused by name; parents are needed', async (t) => {
  const source = await placeOf(
    t,
    'sqlite',
    `CREATE TABLE t (id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES (1, x'00'), (2, 'text'); CREATE TABLE p (id INTEGER PRIMARY KEY);
     CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p (id)); INSERT INTO c VALUES (1, 9)`,
  );
  const [t1, c] = [source.fileOf(await source.backUp('t')), source.fileOf(await source.backUp('c'))];
  const target = await placeOf(
    t,
    'postgres',
    `CREATE TABLE other (id integer PRIMARY KEY, b text); CREATE TABLE p (id bigint PRIMARY KEY);
     CREATE TABLE counted (id integer PRIMARY KEY, a integer GENERATED ALWAYS AS (id + 1) STORED)`,
  );
  await assert.rejects(
    target.restore('t', t1),
    coded('restore-schema-drift', 'column a holds text and blob'),
  );
  await assert.rejects(
    target.restore('other', t1),
    coded('restore-schema-drift', 'column a is gone; column b was added'),
  );
  const says = ['column a is generated', 'Nothing was changed.'];
  await assert.rejects(target.restore('counted', t1), coded('restore-schema-drift', ...says));
  await assert.rejects(target.restore('c', c), coded('restore-orphans', '9', 'Nothing was changed.'));
  await target.run('DROP TABLE p');
  const made = await target.restore('c', c);
  assert.deepEqual(made.notTaken, ['foreign key to p', 'numbering of id'], 'a parent that is not there');
});
