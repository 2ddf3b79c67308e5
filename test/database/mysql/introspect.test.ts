import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Table } from '../../../src/model/table.ts';
import { summary } from '../shared/load.ts';
import { connectionTo, databaseName, databaseOf, run, userWith } from './fixture.ts';
import { load } from './load.ts';

async function tablesOf(url: string): Promise<Table[]> {
  return (await connectionTo(url)).introspect();
}

async function only(sql: string, name = 't'): Promise<Table> {
  const table = (await tablesOf(await databaseOf(sql))).find((each) => each.name === name);
  assert.ok(table, `there is no table ${name}`);
  return table;
}

test('columns: type, NOT NULL, default, identity, generated', async () => {
  const { columns, primaryKey } = await only(`CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY,
    name VARCHAR(20) NOT NULL DEFAULT 'x', born DATE DEFAULT NULL, at DATETIME DEFAULT CURRENT_TIMESTAMP,
    n INT DEFAULT 5, word VARCHAR(9) DEFAULT 'NULL', a INT AS (n + 1) VIRTUAL, b INT AS (n * 2) STORED)`);
  assert.deepEqual(
    columns.map(({ name, kind, nullable, identity, generated, default: fallback }) => [
      name,
      kind,
      nullable,
      identity,
      generated,
      fallback,
    ]),
    [
      ['id', 'integer', false, true, false, null],
      ['name', 'text', false, false, false, "'x'"],
      ['born', 'date', true, false, false, null],
      ['at', 'datetime', true, false, false, 'current_timestamp()'],
      ['n', 'integer', true, false, false, '5'],
      ['word', 'text', true, false, false, "'NULL'"],
      ['a', 'integer', true, false, true, null],
      ['b', 'integer', true, false, true, null],
    ],
  );
  assert.deepEqual(primaryKey, ['id']);
});

test('JSON is told from other long texts by its CHECK', async () => {
  const { columns } = await only(
    "CREATE TABLE t (a JSON, b LONGTEXT, `c``?` JSON, d TEXT CHECK (d <> 'json_valid'))",
  );
  assert.deepEqual(
    columns.map(({ kind }) => kind),
    ['json', 'text', 'json', 'text'],
  );
});

test('enums and sets bring their labels', async () => {
  const { columns } = await only("CREATE TABLE t (mood ENUM('sad', 'o''k', 'a,b'), tags SET('x', 'y z'))");
  assert.deepEqual(
    columns.map(({ kind, enum: labels, members }) => [kind, labels, members]),
    [
      ['text', ['sad', "o'k", 'a,b'], undefined],
      ['text', undefined, ['x', 'y z']],
    ],
  );
});

test('a partitioned table is one table; a row that none of its partitions takes is a reject', async () => {
  const url = await databaseOf(`CREATE TABLE t (a INT, b INT) PARTITION BY LIST (a)
    (PARTITION one VALUES IN (1), PARTITION two VALUES IN (2))`);
  assert.deepEqual(
    (await tablesOf(url)).map(({ name }) => name),
    ['t'],
  );
  const loaded = await load(url, '1,5\n3,6\n2,7\n');
  assert.deepEqual(loaded.errors, ['1 database']);
  assert.equal(summary(loaded), '3 = 2 + 0 + 0 + 1');
});

test('unique keys: the primary key first, in the order of their columns; beginnings of columns are none', async () => {
  const { uniqueKeys, primaryKey } = await only(`CREATE TABLE t (a INT, b INT, c TEXT, d VARCHAR(9), e INT,
    UNIQUE KEY aa (d, a), PRIMARY KEY (b, a), UNIQUE KEY start (c(5)), KEY plain (e), UNIQUE KEY e_key (e))`);
  assert.deepEqual(primaryKey, ['b', 'a']);
  assert.deepEqual(uniqueKeys, [
    { name: 'PRIMARY', columns: ['b', 'a'], primary: true },
    { name: 'aa', columns: ['d', 'a'], primary: false },
    { name: 'e_key', columns: ['e'], primary: false },
  ]);
});

test('foreign keys: composite, actions, parents in other databases', async () => {
  const other = databaseName(await databaseOf('CREATE TABLE far (id INT PRIMARY KEY)'));
  const { foreignKeys } = await only(`CREATE TABLE p (x INT, y INT, PRIMARY KEY (y, x));
    CREATE TABLE t (a INT, b INT, c INT, self INT UNIQUE,
      CONSTRAINT two FOREIGN KEY (a, b) REFERENCES p (y, x) ON DELETE CASCADE ON UPDATE SET NULL,
      CONSTRAINT one FOREIGN KEY (c) REFERENCES ${other}.far (id),
      CONSTRAINT own FOREIGN KEY (c) REFERENCES t (self))`);
  assert.deepEqual(foreignKeys, [
    {
      name: 'one',
      columns: ['c'],
      parentSchema: other,
      parentTable: 'far',
      parentColumns: ['id'],
      onDelete: 'RESTRICT',
      onUpdate: 'RESTRICT',
    },
    {
      name: 'own',
      columns: ['c'],
      parentTable: 't',
      parentColumns: ['self'],
      onDelete: 'RESTRICT',
      onUpdate: 'RESTRICT',
    },
    {
      name: 'two',
      columns: ['a', 'b'],
      parentTable: 'p',
      parentColumns: ['y', 'x'],
      onDelete: 'CASCADE',
      onUpdate: 'SET NULL',
    },
  ]);
});

