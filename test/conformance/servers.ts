import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, describe, test } from 'node:test';
import { RowferryError } from '../../src/errors.ts';
import type { Ingest } from '../../src/ingest/ingest.ts';
import {
  announce,
  errorsOf as indexErrors,
  requestOf,
  send,
  sendPart,
  summary,
  utf8,
} from '../ingest/fixture.ts';
import { eventually } from '../server/harness.ts';
import { numbers } from './loads.ts';
import { assertBalanced, type Rig } from './rig.ts';

/** Requests that come again, and several servers on one database. */
export function runServers(rig: Rig): void {
  describe('requests that come again, on several servers', () => {
    const servers: Ingest[] = [];
    before(async () => {
      servers.push(rig.ingest, await rig.another());
    });

    test('the same request again has the same answer with its rejects, on the other server too', async () => {
      await rig.empty();
      const request = () =>
        requestOf('1,a\n1,b\nx,c\n', { table: 'plain', format: 'csv', key: 'again-conformance-1' });
      const answers = [];
      for (const server of [...servers, ...servers]) answers.push(await server.batch(request()));
      assert.deepEqual(
        answers.map(({ replayed }) => replayed),
        [false, true, true, true],
      );
      for (const { answer } of answers) assert.deepEqual(answer, answers[0]?.answer);
      assert.deepEqual(indexErrors(answers[3]?.answer ?? { rejects: [] }), [
        '1 unique.file id',
        '2 type.integer id',
      ]);
      assert.equal((await rig.rows('SELECT * FROM plain')).length, 1);
    });

    test('twenty equal requests at once, on two servers, are one batch', async () => {
      await rig.empty();
      const key = `at-once-${randomUUID()}`;
      const request = () => requestOf('1,a\n2,b\n', { table: 'plain', format: 'csv', key });
      const answers = await Promise.all(
        numbers(0, 19).map((i) => untilTaken(() => serverOf(servers, i).batch(request()))),
      );
      assert.equal(answers.filter(({ replayed }) => !replayed).length, 1);
      assert.equal(new Set(answers.map(({ answer }) => answer.load)).size, 1);
      assert.equal((await rig.rows('SELECT * FROM plain')).length, 2);
      await assertBalanced(rig);
    });

    test('the parts of one load, each sent by two servers at the same time, are committed once', async () => {
      await rig.empty();
      const bytes = utf8(
        numbers(1, 400)
          .map((id) => `${id},twice\n`)
          .join(''),
      );
      const load = await announce(rig.ingest, bytes, { table: 'plain' });
      const cuts = [0, 1000, 2000, 3000, bytes.length];
      const parts = cuts.slice(0, -1).map((cut) => lineStart(bytes, cut));
      const sent = parts.flatMap((from, i) =>
        servers.map((server) =>
          untilTaken(() => sendPart(server, load.id, bytes, from, parts[i + 1] ?? bytes.length)),
        ),
      );
      const receipts = await Promise.all(sent);
      assert.deepEqual(
        receipts.map(({ part }) => part.firstByte),
        parts.flatMap((from) => [from, from]),
      );
      assert.deepEqual((await rig.ingest.load(load.id)).state, 'completed');
      assert.equal(summary(await rig.ingest.load(load.id)), '400 = 400 + 0 + 0 + 0');
      assert.equal((await rig.rows('SELECT * FROM plain')).length, 400);
      await assertBalanced(rig);
    });

    test('loads into one table from two servers at the same time: each key is loaded once', async () => {
      await rig.empty();
      const contents = numbers(0, 5).map((n) =>
        numbers(1, 100)
          .map((id) => `${id},from ${n}\n`)
          .join(''),
      );
      const receipts = await Promise.all(
        contents.map((content, i) =>
          untilTaken(() =>
            send(serverOf(servers, i), content, {
              table: 'plain',
              format: 'csv',
              key: `race-${i}-${randomUUID()}`,
            }),
          ),
        ),
      );
      const inserted = receipts.reduce((sum, receipt) => sum + receipt.inserted, 0);
      const rejected = receipts.reduce((sum, receipt) => sum + receipt.rejected, 0);
      assert.deepEqual([inserted, rejected], [100, 500]);
      const codes = new Set(receipts.flatMap(({ reasons }) => reasons.map(({ code }) => code)));
      assert.deepEqual([...codes], ['unique.table']);
      await assertBalanced(rig);
    });

    test('a parent that is deleted while its children are loaded leaves no orphan', async () => {
      await rig.empty();
      await rig.target.run(
        numbers(1, 50)
          .map((id) => `INSERT INTO orders VALUES (${id}, 'o');`)
          .join('\n'),
      );
      const csv = numbers(1, 2000)
        .map((n) => `${(n % 50) + 1},${n},x\n`)
        .join('');
      const loading = untilTaken(() =>
        send(rig.ingest, csv, {
          table: 'order_lines',
          format: 'csv',
          maxRows: 5000,
          key: `parents-${randomUUID()}`,
        }),
      );
      const deleting = rig.target.run('DELETE FROM orders WHERE id > 40').catch(() => undefined);
      await Promise.all([loading, deleting]);
      const orphans = await rig.rows(
        'SELECT count(*) FROM order_lines l LEFT JOIN orders o ON o.id = l.order_id WHERE o.id IS NULL',
      );
      assert.deepEqual(orphans, [[0]]);
      await assertBalanced(rig);
    });

    test('connections that are lost are made again, for rows, parts and questions', async () => {
      await rig.empty();
      const bytes = utf8(
        numbers(1, 30)
          .map((id) => `${id},lost\n`)
          .join(''),
      );
      const load = await announce(rig.ingest, bytes, { table: 'plain' });
      await sendPart(rig.ingest, load.id, bytes, 0, 100);
      await rig.target.disconnect?.();
      await eventually(async () => (await rig.ingest.ready()).ok, 'the server is ready again');
      const { offset } = await untilTaken(() => rig.ingest.load(load.id));
      await rig.target.disconnect?.();
      const done = await untilTaken(() => sendPart(rig.ingest, load.id, bytes, offset));
      assert.equal(summary(done), '30 = 30 + 0 + 0 + 0');
      await rig.target.disconnect?.();
      const receipt = await untilTaken(() =>
        send(rig.ingest, '31,lost\n', { table: 'plain', format: 'csv', key: `lost-${randomUUID()}` }),
      );
      assert.equal(receipt.inserted, 1);
      await untilTaken(() => assertBalanced(rig));
    });

    test('a request into several tables: parents first, and with atomic all or none', async () => {
      await rig.empty();
      const body = {
        order_lines: [
          { order_id: 1, line_no: 1 },
          { order_id: 2, line_no: 1 },
        ],
        orders: [{ id: 1, note: 'one' }],
      };
      const batches = (atomic: boolean) => {
        const { table: _table, format: _format, ...request } = requestOf(body, { atomic });
        return rig.ingest.batches({ ...request, authorize: () => {} });
      };
      const refused = await batches(true);
      assert.deepEqual(
        refused.answer.receipts.map((each) => [each.table, each.state, summary(each)]),
        [
          ['orders', 'aborted', '1 = 0 + 0 + 1 + 0'],
          ['order_lines', 'aborted', '2 = 0 + 0 + 1 + 1'],
        ],
      );
      assert.equal((await rig.rows('SELECT * FROM orders')).length, 0);
      const loaded = await batches(false);
      assert.deepEqual(
        loaded.answer.receipts.map((each) => [each.table, summary(each)]),
        [
          ['orders', '1 = 1 + 0 + 0 + 0'],
          ['order_lines', '2 = 1 + 0 + 0 + 1'],
        ],
      );
      await assertBalanced(rig);
    });

    test('rejects are retried when their parents are there', async () => {
      await rig.empty();
      const key = () => `retry-${randomUUID()}`;
      const first = await send(rig.ingest, '7,1,a\n7,2,b\n', {
        table: 'order_lines',
        format: 'csv',
        key: key(),
      });
      assert.equal(first.rejected, 2);
      await send(rig.ingest, '7,seven\n', { table: 'orders', format: 'csv', key: key() });
      const { table: _table, body: _body, ...request } = requestOf('', { key: key() });
      const again = await rig.ingest.retry(first.load, request);
      assert.equal(summary(again.answer), '2 = 2 + 0 + 0 + 0');
      await assertBalanced(rig);
    });
  });
}

function serverOf(servers: readonly Ingest[], i: number): Ingest {
  const server = servers[i % servers.length];
  assert.ok(server !== undefined);
  return server;
}

/** As a client does: what may be tried again is tried again. */
async function untilTaken<T>(work: () => Promise<T>): Promise<T> {
  for (const deadline = performance.now() + 60_000; ; ) {
    try {
      return await work();
    } catch (error) {
      const retryable = error instanceof RowferryError && error.retryable;
      if (!retryable || performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** The first record that starts at `at` or after. */
const lineStart = (bytes: Uint8Array, at: number): number => (at === 0 ? 0 : bytes.indexOf(10, at) + 1);
