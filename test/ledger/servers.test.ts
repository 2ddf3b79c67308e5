import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { Connection } from '../../src/database/database.ts';
import { openDatabase } from '../../src/database/open.ts';
import { appendEntries } from '../../src/ledger/audit-table.ts';
import { LEDGER_VERSION, ledgerVersion, migrate } from '../../src/ledger/migrate.ts';
import { NOBODY } from '../../src/model/audit.ts';
import { testMysql } from '../servers/mysql.ts';
import { testPostgres } from '../servers/postgres.ts';
import { type TestServer, userUrl } from '../servers/server.ts';

/** The ledger where it lies on a server: made once whoever starts, read by those who may not make it. */

interface Kind {
  readonly name: string;
  readonly start: () => Promise<TestServer>;
  readonly migrations: string;
  /** A user who may connect and no more, and one who may read and write every table there is. */
  readonly makeUser: (name: string) => string;
  readonly grantDml: (name: string, database: string) => string;
  readonly newer: string;
}

const PASSWORD = 'of-this-test';

const KINDS: readonly Kind[] = [
  {
    name: 'PostgreSQL',
    start: testPostgres,
    migrations: 'rowferry.migrations',
    makeUser: (name) => `CREATE ROLE ${name} LOGIN PASSWORD '${PASSWORD}';`,
    grantDml: (name) =>
      `GRANT USAGE ON SCHEMA rowferry TO ${name};
       GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA rowferry TO ${name};`,
    newer: `CREATE SCHEMA rowferry; CREATE TABLE rowferry.migrations (version int, name text, applied_at text);
      INSERT INTO rowferry.migrations VALUES (99, '099-later', '2030-01-01');`,
  },
  {
    name: 'MySQL or MariaDB',
    start: testMysql,
    migrations: 'rowferry_migrations',
    makeUser: (name) =>
      `CREATE USER ${name}@'%' IDENTIFIED BY '${PASSWORD}'; GRANT USAGE ON *.* TO ${name}@'%';`,
    grantDml: (name, database) => `GRANT SELECT, INSERT, UPDATE, DELETE ON ${database}.* TO ${name}@'%';`,
    newer: `CREATE TABLE rowferry_migrations (version int, name text, applied_at text);
      INSERT INTO rowferry_migrations VALUES (99, '099-later', '2030-01-01');`,
  },
];

async function withConnection<T>(url: string, work: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await openDatabase(url);
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}

for (const kind of KINDS) {
  describe(kind.name, async () => {
    const server = await kind.start();

    test('five that start at once make one ledger; the next one leaves it as it is', async () => {
      const url = await server.freshDatabase();
      await Promise.all([1, 2, 3, 4, 5].map(() => withConnection(url, migrate)));
      await withConnection(url, async (connection) => {
        const rows = await connection.query(`SELECT version FROM ${kind.migrations} ORDER BY version`);
        assert.deepEqual(
          rows.map(({ version }) => version),
          Array.from({ length: LEDGER_VERSION }, (_, i) => i + 1),
        );
        assert.deepEqual(await connection.introspect(), []);
      });
    });

    test('who may not make tables is told what to do, and needs no such right once it is done', async () => {
      const url = await server.freshDatabase();
      const database = new URL(url).pathname.slice(1);
      const user = `u_${database.slice(-12)}`;
      await server.run(url, kind.makeUser(user));
      // A user of MySQL sees no database without any right in it.
      if (kind.name !== 'PostgreSQL') await server.run(url, kind.grantDml(user, database));
      const own = userUrl(url, user, PASSWORD);
      await assert.rejects(withConnection(own, migrate), {
        code: 'database-refused',
        message: /^the ledger cannot be made: /,
        hint: /start rowferry once as a user who may make tables.*docs\/databases\.md/,
      });
      await withConnection(url, migrate);
      await server.run(url, kind.grantDml(user, database));
      await withConnection(own, async (connection) => {
        await migrate(connection);
        assert.equal(await ledgerVersion(connection), LEDGER_VERSION);
      });
    });

    test('a ledger newer than the program is refused', async () => {
      const url = await server.freshDatabase();
      await server.run(url, kind.newer);
      await assert.rejects(withConnection(url, migrate), {
        code: 'ledger-newer',
        message: `the ledger has version 99; this program knows ${LEDGER_VERSION}`,
      });
    });

    test('entries of the audit log that five write at once are one chain', async () => {
      const url = await server.freshDatabase();
      await withConnection(url, migrate);
      const key = Buffer.alloc(32, 1);
      const draft = { event: 'key-created', actor: NOBODY, subject: null, detail: {} } as const;
      const append = (connection: Connection) =>
        connection.transaction(() => appendEntries(connection, key, [draft, draft]), { write: true });
      const heads = await Promise.all([1, 2, 3, 4, 5].map(() => withConnection(url, append)));
      assert.deepEqual(
        heads.map(({ sequence }) => sequence).sort((a, b) => a - b),
        [2, 4, 6, 8, 10],
      );
    });
  });
}

test('MySQL: a ledger whose making was cut short is completed', async () => {
  const server = await testMysql();
  const url = await server.freshDatabase();
  const file = (name: string) =>
    readFileSync(new URL(`../../src/ledger/mysql/${name}.sql`, import.meta.url), 'utf8');
  const [turns = '', rows = '', loads = ''] = file('001-ledger').split(/;\s*$/m);
  await server.run(url, [file('000-migrations'), turns, rows, loads].join(';\n'));
  await withConnection(url, async (connection) => {
    assert.equal(await ledgerVersion(connection), 0);
    await migrate(connection);
    assert.equal(await ledgerVersion(connection), LEDGER_VERSION);
  });
});

test('PostgreSQL: entries of the audit log are added, never changed', async () => {
  const server = await testPostgres();
  const url = await server.freshDatabase();
  await withConnection(url, migrate);
  for (const sql of [
    "UPDATE rowferry.audit SET event = 'x'",
    'DELETE FROM rowferry.audit',
    'TRUNCATE rowferry.audit',
  ]) {
    await assert.rejects(server.run(url, sql), /append-only/);
  }
});
