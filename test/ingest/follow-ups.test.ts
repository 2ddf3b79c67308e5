import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pause } from '../../src/lib/backoff.ts';
import { allRejects, claimOf, ledgerFaults, loadContent, openHome, summary, utf8 } from './fixture.ts';

const DDL = `CREATE TABLE p (id INTEGER PRIMARY KEY);
  CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT NOT NULL, p INT REFERENCES p, boss INT REFERENCES t);
  CREATE TABLE g (id INTEGER PRIMARY KEY, t INT REFERENCES t);`;

async function until(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const deadline = performance.now() + 30_000; performance.now() < deadline; await pause(20)) {
    if (await isSo()) return;
  }
  assert.fail(what);
}

test('after a load into the parent, children that wanted for it are loaded once, and their children', async () => {
  const home = await openHome(DDL, { retryOrphansAfterMs: 30 });
  const grandchildren = await loadContent(home.ingest, '1,10\n2,99\n', { table: 'g' });
  const children = await loadContent(home.ingest, '10,a,1,\n11,,1,\n12,c,9,\n13,d,,10\n');
  assert.deepEqual([summary(grandchildren), summary(children)], ['2 = 0 + 0 + 0 + 2', '4 = 0 + 0 + 0 + 4']);
  await loadContent(home.ingest, '1\n', { table: 'p' });
  const ids = (table: string) => home.values(`SELECT id FROM ${table} ORDER BY id`).flat();
  await until(() => ids('g').length === 1 && ids('t').length === 2, 'they did not come');
  assert.deepEqual([ids('t'), ids('g')], [[10, 13], [1]]);
  const rejects = await allRejects(home.ingest, children.id);
  assert.deepEqual(
    rejects.map(({ state }) => state),
    ['retried', 'open', 'open', 'retried'],
  );
  const [retry] = await home.ingest.loads({ parent: children.id, limit: 10 });
  assert.deepEqual(
    [retry?.id, summary(retry ?? assert.fail())],
    [rejects[0]?.retryLoad, '2 = 2 + 0 + 0 + 0'],
  );
  assert.deepEqual(ledgerFaults(home), []);
});

test('two servers on one database load each once', async () => {
  const home = await openHome(DDL, { retryOrphansAfterMs: 200 });
  const { openIngest } = await import('../../src/ingest/open-ingest.ts');
  const { loadConfig } = await import('../../src/config.ts');
  const { createLog } = await import('../../src/log.ts');
  const config = loadConfig({ databaseUrl: `sqlite:${home.path}`, retryOrphansAfterMs: 200 }, {});
  const other = await openIngest({ config, log: createLog({ destination: { write: () => {} } }) });
  try {
    const rows = Array.from({ length: 500 }, (_, i) => `${i},a,${i % 2},\n`).join('');
    const load = await loadContent(home.ingest, rows);
    await Promise.all([
      loadContent(home.ingest, '0\n', { table: 'p' }),
      loadContent(other, '1\n', { table: 'p' }),
    ]);
    await until(() => home.values('SELECT id FROM t').length === 500, 'they did not come');
    const retries = await home.ingest.loads({ parent: load.id, limit: 10 });
    assert.equal(
      retries.reduce((sum, { inserted }) => sum + inserted, 0),
      500,
    );
    assert.deepEqual(ledgerFaults(home), []);
  } finally {
    await other.close();
  }
});

test('what a server left undone the next one does, without a load into the parent', async () => {
  const home = await openHome(DDL, { retryOrphansAfterMs: null });
  const grandchildren = await loadContent(home.ingest, '1,10\n2,99\n', { table: 'g' });
  const children = await loadContent(home.ingest, '10,a,1,\n11,,1,\n');
  await loadContent(home.ingest, '1\n', { table: 'p' });
  const { openIngest } = await import('../../src/ingest/open-ingest.ts');
  const { loadConfig } = await import('../../src/config.ts');
  const { createLog } = await import('../../src/log.ts');
  const config = loadConfig({ databaseUrl: `sqlite:${home.path}`, retryOrphansAfterMs: 20 }, {});
  const next = await openIngest({ config, log: createLog({ destination: { write: () => {} } }) });
  try {
    const told: object[] = [];
    next.followUp((followed) => told.push(followed));
    await until(() => told.length === 2, 'they did not come');
    assert.deepEqual(told, [
      { table: 't', load: children.id, loaded: 1 },
      { table: 'g', load: grandchildren.id, loaded: 1 },
    ]);
    const [retry] = await next.loads({ parent: children.id, limit: 10 });
    assert.equal(retry?.name, 'automatic retry');
    assert.deepEqual(ledgerFaults(home), []);
  } finally {
    await next.close();
  }
});

test('a load whose columns are gone holds up no other one', async () => {
  const home = await openHome(DDL.replace('v TEXT NOT NULL', 'v TEXT'), { retryOrphansAfterMs: 30 });
  await loadContent(home.ingest, 'id,p\n10,1\n');
  // The newest is tried first.
  await loadContent(home.ingest, 'id,v,p\n20,a,1\n');
  home.outside('ALTER TABLE t DROP COLUMN v');
  await loadContent(home.ingest, '1\n', { table: 'p' });
  await until(() => home.values('SELECT id FROM t').length === 1, 'the other one did not come');
  assert.deepEqual(home.values('SELECT id FROM t'), [[10]]);
  assert.deepEqual(ledgerFaults(home), []);
});

test('a parent that a reconciliation sends again is followed too', async () => {
  const home = await openHome(DDL, { retryOrphansAfterMs: 30 });
  const parents = await loadContent(home.ingest, '1\n', { table: 'p' });
  home.outside('DELETE FROM p');
  const children = await loadContent(home.ingest, '10,a,1,\n');
  assert.equal(summary(children), '1 = 0 + 0 + 0 + 1');
  // What the first load of the parent set off is over.
  await home.reopen();
  const bytes = utf8('1\n');
  const slice = { offset: 0, line: 0, bytes, last: true, resend: claimOf(bytes) };
  assert.equal((await home.ingest.reconcile(parents.id, slice)).missing, 1);
  await until(() => home.values('SELECT id FROM t').length === 1, 'it did not come');
});

test('it can be turned off', async () => {
  const home = await openHome(DDL, { retryOrphansAfterMs: null });
  await loadContent(home.ingest, '1,a,1,\n');
  await loadContent(home.ingest, '1\n', { table: 'p' });
  await pause(300);
  assert.deepEqual(home.values('SELECT id FROM t'), []);
});
