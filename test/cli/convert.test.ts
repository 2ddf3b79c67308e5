import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { withDatabase } from '../client/rig.ts';
import { testPostgres } from '../servers/postgres.ts';
import { makeHome, runHere } from './command.ts';

test('a backup of SQLite goes to PostgreSQL with --convert: by its file and by its id, each column named first', async () => {
  const server = await testPostgres();
  await using home = await makeHome();
  const use = (databaseUrl: string) =>
    writeFile(join(home.path, 'rowferry.config.json'), JSON.stringify({ databaseUrl }), { mode: 0o600 });
  await use(`sqlite:${home.path}/x.sqlite`);
  withDatabase(`${home.path}/x.sqlite`, (db) =>
    db.exec(`CREATE TABLE jobs (id INTEGER PRIMARY KEY, job TEXT, pay REAL, CHECK (pay > 0));
      INSERT INTO jobs VALUES (1, 'Miner', 1.5), (2, NULL, 2)`),
  );
  const made = await runHere(home.path, ['backup', 'jobs', '--json']);
  const [{ file } = {}] = made.json;
  await use(await server.freshDatabase());
  const refused = await runHere(home.path, ['restore', String(file), '--yes']);
  assert.equal(refused.code, 1, refused.stdout);
  assert.match(refused.stderr, /comes from sqlite.*--convert --dry-run/s);
  const dry = await runHere(home.path, ['restore', String(file), '--convert', '--dry-run']);
  assert.equal(dry.code, 0, dry.stderr);
  for (const says of [
    /id: INTEGER becomes BIGINT/,
    /pay: REAL becomes DOUBLE PRECISION/,
    /CREATE TABLE "jobs"/,
  ]) {
    assert.match(dry.stdout, says);
  }
  assert.match(
    dry.stdout,
    /not taken along: numbering of id, CHECK \(pay > 0\).*next: rowferry restore .* --convert/s,
  );
  const asked = await runHere(home.path, ['restore', String(file), '--convert']);
  assert.equal(asked.code, 2, asked.stdout);
  assert.match(asked.stdout, /id: INTEGER becomes BIGINT/, 'named before the question');
  const done = await runHere(home.path, ['restore', String(file), '--convert', '--yes', '--json']);
  assert.equal(done.code, 0, done.stderr);
  assert.deepEqual([done.json[0]?.rows, done.json[0]?.replaced], [2, undefined]);
  const other = ['restore', basename(String(file), '.avro'), '--convert', '--table', 'other', '--yes'];
  const byId = await runHere(home.path, other);
  assert.equal(byId.code, 0, byId.stderr);
  assert.match(
    byId.stdout,
    /other holds 2 rows of the backup of jobs.*compared: rows, and what each value means/s,
  );
});
