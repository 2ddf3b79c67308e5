import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientConfig } from '../../../src/database/postgres/client-config.ts';
import { lockForReading } from '../../../src/database/postgres/locks.ts';
import { relationsByName } from '../../../src/database/postgres/relations.ts';
import { Session } from '../../../src/database/postgres/session.ts';
import { databaseOf, run } from './fixture.ts';

const REWRITES: ReadonlyArray<readonly [string, boolean]> = [
  ['TRUNCATE t', false],
  ['ALTER TABLE t ALTER id TYPE bigint', false],
  ['INSERT INTO t VALUES (2); DELETE FROM t WHERE id = 1', true],
];

for (const [sql, whole] of REWRITES) {
  test(`between a snapshot and its lock: ${sql}: the snapshot ${whole ? 'sees' : 'does not see'} all rows`, async (t) => {
    const url = await databaseOf('CREATE TABLE t (id integer); INSERT INTO t VALUES (1)');
    const session = await Session.open(clientConfig(url), { readOnly: true });
    t.after(() => session.close());
    await session.run('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const relations = [...(await relationsByName(session)).values()];
    await run(url, sql);
    assert.equal(await lockForReading(session, relations), whole);
    const [row] = await session.rows('SELECT count(*) AS n FROM t');
    assert.equal(row?.n, whole ? 1 : 0);
  });
}
