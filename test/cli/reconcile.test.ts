import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { makeDatabase, withDatabase } from '../client/rig.ts';
import { makeHome, runHere } from './command.ts';

let home: Awaited<ReturnType<typeof makeHome>>;
const execute = (sql: string) =>
  withDatabase(join(home.path, 'data', 'rowferry.sqlite'), (db) => db.exec(sql));
const reconcile = (...args: string[]) => runHere(home.path, ['reconcile', ...args]);

/** Several batches: the first has 512 KiB. */
const ROWS = 60_000;

before(async () => {
  home = await makeHome();
  await makeDatabase(home.path);
  execute('CREATE TABLE notes (id INTEGER PRIMARY KEY, note VARCHAR(30) NOT NULL, n DECIMAL(6, 2))');
  const rows = Array.from(
    { length: ROWS },
    (_, i) => `${i},"line\nof ${i}",${i % 100 === 99 ? 'x' : '1.50'}\n`,
  );
  await writeFile(join(home.path, 'notes.csv'), `id,note,n\n${rows.join('')}`);
  const loaded = await runHere(home.path, ['load', 'notes.csv', '--json']);
  assert.equal(loaded.json[0]?.rejected, ROWS / 100, loaded.stderr);
});
after(() => home[Symbol.asyncDispose]());

test('a file that was loaded is proved, batch by batch; its rejects are left out', async () => {
  const { code, json, stderr } = await reconcile('notes.csv', '--json');
  assert.equal(code, 0, stderr);
  const { state, read, found, rejected, batches, batchesProved } = json[0] ?? {};
  assert.deepEqual([state, read, found, rejected], ['proved', ROWS, ROWS * 0.99, ROWS / 100]);
  assert.ok(Number(batches) > 1);
  assert.equal(batchesProved, batches);
});

test('what is missing and what was changed are listed by their lines, and the missing sent again', async () => {
  execute(
    "DELETE FROM notes WHERE id IN (10, 50000); UPDATE notes SET note = 'other', n = 2 WHERE id = 59998",
  );
  const found = await reconcile('notes.csv');
  assert.equal(found.code, 1);
  assert.match(found.stdout, /60,000 read = 59,397 found \+ 2 missing \+ 1 changed \+ 600 rejected/);
  assert.match(found.stdout, /\n *22 +missing/);
  assert.match(found.stdout, /\n *100,002 +missing/);
  assert.match(found.stdout, /\nnext: rowferry reconcile notes\.csv --resend\n$/);
  assert.match(found.stdout, /\n *119,998 +changed +note +line\S+of 59998 +other\n +n +1.5 +2\n/);
  const resent = await reconcile('notes.csv', '--resend', '--json');
  assert.equal(resent.code, 1);
  const loads = Array.isArray(resent.json[0]?.resent) ? resent.json[0].resent : [];
  assert.equal(loads.length, 2);
  const receipt = await runHere(home.path, ['receipts', String(loads[0]), '--json']);
  assert.deepEqual([receipt.json[0]?.inserted, receipt.json[0]?.parent], [1, resent.json[0]?.load]);
  execute(
    "UPDATE notes SET note = 'line\nof 59998', n = 1.5 WHERE id = 59998; DELETE FROM notes WHERE id = 10",
  );
  const again = await reconcile('notes.csv', '--resend');
  assert.equal(again.code, 1, 'what it found was not there');
  assert.match(
    again.stdout,
    /were sent again as load \w{26}\n\nnext: rowferry reconcile notes\.csv {4}proves what was sent again\n$/,
  );
  const proof = await reconcile('notes.csv', '--resend');
  assert.equal(proof.code, 0);
  assert.doesNotMatch(proof.stdout, /next:/);
});

test('a file that changed since, and one of which not all was loaded', async () => {
  await writeFile(
    join(home.path, 'notes2.csv'),
    `${await readFile(join(home.path, 'notes.csv'), 'utf8')}1,a,1\n`,
  );
  const other = await reconcile('notes2.csv', '--table', 'notes');
  assert.equal(other.code, 1);
  assert.match(other.stderr, /never loaded into notes/);
  const bad = Array.from(
    { length: 40_000 },
    (_, i) => `${200_000 + i},a${'b'.repeat(20)},${i > 20_000 ? 'x' : 1}\n`,
  );
  await writeFile(join(home.path, 'half.csv'), bad.join(''));
  await runHere(home.path, ['load', 'half.csv', '--table', 'notes', '--max-rejects', '5']);
  const half = await reconcile('half.csv', '--table', 'notes', '--json');
  assert.deepEqual([half.code, half.json[0]?.state, half.json[0]?.missing], [1, 'incomplete', 0]);
});

test('stray quotes that mislead where parts are cut: each batch is proved all the same', async () => {
  // An odd number of them: the client takes the inside of a quoted field for the end of a record.
  const rows = Array.from({ length: 60_000 }, (_, i) => {
    const note = i === 3000 ? 'six" pipe' : i % 2 === 1 ? '"a\nb"' : 'plain and longer';
    return `${500_000 + i},${note},1\n`;
  });
  await writeFile(join(home.path, 'stray.csv'), rows.join(''));
  const loaded = await runHere(home.path, ['load', 'stray.csv', '--table', 'notes', '--json']);
  assert.deepEqual([loaded.json[0]?.read, loaded.json[0]?.rejected], [60_000, 1], loaded.stderr);
  const { json, stderr } = await reconcile('stray.csv', '--table', 'notes', '--json');
  const { state, batches, batchesProved } = json[0] ?? {};
  assert.equal(state, 'proved', stderr);
  assert.ok(Number(batches) > 1);
  assert.equal(batchesProved, batches);
});

test('an atomic load, whose parts are one batch', async () => {
  const rows = Array.from({ length: 30_000 }, (_, i) => `${300_000 + i},a${'b'.repeat(25)},1\n`);
  await writeFile(join(home.path, 'atomic.csv'), rows.join(''));
  await runHere(home.path, ['load', 'atomic.csv', '--table', 'notes', '--atomic']);
  const { code, json } = await reconcile('atomic.csv', '--table', 'notes', '--json');
  const { found, batches, batchesProved } = json[0] ?? {};
  assert.deepEqual([code, found, batches, batchesProved], [0, 30_000, 1, 1]);
});
