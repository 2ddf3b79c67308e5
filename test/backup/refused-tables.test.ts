import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type ErrorCode, RowferryError } from '../../src/errors.ts';
import { makeHome } from './fixture.ts';
import { asDml as asMysqlDml, mysqlHome } from './mysql/fixture.ts';
import { asDml, postgresHome } from './postgres/fixture.ts';

/** What is named to be backed up and cannot be: refused with what it is, and what to do. */

interface Refusal {
  readonly name: string;
  readonly code: ErrorCode;
  readonly says: string;
  readonly hint: string;
}

type RunOf = (t: TestContext) => Promise<(table: string) => Promise<unknown>>;

const OWN = 'name the tables that its rows come from';

function refuses(engine: string, runOf: RunOf, refusals: readonly Refusal[]): void {
  test(`${engine}: ${refusals.map(({ name }) => name).join(', ')}`, async (t) => {
    const run = await runOf(t);
    for (const { name, code, says, hint } of refusals) {
      await assert.rejects(run(name), (error) => {
        assert.ok(error instanceof RowferryError, String(error));
        assert.deepEqual([error.code, error.detail.includes(says)], [code, true], error.detail);
        assert.ok(error.hint?.includes(hint), `${name}: ${error.hint}`);
        return true;
      });
    }
  });
}

const MISSING = { name: 'hirez', code: 'table-not-found', says: 'no table hirez', hint: 'hires' } as const;
const view = (kind: string, name: string): Refusal => ({
  name,
  code: 'table-unsupported',
  says: `${name} is ${kind}`,
  hint: OWN,
});

refuses(
  'sqlite',
  async (t) => {
    const backups = await makeHome(
      t,
      'CREATE TABLE hires (id INTEGER PRIMARY KEY); CREATE VIEW young AS SELECT 1 AS id; CREATE VIRTUAL TABLE words USING fts5(word)',
    ).backups();
    return (table) => backups.run([table]);
  },
  [view('a view', 'young'), view('a virtual table', 'words'), MISSING],
);

refuses(
  'postgres',
  async (t) => {
    const { backups } = await postgresHome(
      t,
      `CREATE TABLE hires (id int PRIMARY KEY, year int); CREATE VIEW young AS SELECT 1 AS id;
       CREATE MATERIALIZED VIEW old AS SELECT 1 AS id; CREATE SEQUENCE counter;
       CREATE FOREIGN DATA WRAPPER nothing; CREATE SERVER far FOREIGN DATA WRAPPER nothing;
       CREATE FOREIGN TABLE away (id int) SERVER far;
       CREATE TABLE days (day int) PARTITION BY LIST (day); CREATE TABLE monday PARTITION OF days FOR VALUES IN (1)`,
    );
    t.after(() => postgresHome(t, 'DROP SERVER far CASCADE; DROP FOREIGN DATA WRAPPER nothing'));
    const [days] = await backups.run(['days']);
    assert.equal(days?.rows, 0, 'a partitioned table is one table');
    return (table) => backups.run([table]);
  },
  [
    view('a view', 'young'),
    view('a materialized view', 'old'),
    view('a foreign table', 'away'),
    view('a sequence', 'counter'),
    {
      name: 'monday',
      code: 'table-unsupported',
      says: 'monday is a partition of days',
      hint: 'rowferry backup days',
    },
    MISSING,
  ],
);

refuses(
  'mysql',
  async (t) => {
    const { backups } = await mysqlHome(
      t,
      `CREATE TABLE hires (id INT PRIMARY KEY); CREATE VIEW young AS SELECT 1 AS id;
       CREATE TABLE heap (id INT) ENGINE = MyISAM; CREATE TABLE crash (id INT) ENGINE = Aria`,
    );
    return (table) => backups.run([table]);
  },
  [
    view('a view', 'young'),
    {
      name: 'heap',
      code: 'table-unsupported',
      says: 'of the engine MyISAM',
      hint: 'ALTER TABLE `heap` ENGINE = InnoDB',
    },
    {
      name: 'crash',
      code: 'table-unsupported',
      says: 'of the engine Aria',
      hint: 'ALTER TABLE `crash` ENGINE = InnoDB',
    },
    MISSING,
  ],
);

const privilege = (grant: RegExp) => (error: unknown) => {
  assert.ok(error instanceof RowferryError, String(error));
  assert.equal(error.code, 'database-privilege', error.detail);
  assert.match(error.hint ?? '', grant);
  return true;
};

test('a table that may not be read is refused with the GRANT', async (t) => {
  const home = await asDml(t, 'CREATE TABLE hires (id int)');
  const { username } = new URL(home.url);
  for (const [lost, grant] of [
    ['SELECT', /GRANT SELECT ON .*hires.* TO role_/],
    ['INSERT', /GRANT SELECT, INSERT ON hires TO role_/],
  ] as const) {
    await home.run(`REVOKE ${lost} ON hires FROM ${username}`);
    await assert.rejects(home.backups.run(['hires']), privilege(grant));
  }
  const mysql = await asMysqlDml(t, 'CREATE TABLE hires (id INT)');
  const user = new URL(mysql.url).username;
  const [database] = await mysql.rows('SELECT DATABASE()');
  await mysql.run(`REVOKE SELECT ON ${database?.[0]}.* FROM ${user}@'%'`);
  await assert.rejects(mysql.backups.run(['hires']), privilege(/GRANT SELECT ON .*hires/));
});
