import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { generateHires } from './generated-hires.ts';
import { type Database, openDatabases, type Row } from './harness/databases.ts';
import { type Home, makeHome, start, until } from './up-process.ts';

/** A database server that is away while rows are on their way: waited for, told of, and nothing lost or twice. */

const LINES = 300_000;
const hires = generateHires(LINES, 11);
const DDL = `CREATE TABLE hired_employees (id INTEGER PRIMARY KEY, name VARCHAR(200) NOT NULL,
  datetime TIMESTAMP NOT NULL, department_id INTEGER NOT NULL, job_id INTEGER NOT NULL)`;

/**
 * The server is killed, but the machine is not: what the kernel was given stays. Without this PostgreSQL syncs each file
 * of its folder when it starts after a kill, which takes longer than all else that it does then.
 */
const SETTINGS = { postgres: ['fsync=off'], mysql: [] };

for (const engine of ['postgres', 'mysql'] as const) {
  const databases = await openDatabases(engine, {}, SETTINGS[engine]);
  after(() => databases.stop());
  const { server } = databases;
  assert.ok(server !== null);
  const loads = engine === 'postgres' ? 'rowferry.loads' : 'rowferry_loads';

  test(`${engine}: load waits for a database that is killed, and says so`, async (t) => {
    const { home, database } = await filled(t);
    const load = start(t, home, ['load', join(home.path, 'hired_employees.csv')]);
    await committed(database);
    await server.kill('SIGKILL');
    await until(load, 'it says so', () => /waits since \d{4}-.*: /.test(load.output()));
    await server.start();
    await until(load, 'it goes on', () => load.output().includes('hired_employees.csv goes on'));
    await until(load, 'it is done', () => /next: rowferry/.test(load.output()));
    await assertLoaded(database);
  });

  test(`${engine}: load gives up after --wait, and the same command goes on`, async (t) => {
    const { home, database } = await filled(t);
    const load = start(t, home, ['load', join(home.path, 'hired_employees.csv'), '--wait', '1']);
    await committed(database);
    await server.kill('SIGKILL');
    const GIVES_UP =
      /\(waited for \d+ s\)[\s\S]*nothing is lost: the same again goes on where the load stands/;
    await until(load, 'it gives up', () => GIVES_UP.test(load.output()));
    await server.start();
    const [open] = await rows(database, `SELECT state, position FROM ${loads}`);
    assert.equal(open?.state, 'receiving');
    assert.ok(Number(open?.position) > 0);
    const again = start(t, home, ['load', join(home.path, 'hired_employees.csv')]);
    await until(again, 'it is done', () => /next: rowferry/.test(again.output()));
    await assertLoaded(database);
  });

  test(`${engine}: up is started before its database, and outlives it`, async (t) => {
    const { home, database } = await filled(t);
    await server.kill('SIGKILL');
    const up = start(t, home, ['up', '--port', '0', '--log', 'text']);
    await until(up, 'it waits', () => /warning: rowferry waits since /.test(up.output()));
    await server.start();
    await until(up, 'it is up', () => up.output().includes('stop  Ctrl-C'));
    const [, port = ''] = /http:\/\/127\.0\.0\.1:(\d+)/.exec(up.output()) ?? [];
    const health = async () => (await fetch(`http://127.0.0.1:${port}/health/ready`)).text();
    assert.match(await health(), /"status":"ok"/);
    writeFileSync(join(home.path, 'data', 'incoming', 'hired_employees.csv'), hires.content);
    await committed(database);
    await server.kill('SIGKILL');
    await until(up, 'it says so', () => /hired_employees\.csv waits since /.test(up.output()));
    const told = new Date().toISOString();
    const [, since] = /does not answer since (\S+): /.exec(await health()) ?? [];
    assert.ok(since !== undefined);
    assert.ok(since < told, 'since it was seen to be away, not since somebody asked');
    await sleep(30);
    assert.ok((await health()).includes(since), 'since then, not since a moment ago');
    await server.start();
    await until(up, 'it is done', () => /300,000 read = /.test(up.output()));
    assert.match(await health(), /"status":"ok"/);
    assert.equal(await up.stop(), 0, up.output());
    await assertLoaded(database);
  });

  async function filled(t: TestContext): Promise<{ home: Home; database: Database }> {
    const database = await databases.fresh();
    await database.run(DDL);
    const home = makeHome(t, 'SELECT 1', { databaseUrl: database.url, completion: 'rename' });
    writeFileSync(join(home.path, 'hired_employees.csv'), hires.content);
    return { home, database };
  }

  /** Some rows, not all of them. */
  async function committed(database: Database): Promise<void> {
    for (let look = 0; look < 3000; look += 1) {
      const [load] = await rows(database, `SELECT position FROM ${loads}`).catch(() => []);
      if (Number(load?.position ?? 0) > 0) return;
      await sleep(20);
    }
    assert.fail('no part was committed');
  }

  async function assertLoaded(database: Database): Promise<void> {
    const [all] = await rows(database, 'SELECT count(*) AS n, sum(id) AS ids FROM hired_employees');
    const { inserted, idSum } = hires.expected;
    assert.deepEqual([Number(all?.n), Number(all?.ids)], [inserted, idSum]);
    const [load] = await rows(database, `SELECT state, ${counts} FROM ${loads}`);
    assert.deepEqual([load?.state, Number(load?.n)], ['completed_with_rejects', LINES]);
  }

  const counts = engine === 'postgres' ? '"read" AS n' : '`read` AS n';
}

function rows(database: Database, sql: string): Promise<Row[]> {
  return database.snapshot((query) => query(sql));
}
