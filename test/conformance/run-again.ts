import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Connection } from '../../src/database/database.ts';
import { TransientFailure } from '../../src/database/transient-failure.ts';
import { commitBatches } from '../../src/ingest/commit-batches.ts';
import { commitPart } from '../../src/ingest/commit-part.ts';
import type { Persistence, RunAgain } from '../../src/ingest/persistently.ts';
import type { Counts } from '../../src/model/receipt.ts';
import type { RejectDocument } from '../../src/model/reject.ts';
import { summary } from '../ingest/fixture.ts';
import { type Bench, faultyOnce, holdOrder, kill, openBench, wrapped } from './again-bench.ts';
import type { NewTarget } from './engines.ts';

const LINES = '1,1,a\n2,1,b\n1,2,c\n';

type Outcome = Counts & { readonly state: string; readonly rejects: readonly RejectDocument[] };
type Way = (
  bench: Bench,
  connection: Connection,
  content: string,
  persistence: Persistence,
) => Promise<Outcome>;

const WAYS: ReadonlyMap<string, Way> = new Map<string, Way>([
  [
    'a part',
    async (bench, connection, content, persistence) =>
      commitPart(connection, await bench.part(content), persistence),
  ],
  [
    'an atomic load',
    async (bench, connection, content, persistence) =>
      commitPart(connection, await bench.part(content, { atomic: true }), persistence),
  ],
  [
    'a request',
    async (bench, connection, content, persistence) => {
      const { answer, replayed } = await commitBatches(connection, await bench.batches(content), persistence);
      const [receipt] = answer;
      assert.ok(receipt !== undefined && !replayed);
      return receipt;
    },
  ],
]);

const onPurpose = async (): Promise<void> => {
  throw new TransientFailure('database-busy', 'on purpose');
};

/** Transactions that are run again from their start: nothing is doubled, nothing is missing. */
export function runRunAgain(newTarget: NewTarget): void {
  for (const [what, way] of WAYS) {
    test(`${what}: rows that the failed attempt had taken out are there for the next one`, async () => {
      const bench = await openBench(newTarget);
      const adding: Promise<unknown>[] = [];
      const onAgain = () => adding.push(bench.other.execute("INSERT INTO orders VALUES (2, 'two')"));
      const patient = wrapped(bench.connection, 'transaction', async (call) => {
        await Promise.all(adding);
        return call();
      });
      const outcome = await way(bench, faultyOnce(patient, 'unstage', onPurpose), LINES, { onAgain });
      assert.deepEqual([adding.length, outcome.state], [1, 'completed']);
      assert.deepEqual([summary(outcome), outcome.rejects.length], ['3 = 3 + 0 + 0 + 0', 0]);
      assert.equal(await bench.count('order_lines'), 3);
    });
  }

  test('a part of what a load was before it was begun anew is refused', async () => {
    const bench = await openBench(newTarget);
    const stale = await bench.part('1,1,a\n');
    const fresh = await bench.part('1,1,a\n');
    assert.equal(stale.load, fresh.load);
    await assert.rejects(commitPart(bench.connection, stale), { code: 'offset-mismatch' });
    assert.equal(await bench.count('order_lines'), 0);
    assert.equal(summary((await commitPart(bench.connection, fresh)).part), '1 = 1 + 0 + 0 + 0');
  });

  for (const what of ['a part', 'a request']) {
    test(`${what}: rows and rejects of the attempt that failed count once`, async () => {
      const bench = await openBench(newTarget);
      const faulty = faultyOnce(bench.connection, 'insertStaged', onPurpose);
      const way = WAYS.get(what);
      const outcome = await way?.(bench, faulty, `${LINES}1,1,again\n1,x,y\n`, {});
      assert.equal(outcome && summary(outcome), '5 = 2 + 0 + 0 + 3');
      assert.deepEqual(
        outcome?.rejects.map(({ line, errors }) => [line, ...errors.map(({ code }) => code)]),
        [
          [2, 'foreign_key'],
          [4, 'unique.file'],
          [5, 'type.integer'],
        ],
      );
      const counts = [`${bench.ledger}rejects`, `${bench.ledger}loads`, 'order_lines'].map(bench.count);
      assert.deepEqual(await Promise.all(counts), [3, 1, 2]);
    });
  }

  for (const [what, way] of WAYS) {
    test(`${what}: a lock that others hold too long, and let go while it is tried again`, async () => {
      const bench = await openBench(newTarget, { lockTimeoutMs: 50 });
      const told: RunAgain[] = [];
      const letGo: (() => Promise<void>)[] = [];
      const onAgain = (again: RunAgain) => {
        told.push(again);
        void letGo[0]?.();
      };
      const held = faultyOnce(bench.connection, 'stage', async () => {
        letGo.push(await holdOrder(bench));
      });
      const outcome = await way(bench, held, '1,1,a\n', { onAgain });
      await letGo[0]?.();
      assert.equal(summary(outcome), '1 = 1 + 0 + 0 + 0');
      assert.deepEqual([told[0]?.code, told[0]?.failed], ['database-busy', 1]);
      assert.equal(await bench.count('order_lines'), 1);
    });
  }

  test('a lock that is never let go: busy in the end, and nothing is there', async () => {
    const bench = await openBench(newTarget, { lockTimeoutMs: 20 });
    const part = await bench.part('1,1,a\n');
    const stop = new AbortController();
    const letGo = await holdOrder(bench);
    const onAgain = ({ failed }: RunAgain) => (failed === 2 ? stop.abort() : undefined);
    const commit = commitPart(bench.connection, part, { onAgain, stopping: stop.signal });
    await assert.rejects(commit, { code: 'database-busy', retryable: true });
    await letGo();
    assert.deepEqual([await bench.count('order_lines'), await bench.count(`${bench.ledger}batches`)], [0, 0]);
  });
}

/** For engines that are servers. */
export function runRunAgainOnServers(newTarget: NewTarget): void {
  for (const [what, way] of WAYS) {
    test(`${what}: its connection is ended between two statements`, async () => {
      const bench = await openBench(newTarget);
      const told: RunAgain[] = [];
      const onAgain = (again: RunAgain) => told.push(again);
      const faulty = faultyOnce(bench.connection, 'unstage', () => kill(bench));
      const outcome = await way(bench, faulty, '1,1,a\n1,2,b\n1,1,c\n', { onAgain });
      const expected = what === 'an atomic load' ? '3 = 0 + 0 + 2 + 1' : '3 = 2 + 0 + 0 + 1';
      assert.equal(summary(outcome), expected);
      assert.deepEqual([told[0]?.code, told[0]?.failed], ['database-unavailable', 1]);
      assert.equal(await bench.count('order_lines'), outcome.inserted);
    });
  }

  test('the move of an atomic load waits too long for a parent, and is tried again', async () => {
    const bench = await openBench(newTarget, { lockTimeoutMs: 50 });
    const letGo: (() => Promise<void>)[] = [];
    const onAgain = () => void letGo[0]?.();
    const part = await bench.part('1,1,a\n1,2,b\n', { atomic: true });
    const held = faultyOnce(bench.connection, 'transaction', async () => {
      letGo.push(await holdOrder(bench));
    });
    const receipt = await commitPart(held, part, { onAgain });
    await letGo[0]?.();
    assert.deepEqual([receipt.state, summary(receipt)], ['completed', '2 = 2 + 0 + 0 + 0']);
    assert.equal(await bench.count('order_lines'), 2);
  });
}
