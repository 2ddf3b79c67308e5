import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDatabase } from '../../src/database/open.ts';
import { eventually } from '../server/harness.ts';
import type { NewTarget } from './engines.ts';

/** What is left of connections that were lost. */
export function runConnections(newTarget: NewTarget): void {
  test('many who ask on a connection that was lost make one new one, and it ends with its close', async () => {
    const target = await newTarget();
    const connection = await openDatabase(target.url);
    const ask = () => connection.query('SELECT count(*) AS n FROM plain');
    await ask();
    await target.disconnect?.();
    await Promise.allSettled([ask(), ask(), ask()]);
    await Promise.allSettled([ask(), ask(), ask(), ask(), ask(), ask(), ask(), ask()]);
    assert.equal(await target.connections?.(), 1);
    await target.disconnect?.();
    const asking = [ask(), ask(), ask()];
    await connection.close();
    await Promise.allSettled(asking);
    await eventually(async () => (await target.connections?.()) === 0, 'every connection is closed');
  });
}