test('CHECKs and triggers', async () => {
  const url = await databaseOf(`CREATE TABLE t (a INT CHECK (a > 0), b INT, CONSTRAINT both_ CHECK (a <> b));
    CREATE TABLE other (a INT CHECK (a > 5))`);
  await run(url, 'CREATE TRIGGER t_one BEFORE INSERT ON t FOR EACH ROW SET NEW.a = NEW.a');
  const [other, t] = await tablesOf(url);
  assert.deepEqual([...(t?.checks ?? [])].sort(), ['`a` <> `b`', '`a` > 0']);
  assert.deepEqual(t?.triggers, ['t_one']);
  assert.deepEqual([other?.checks, other?.triggers], [['`a` > 5'], []]);
});

test('views, sequences, tables without transactions, and rowferry’s own tables are left out', async () => {
  const url = await databaseOf(`CREATE TABLE t (a INT); CREATE VIEW v AS SELECT * FROM t; CREATE SEQUENCE s;
    CREATE TABLE rowferry_loads (id INT); CREATE TABLE rowferryx (id INT); CREATE TABLE old (id INT) ENGINE = MyISAM;
    CREATE TABLE memory (id INT) ENGINE = MEMORY; CREATE TABLE history (id INT) WITH SYSTEM VERSIONING`);
  assert.deepEqual(
    (await tablesOf(url)).map(({ name }) => name),
    ['history', 'rowferryx', 't'],
  );
});

test('only tables that the user may insert into', async () => {
  const url = await databaseOf(
    'CREATE TABLE a (id INT); CREATE TABLE b (id INT); CREATE TABLE c (id INT, v INT)',
  );
  const database = databaseName(url);
  const user = await userWith(
    url,
    `SELECT ON ${database}.*`,
    `INSERT ON ${database}.a`,
    `INSERT (id) ON ${database}.c`,
  );
  assert.deepEqual(
    (await tablesOf(user)).map(({ name }) => name),
    ['a', 'c'],
  );
});

test('the version of the schema changes with the schema and with nothing else', async () => {
  const url = await databaseOf('CREATE TABLE t (a INT, b INT); CREATE TABLE p (id INT PRIMARY KEY)');
  const connection = await connectionTo(url);
  const seen = new Set([await connection.schemaVersion()]);
  const statements = [
    'ALTER TABLE t ADD COLUMN c INT',
    'ALTER TABLE t MODIFY c BIGINT',
    'ALTER TABLE t MODIFY c BIGINT NOT NULL',
    'ALTER TABLE t ADD UNIQUE KEY u (a)',
    'ALTER TABLE t DROP KEY u, ADD KEY u (a)',
    'ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (b) REFERENCES p (id)',
    'ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0)',
    'CREATE TRIGGER r BEFORE INSERT ON t FOR EACH ROW SET NEW.a = NEW.a + 1',
    'CREATE OR REPLACE TRIGGER r BEFORE INSERT ON t FOR EACH ROW SET NEW.a = NEW.a + 2',
    'CREATE TABLE another (a INT)',
    'ALTER TABLE another ALTER a SET DEFAULT 5',
  ];
  for (const sql of statements) {
    await run(url, sql);
    const version = await connection.schemaVersion();
    assert.ok(!seen.has(version), sql);
    seen.add(version);
  }
  const last = await connection.schemaVersion();
  await run(url, 'INSERT INTO p VALUES (1); CREATE TABLE rowferry_staging_x LIKE t; ANALYZE TABLE t');
  assert.equal(await connection.schemaVersion(), last);
});

test('names with quotes, spaces and backslashes', async () => {
  const name = 'odd `name` it\'s \\ "x" ?';
  const quoted = `\`${name.replaceAll('`', '``')}\``;
  const table = await only(
    `CREATE TABLE ${quoted} (${quoted} INT PRIMARY KEY, \`select\` VARCHAR(9) UNIQUE, \`a b\` INT,
      FOREIGN KEY (\`a b\`) REFERENCES ${quoted} (${quoted}))`,
    name,
  );
  assert.deepEqual(
    table.columns.map((column) => column.name),
    [name, 'select', 'a b'],
  );
  assert.deepEqual(table.foreignKeys[0]?.parentColumns, [name]);
  assert.deepEqual(
    table.uniqueKeys.map((key) => key.columns),
    [[name], ['select']],
  );
});
