import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '../../src/database/open.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import * as mysql from '../database/mysql/fixture.ts';
import * as postgres from '../database/postgres/fixture.ts';
import { Deadline, makeHome, start } from '../faults/up-process.ts';
import { testMysql } from '../servers/mysql.ts';
import { testPostgres } from '../servers/postgres.ts';

/** Two server processes with one database and one folder of backups, whose schedule is due each second. */

const RUNS = 3;
/** What a schedule went through is kept by triggers: `history` in the order of the changes. */
const ENGINES = {
  postgres: {
    server: testPostgres,
    valuesIn: postgres.valuesIn,
    history: 'rowferry.history',
    triggers: `CREATE TABLE rowferry.history (at serial, due text, state text, attempts integer);
      CREATE FUNCTION rowferry.keep() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO rowferry.history (due, state, attempts) VALUES (NEW.due, NEW.state, NEW.attempts); RETURN NEW; END $$;
      CREATE TRIGGER keep AFTER INSERT OR UPDATE ON rowferry.schedules FOR EACH ROW EXECUTE FUNCTION rowferry.keep();`,
  },
  mysql: {
    server: testMysql,
    valuesIn: mysql.valuesIn,
    history: 'rowferry_history',
    triggers: `CREATE TABLE rowferry_history (at INTEGER AUTO_INCREMENT PRIMARY KEY, due VARCHAR(30), state VARCHAR(30), attempts INTEGER);
      CREATE TRIGGER keep_new AFTER INSERT ON rowferry_schedules FOR EACH ROW INSERT INTO rowferry_history (due, state, attempts) VALUES (NEW.due, NEW.state, NEW.attempts);
      CREATE TRIGGER keep AFTER UPDATE ON rowferry_schedules FOR EACH ROW INSERT INTO rowferry_history (due, state, attempts) VALUES (NEW.due, NEW.state, NEW.attempts);`,
  },
} as const;

function filesOf(home: string): string[] {
  const folder = join(home, 'backups', 't');
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.avro')) : [];
}

for (const engine of ['postgres', 'mysql'] as const) {
  test(`${engine}: of two servers that share all, each due time is run by one, and once`, async (t) => {
    const { server: startServer, valuesIn, history, triggers } = ENGINES[engine];
    const server = await startServer();
    const databaseUrl = await server.freshDatabase();
    const ledger = await openDatabase(databaseUrl);
    await migrate(ledger).finally(() => ledger.close());
    await server.run(databaseUrl, `CREATE TABLE t (id INTEGER PRIMARY KEY); ${triggers}`);
    const home = makeHome(t, 'SELECT 1', {
      databaseUrl,
      backupSchedule: '* * * * * *',
      testRestoreSchedule: null,
      backupRetention: null,
    });
    const args = ['serve', '--port', '0', '--log', 'json'];
    const servers = [start(t, home, args), start(t, home, args)];
    const said = (): string => servers.map((up) => up.output()).join('\n');
    const deadline = new Deadline(60_000);
    const areThere = (): boolean => servers.every((up) => /serves at http/.test(up.output()));
    for (let before = Infinity; filesOf(home.path).length < before + RUNS; await sleep(50)) {
      assert.ok(!deadline.isOver() && servers.every((up) => up.isRunning()), said());
      if (before === Infinity && areThere()) before = filesOf(home.path).length;
    }
    for (const up of servers) assert.equal(await up.stop(), 0, said());
    const changes = await valuesIn(databaseUrl, `SELECT due, state, attempts FROM ${history} ORDER BY at`);
    const byDue = Map.groupBy(changes, ([due]) => due);
    for (const [due, states] of byDue) {
      // Signs of life are more of running; one that a server cut when it stopped is begun again by the other.
      const text = states.map(([, state]) => state).join(' ');
      assert.match(text, /^((running )+cut )*(running )*(done|cut)$/, `due at ${due}`);
      assert.ok(
        states.every(([, , attempts]) => Number(attempts) === 1),
        `nobody takes over what runs: due at ${due}`,
      );
    }
    const ended = (state: string): number => changes.filter(([, each]) => each === state).length;
    const files = filesOf(home.path).length;
    assert.ok(files >= ended('done') && files <= ended('done') + ended('cut'), `${files} files: ${changes}`);
    assert.doesNotMatch(said(), /took over|failed/);
  });
}
