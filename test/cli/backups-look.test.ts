import assert from 'node:assert/strict';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { makeHome, runHere } from './command.ts';

test('backups are shown and compared by path and by id, without their database', async () => {
  await using home = await makeHome();
  mkdirSync(join(home.path, 'data'));
  const database = join(home.path, 'data', 'rowferry.sqlite');
  const db = new DatabaseSync(database, { timeout: 10_000 });
  db.exec(
    "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO t VALUES (1, 'Ann'), (2, 'Bob'), (3, 'Eve')",
  );
  const run = (...args: string[]) => runHere(home.path, args);
  const backUp = async (...flags: string[]): Promise<string> =>
    String((await run('backup', 't', '--json', ...flags)).json[0]?.file);
  const first = await backUp();
  db.exec(
    "UPDATE t SET name = 'Anna' WHERE id = 1; DELETE FROM t WHERE id = 3; INSERT INTO t VALUES (4, 'Zoë')",
  );
  const second = await backUp('--codec', 'zstandard', '--profile', 'standard');
  db.close();
  rmSync(database);
  renameSync(join(home.path, first), join(home.path, 'old.avro'));
  const id = second.replace(/^.*\/|\.avro$/g, '');

  const shown = await run('backups', 'show', id, '--rows', '2');
  assert.equal(shown.code, 0, shown.stderr);
  assert.match(shown.stdout, /3 rows.*codec zstandard, profile standard/);
  assert.match(shown.stdout, /name +TEXT +text/);
  assert.match(shown.stdout, /1 +Anna/);
  assert.doesNotMatch(shown.stdout, /Zoë/);

  const diff = await run('backups', 'diff', 'old.avro', id);
  assert.equal(diff.code, 3, diff.stderr);
  assert.match(diff.stdout, /t by id: 1 added, 1 removed, 1 changed, 1 the same/);
  assert.match(diff.stdout, /^\+ id=4 name=Zoë$/m);
  assert.match(diff.stdout, /^- id=3 name=Eve$/m);
  assert.match(diff.stdout, /^~ id=1 name=Ann→Anna$/m);
  const asUsual = await run('backups', 'show', 'old.avro');
  assert.match(asUsual.stdout, /codec deflate, profile iceberg/);
  const wrong = await run('backup', 't', '--codec', 'snappy');
  assert.deepEqual([wrong.code, /deflate, zstandard, null/.test(wrong.stderr)], [2, true]);
  const same = await run('backups', 'diff', id, id, '--json');
  assert.equal(same.code, 0);
  assert.deepEqual([same.json.length, same.json[0]?.same, same.json[0]?.added], [1, 3, 0]);
  const none = await run('backups', 'show', 'nothing.20261122T143000Z.1a2b3c4d');
  assert.equal(none.code, 1);
  assert.match(none.stderr, /neither a file nor a backup/);
});
