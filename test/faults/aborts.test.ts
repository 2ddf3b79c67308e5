import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { Rowferry } from '../../src/client/client.ts';
import { loadConfig } from '../../src/config.ts';
import { createLog } from '../../src/log.ts';
import { startServer } from '../../src/server/listen.ts';
import { runHere } from '../cli/command.ts';
import { type Database, ENGINES } from './harness/databases.ts';
import { sharedDatabases } from './shared-databases.ts';
import { makeHome, start, until } from './up-process.ts';

/**
 * Loads that end before their file does: by DELETE while parts are under way, by Ctrl-C, by --max-rejects. The receipt
 * tells what is in the table; of an atomic load that is nothing, and nothing staged is left behind.
 */

const LINES = 300_000;
/** Of every ten records from here on one is wrong. */
const WRONG_FROM = 200_000;
const DDL = 'CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR(60) NOT NULL)';
const folder = mkdtempSync(join(tmpdir(), 'rowferry-aborts-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, 't.csv');
writeFileSync(
  file,
  Array.from(
    { length: LINES },
    (_, line) => `${line},${line >= WRONG_FROM && line % 10 === 0 ? '' : 'x'.repeat(40)}\n`,
  ).join(''),
);

const STAGED = {
  sqlite: "SELECT name FROM sqlite_schema WHERE name LIKE 'rowferry_staging_%'",
  postgres: "SELECT tablename FROM pg_tables WHERE schemaname = 'rowferry' AND tablename LIKE 'staging_%'",
  mysql: `SELECT table_name FROM information_schema.tables
    WHERE table_schema = database() AND table_name LIKE 'rowferry_staging_%'`,
} as const;

// All of them before the first test: the hooks of a file may run while it waits with no test left.
const everywhere = await Promise.all(ENGINES.map(sharedDatabases));
for (const databases of everywhere) {
  const { engine } = databases;
  after(() => databases.stop());

  for (const atomic of [false, true]) {
    const how = `${engine}${atomic ? ', atomic' : ''}`;

    test(`${how}: DELETE while parts are under way`, async (t) => {
      const { database } = await filled(t);
      const ended = Promise.withResolvers<void>();
      const client = await serve(t, database, ended.promise);
      const begun = Promise.withResolvers<string>();
      let load = '';
      const loading = client.load(file, {
        table: 't',
        atomic,
        sniff: false,
        onSending: ({ id }) => {
          load = id;
        },
        onPart: () => begun.resolve(load),
      });
      const receipt = await client.abort(await begun.promise);
      ended.resolve();
      const result = await loading;
      assert.deepEqual([receipt.state, result.state], ['aborted', 'aborted']);
      assert.ok(result.read < LINES, 'it was ended in the middle');
      assert.equal(result.inserted, await assertTruthful(database, { state: 'aborted', atomic, staged: 0 }));
    });

    test(`${how}: Ctrl-C, and receipts abort`, async (t) => {
      const { database, home } = await filled(t);
      const flags = atomic ? ['--atomic'] : [];
      const load = start(t, home, ['load', file, '--no-sniff', '--max-rejects', '100%', ...flags]);
      await committed(database);
      process.kill(load.pid, 'SIGINT');
      await ends(load, 1);
      assert.match(load.output(), /is not loaded whole; the same command goes on where it stopped/);
      const open = { state: 'receiving', atomic, staged: atomic ? 1 : 0 };
      await assertTruthful(database, open);
      const [row] = await rows(database, `SELECT id FROM ${loadsOf(database)}`);
      const id = String(row?.id);
      assert.match(
        load.output(),
        new RegExp(`\\n {2}taken by load ${id}: [\\d,]+ records, [\\d,]+ of [\\d,]+ bytes; see: `),
      );
      const shown = await runHere(home.path, ['receipts', id]);
      assert.match(shown.stdout, /t\.csv, receiving, nothing since \d{4}-/);
      assert.ok(shown.stdout.includes(`rowferry receipts abort ${id}`), shown.stdout);
      const abort = await runHere(home.path, ['receipts', 'abort', id]);
      assert.match(abort.stdout, /t\.csv, aborted\n/);
      assert.deepEqual([shown.code, abort.code], [0, 0]);
      await assertTruthful(database, { state: 'aborted', atomic, staged: 0 });
    });

    test(`${how}: --max-rejects in the middle`, async (t) => {
      const { database, home } = await filled(t);
      const flags = ['--no-sniff', '--max-rejects', '100', ...(atomic ? ['--atomic'] : [])];
      const { code, stderr } = await runHere(home.path, ['load', file, ...flags]);
      assert.equal(code, 4, stderr);
      const inserted = await assertTruthful(database, { state: 'aborted', atomic, staged: 0 });
      assert.equal(inserted > 0, !atomic);
    });
  }

  async function filled(t: TestContext) {
    const database = await databases.fresh();
    await database.run(DDL);
    return { database, home: makeHome(t, 'SELECT 1', { databaseUrl: database.url }) };
  }
}

/** Sends at once; the last parts of a file go only when its load has `ended`, so that it cannot be done before. */
const AT_ONCE = 3;

async function serve(
  t: TestContext,
  { url: databaseUrl }: Database,
  ended: Promise<void>,
): Promise<Rowferry> {
  const home = makeHome(t, 'SELECT 1').path;
  const config = loadConfig({ home, databaseUrl, backupSchedule: null }, {});
  const log = createLog({ destination: { write: () => {} } });
  const server = await startServer({ config, log, port: 0 });
  t.after(() => server.close());
  const { token } = server.keys.createEphemeral(['tables:*:*']);
  let parts = 0;
  const held: typeof fetch = async (input, init) => {
    if (String(input).includes('/parts') && ++parts > AT_ONCE) await ended;
    return fetch(input, init);
  };
  return new Rowferry({ url: server.url, key: token, fetch: held });
}

const loadsOf = ({ engine }: Database) => (engine === 'postgres' ? 'rowferry.loads' : 'rowferry_loads');

const rows = (database: Database, sql: string) => database.snapshot((query) => query(sql));

async function ends(process: ReturnType<typeof start>, code = 0): Promise<void> {
  await until({ ...process, isRunning: () => true }, 'it ends', () => !process.isRunning());
  assert.equal(await process.stop(), code, process.output());
}

async function committed(database: Database): Promise<void> {
  const position = `SELECT position FROM ${loadsOf(database)}`;
  for (let look = 0; look < 3000; look += 1) {
    const [load] = await rows(database, position).catch(() => []);
    if (Number(load?.position ?? 0) > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail('no part was committed');
}

interface Standing {
  readonly state: string;
  readonly atomic: boolean;
  readonly staged: number;
}

/** The rows of the table, which are those of the receipt. */
async function assertTruthful(database: Database, { state, atomic, staged }: Standing): Promise<number> {
  const read = database.engine === 'mysql' ? '`read`' : '"read"';
  const [load] = await rows(
    database,
    `SELECT state, ${read} AS n, inserted, updated, skipped, rejected FROM ${loadsOf(database)}`,
  );
  const [table] = await rows(database, 'SELECT count(*) AS n FROM t');
  const inserted = Number(table?.n);
  assert.deepEqual([load?.state, Number(load?.inserted)], [state, inserted]);
  const settled = ['inserted', 'updated', 'skipped', 'rejected'].reduce(
    (sum, name) => sum + Number(load?.[name]),
    0,
  );
  assert.equal(Number(load?.n), settled);
  assert.ok(settled > 0 && settled < LINES, `it ended in the middle: ${settled}`);
  if (atomic) assert.equal(inserted, 0);
  assert.equal((await rows(database, STAGED[database.engine])).length, staged, 'staging tables');
  return inserted;
}
