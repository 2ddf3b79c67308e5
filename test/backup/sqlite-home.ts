import type { TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { contentOf as contentIn, type Home, makeHome, only } from './fixture.ts';
import type { ServerHome } from './shared/home.ts';

const databases = new WeakMap<ServerHome, Home['db']>();

/** A home with a SQLite file, for the tests that are the same on every engine. */
export async function sqliteHome(t: TestContext, sql: string): Promise<ServerHome> {
  const { path, databaseUrl: url, db, backups: opened } = makeHome(t, sql);
  const backups = await opened();
  const home: ServerHome = {
    path,
    url,
    backups,
    // A turn of the event loop, as a server takes some: who runs one after the other lets others run too.
    run: async (statements) => {
      await turn();
      db.exec(statements);
    },
    rows: async (query) => {
      await turn();
      return db
        .prepare(query)
        .all()
        .map((row) => Object.values(row));
    },
    backUp: async (table) => only(await backups.run([table])),
    restore: (table, backup, dryRun = false) => backups.restore({ table, source: { backup }, dryRun }),
  };
  databases.set(home, db);
  return home;
}

export async function contentOf(home: ServerHome, table: string): Promise<unknown[]> {
  const db = databases.get(home);
  if (db === undefined) throw new Error('not a home of sqliteHome');
  return contentIn(db, table);
}
