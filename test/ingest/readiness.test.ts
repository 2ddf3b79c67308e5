import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Connection } from '../../src/database/database.ts';
import { sqliteEngine } from '../../src/database/sqlite/engine.ts';
import { Readiness } from '../../src/ingest/readiness.ts';

interface Rig {
  readonly readiness: Readiness;
  /** Null: it answers. */
  failure: Error | null;
  asked: number;
}

/** A database without a ledger, which can be away. */
async function within(work: (rig: Rig) => Promise<void>): Promise<void> {
  const connection = await sqliteEngine.connect('sqlite::memory:');
  const rig: Rig = { readiness: new Readiness(awayable()), failure: null, asked: 0 };
  function awayable(): Connection {
    return Object.assign(Object.create(connection), {
      engine: sqliteEngine,
      query: async () => {
        rig.asked += 1;
        if (rig.failure !== null) throw rig.failure;
        return [];
      },
    });
  }
  try {
    await work(rig);
  } finally {
    rig.readiness.close();
    await connection.close();
  }
}

const database = async ({ readiness }: Rig): Promise<string> =>
  (await readiness.look()).checks.database ?? '';

test('away since the connection was lost, whenever somebody asks; a later time has its own beginning', async (t) => {
  t.mock.timers.enable({ apis: ['Date', 'setTimeout'], now: Date.parse('2026-01-01T00:00:00Z') });
  await within(async (rig) => {
    rig.failure = new Error('refused');
    const away = rig.readiness.watch();
    // Of one who looks already.
    await rig.readiness.watch();
    t.mock.timers.setTime(Date.parse('2026-01-01T00:00:20Z'));
    assert.equal(await database(rig), 'does not answer since 2026-01-01T00:00:00.000Z: refused');
    rig.failure = null;
    while (rig.asked < 3) {
      t.mock.timers.tick(1000);
      await Promise.resolve();
    }
    await away;
    t.mock.timers.setTime(Date.parse('2026-01-01T01:00:00Z'));
    rig.failure = new Error('refused');
    void rig.readiness.watch();
    t.mock.timers.setTime(Date.parse('2026-01-01T01:00:30Z'));
    assert.equal(await database(rig), 'does not answer since 2026-01-01T01:00:00.000Z: refused');
  });
});

test('a session that ended while the database is well is no time away', () =>
  within(async (rig) => {
    await rig.readiness.watch();
    assert.equal(rig.asked, 1);
    assert.equal(await database(rig), 'ok');
  }));
