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
import type { PartReceipt } from '../../src/model/receipt.ts';
import { announce, errorsOf, sendPart, summary, utf8 } from '../ingest/fixture.ts';
import { eventually } from '../server/harness.ts';
import type { NewTarget } from './engines.ts';

/** Transactions that hold locks. InnoDB's list is made anew only when nobody read it for a tenth of a second. */
const WRITERS = {
  postgres: [
    'SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND backend_xid IS NOT NULL',
  ],
  mysql: [
    'SELECT SLEEP(0.2)',
    `SELECT count(*) AS n FROM information_schema.INNODB_TRX t
     JOIN information_schema.PROCESSLIST p ON p.ID = t.trx_mysql_thread_id
     WHERE p.DB = DATABASE() AND t.trx_lock_structs > 0`,
  ],
  sqlite: [],
};

/** Of `plain`: the key that another program has inserted and not committed, so that whoever inserts it waits. */
const HELD = 2;

interface Rig {
  readonly ingest: Ingest;
  readonly watcher: Connection;
  /** Sends the first part alone; then those between the other ends, at the same time, while the key is held. */
  send(parts: readonly string[]): Promise<PromiseSettledResult<PartReceipt>[]>;
}

/** For engines that are servers: parts whose rows are inserted before their turn. */
export function runAhead(newTarget: NewTarget): void {
  async function connectTo(url: string): Promise<Connection> {
    const connection = await openDatabase(url);
    after(() => connection.close());
    return connection;
  }

  async function open(): Promise<Rig> {
    const { url } = await newTarget();
    const home = mkdtempSync(join(tmpdir(), 'rowferry-ahead-'));
    const log = createLog({ destination: { write: () => {} } });
    const ingest = await openIngest({ config: loadConfig({ home, databaseUrl: url }, {}), log });
    const [other, watcher] = [await connectTo(url), await connectTo(url)];
    after(async () => {
      await ingest.close();
      rmSync(home, { recursive: true, maxRetries: 3 });
    });

    async function writing(): Promise<number> {
      let count = 0;
      for (const sql of WRITERS[watcher.engine.name]) count = Number((await watcher.query(sql))[0]?.n);
      return count;
    }

    async function send(parts: readonly string[]): Promise<PromiseSettledResult<PartReceipt>[]> {
      const bytes = utf8(parts.join(''));
      const ends = parts.map((_, i) => utf8(parts.slice(0, i + 1).join('')).length);
      const { id } = await announce(ingest, bytes, { table: 'plain' });
      await sendPart(ingest, id, bytes, 0, ends[0]);
      const letGo = new Error('on purpose');
      const holding = other.transaction(async () => {
        await other.execute(`INSERT INTO plain VALUES (${HELD}, 'held')`);
        const sending = ends.slice(1).map((end, i) => sendPart(ingest, id, bytes, ends[i] ?? 0, end));
        const settled = Promise.allSettled(sending);
        await eventually(async () => (await writing()) === parts.length, 'all parts write');
        assert.equal(
          (await watcher.query('SELECT * FROM plain')).length,
          1,
          'what is not its turn was committed',
        );
        throw Object.assign(letGo, { settled });
      });
      return holding.then(
        () => assert.fail('it did not fail'),
        (error) => (error === letGo ? error.settled : Promise.reject(error)),
      );
    }
    return { ingest, watcher, send };
  }

  const receiptOf = (settled: PromiseSettledResult<PartReceipt> | undefined): PartReceipt =>
    settled?.status === 'fulfilled' ? settled.value : assert.fail(String(settled?.reason));

  const both = (settled: readonly PromiseSettledResult<PartReceipt>[]): [PartReceipt, PartReceipt] => [
    receiptOf(settled[0]),
    receiptOf(settled[1]),
  ];

  const plain = (watcher: Connection) => watcher.query('SELECT id, v FROM plain ORDER BY id');

  test('a part is inserted while the one before it waits, and committed after it, with its own lines', async () => {
    const { watcher, send } = await open();
    const settled = await send(['1,a\nx,b\n', '2,c\n3,d\n', '4,e\ny,f\n5,g\n']);
    const [first, second] = both(settled);
    assert.deepEqual([first.offset, second.offset], [16, 28]);
    assert.equal(summary(first.part), '2 = 2 + 0 + 0 + 0');
    assert.equal(summary(second.part), '3 = 2 + 0 + 0 + 1');
    assert.deepEqual([second.state, summary(second)], ['completed_with_rejects', '7 = 5 + 0 + 0 + 2']);
    assert.deepEqual(errorsOf(second), ['5 type.integer id']);
    assert.deepEqual(second.rejects[0]?.line, 6);
    assert.deepEqual(
      (await plain(watcher)).map(({ v }) => v),
      ['a', 'c', 'd', 'e', 'g'],
    );
  });

  test('a key of the part before wins: the part that went ahead gives way, and its row is the reject', async () => {
    const { watcher, send } = await open();
    const [first, second] = both(await send(['1,a\n', '2,b\n9,first\n', '9,second\n10,c\n']));
    assert.equal(summary(first.part), '2 = 2 + 0 + 0 + 0');
    assert.equal(summary(second.part), '2 = 1 + 0 + 0 + 1');
    assert.deepEqual(errorsOf(second), ['3 unique.table id']);
    assert.deepEqual(
      (await plain(watcher)).map(({ id, v }) => `${id} ${v}`),
      ['1 a', '2 b', '9 first', '10 c'],
    );
  });

  test('the part before ends elsewhere: the one that went ahead is told so, and none of its rows is there', async () => {
    const { ingest, watcher, send } = await open();
    // Cut in the middle of a record.
    const [first, second] = await send(['1,a\n', '2,b\n3,', 'c\n4,d\n']);
    const { id, offset } = receiptOf(first);
    assert.equal(offset, 8);
    assert.equal(second?.status === 'rejected' && second.reason.code, 'offset-mismatch');
    assert.equal((await plain(watcher)).length, 2);
    const rest = await sendPart(ingest, id, utf8('1,a\n2,b\n3,c\n4,d\n'), offset);
    assert.deepEqual([rest.state, summary(rest)], ['completed', '4 = 4 + 0 + 0 + 0']);
  });
}
