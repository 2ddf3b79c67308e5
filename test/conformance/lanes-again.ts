import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadConfig } from '../../src/config.ts';
import type { Connection } from '../../src/database/database.ts';
import { openDatabase } from '../../src/database/open.ts';
import type { Ingest } from '../../src/ingest/ingest.ts';
import { openIngest } from '../../src/ingest/open-ingest.ts';
import { createLog } from '../../src/log.ts';
import { announce, requestOf, send, sendPart, summary, utf8 } from '../ingest/fixture.ts';
import { eventually } from '../server/harness.ts';
import { holdOrder } from './again-bench.ts';
import { type Cut, openCuttingProxy } from './cutting-proxy.ts';
import type { NewTarget, Target } from './engines.ts';

/** InnoDB's list is made anew only when it was not read for a tenth of a second. */
const WAITING = {
  postgres: [
    `SELECT count(*) AS n FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  ],
  mysql: [
    'SELECT SLEEP(0.2)',
    `SELECT count(*) AS n FROM information_schema.INNODB_TRX t
     JOIN information_schema.PROCESSLIST p ON p.ID = t.trx_mysql_thread_id
     WHERE p.DB = DATABASE() AND t.trx_state = 'LOCK WAIT'`,
  ],
  sqlite: [],
};

/** How many connections to the database wait for a lock. */
async function waiting(watcher: Connection): Promise<number> {
  let count = 0;
  for (const sql of WAITING[watcher.engine.name]) count = Number((await watcher.query(sql))[0]?.n);
  return count;
}

/** Whole servers, whose lanes run their transactions again. For engines that are servers. */
export function runLanesAgain(newTarget: NewTarget): void {
  const lines: string[] = [];

  async function serve(databaseUrl: string): Promise<Ingest> {
    const home = mkdtempSync(join(tmpdir(), 'rowferry-again-'));
    const log = createLog({ destination: { write: (line) => lines.push(line) } });
    const ingest = await openIngest({ config: loadConfig({ home, databaseUrl }, {}), log });
    after(async () => {
      await ingest.close();
      rmSync(home, { recursive: true, maxRetries: 3 });
    });
    return ingest;
  }

  async function connectTo(url: string): Promise<Connection> {
    const connection = await openDatabase(url);
    after(() => connection.close());
    return connection;
  }

  test('of two transactions that wait for each other, that of the lane is run again', async () => {
    const target = await newTarget();
    const ingest = await serve(givingWayAfter('2s', target));
    const other = await connectTo(givingWayAfter('60s', target));
    const watcher = await connectTo(target.url);
    await other.execute("INSERT INTO orders VALUES (1, 'one')");
    const bytes = utf8('1,1,a\n1,2,b\n');
    const { id } = await announce(ingest, bytes, { table: 'order_lines' });
    const loads = target.engine === 'postgres' ? 'rowferry.loads' : 'rowferry_loads';
    const rollback = new Error('on purpose');
    const crossing = other.transaction(async () => {
      // Much to take back: MariaDB ends the transaction that has done less.
      const many = Array.from({ length: 500 }, (_, n) => `(${n}, 'x')`).join(',');
      await other.execute(`INSERT INTO plain VALUES ${many}`);
      await other.execute('DELETE FROM orders WHERE id = 1');
      const sending = sendPart(ingest, id, bytes, 0);
      sending.catch(() => undefined);
      await eventually(async () => (await waiting(watcher)) > 0, 'the lane waits');
      await other.query(`SELECT id FROM ${loads} FOR UPDATE`);
      throw Object.assign(rollback, { sending });
    });
    const { sending } = await crossing.then(
      () => assert.fail('it did not fail'),
      (error) => (error === rollback ? error : Promise.reject(error)),
    );
    assert.equal(summary((await sending).part), '2 = 2 + 0 + 0 + 0');
    assert.ok((ingest.retries.get('database-busy') ?? 0) >= 1);
    assert.match(lines.join(''), /"detail":"[^"]*[Dd]eadlock.*"a transaction is run again"/);
    assert.equal((await watcher.query('SELECT * FROM order_lines')).length, 2);
  });

  test('loads go side by side, on as many connections as there are lanes', async () => {
    const target = await newTarget();
    const [ingest, other] = [await serve(target.url), await connectTo(target.url)];
    const watcher = await connectTo(target.url);
    await other.execute("INSERT INTO orders VALUES (1, 'one')");
    const letGo = await holdOrder({ other });
    const csv = (table: string, content: string) => send(ingest, content, { table, format: 'csv' });
    const blocked = csv('order_lines', '1,1,a\n');
    await eventually(async () => (await waiting(watcher)) > 0, 'a lane waits');
    for (const id of [1, 2, 3]) assert.equal((await csv('plain', `${id},beside\n`)).inserted, 1);
    await letGo();
    const many = [4, 5, 6, 7].map((id) => csv('plain', `${id},at once\n`));
    for (const { inserted } of await Promise.all([blocked, ...many])) assert.equal(inserted, 1);
    // Two lanes, the one that the server asks on, and two of this test.
    assert.equal(await target.connections?.(), 5);
  });

  test('while all lanes wait for locks, what needs none of them is answered', async () => {
    const target = await newTarget();
    const [ingest, other] = [await serve(target.url), await connectTo(target.url)];
    const watcher = await connectTo(target.url);
    await other.execute("INSERT INTO orders VALUES (1, 'one')");
    const letGo = await holdOrder({ other });
    const csv = (table: string, content: string) => send(ingest, content, { table, format: 'csv' });
    const blocked = [1, 2].map((line) => csv('order_lines', `1,${line},a\n`));
    await eventually(async () => (await waiting(watcher)) > 1, 'both lanes wait');
    assert.equal((await csv('plain', '1,beside\n')).inserted, 1);
    assert.equal(await waiting(watcher), 2);
    await letGo();
    for (const { inserted } of await Promise.all(blocked)) assert.equal(inserted, 1);
  });

  test('a server that stops does not try again: the client does, and loses nothing', async () => {
    const target = await newTarget();
    const proxy = await openCuttingProxy(target.url);
    after(() => proxy.close());
    const ingest = await serve(proxy.url);
    const bytes = utf8('1,a\n2,b\n');
    const { id } = await announce(ingest, bytes, { table: 'plain' });
    ingest.stopWaiting();
    proxy.cut('its answer');
    await assert.rejects(sendPart(ingest, id, bytes, 0), { code: 'database-unavailable', retryable: true });
    assert.deepEqual([...ingest.retries], []);
    const { state, part } = await sendPart(ingest, id, bytes, 0);
    assert.deepEqual([state, summary(part)], ['completed', '2 = 2 + 0 + 0 + 0']);
  });

  for (const cut of ['the COMMIT', 'its answer'] satisfies readonly Cut[]) {
    test(`the connection is cut on ${cut}: parts and requests are committed once, with their receipts`, async () => {
      const target = await newTarget();
      const proxy = await openCuttingProxy(target.url);
      after(() => proxy.close());
      const [ingest, other] = [await serve(proxy.url), await connectTo(target.url)];
      const bytes = utf8('1,a\n2,b\nx,c\n3,d\n');
      const { id } = await announce(ingest, bytes, { table: 'plain' });
      const told = lines.length;
      proxy.cut(cut);
      const first = await sendPart(ingest, id, bytes, 0, 8);
      assert.deepEqual([first.offset, summary(first.part)], [8, '2 = 2 + 0 + 0 + 0']);
      proxy.cut(cut);
      const last = await sendPart(ingest, id, bytes, 8);
      assert.deepEqual(
        [last.state, summary(last.part), last.rejects.length],
        ['completed_with_rejects', '2 = 1 + 0 + 0 + 1', 1],
      );
      proxy.cut(cut);
      const request = requestOf('7,a\n7,b\n8,c\n', { table: 'plain', format: 'csv' });
      const { answer, replayed } = await ingest.batch(request);
      assert.deepEqual([summary(answer), answer.rejects.length, replayed], ['3 = 2 + 0 + 0 + 1', 1, false]);
      assert.equal(proxy.cuts, 3);
      assert.deepEqual([...ingest.retries], [['database-unavailable', 3]]);
      const again = lines.slice(told).filter((line) => line.includes('a transaction is run again'));
      assert.equal(again.length, 3);
      for (const line of again) {
        assert.match(line, /\(on COMMIT\).*run again, unless the ledger shows that it was carried out"/);
      }
      const rows = await other.query('SELECT id FROM plain ORDER BY id');
      assert.deepEqual(
        rows.map((row) => row.id),
        [1, 2, 3, 7, 8],
      );
    });
  }
}

/** PostgreSQL looks for a deadlock when a transaction has waited so long. */
function givingWayAfter(time: string, { engine, url }: Target): string {
  if (engine !== 'postgres') return url;
  const changed = new URL(url);
  changed.searchParams.set('options', `-c deadlock_timeout=${time}`);
  return changed.href;
}
