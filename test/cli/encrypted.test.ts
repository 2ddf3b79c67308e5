import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { makeKeys } from '../age/fixture.ts';
import { makeHome, runHere } from './command.ts';

function makeTable(home: string): DatabaseSync {
  mkdirSync(join(home, 'data'));
  const db = new DatabaseSync(join(home, 'data', 'rowferry.sqlite'), { timeout: 10_000 });
  db.exec("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT); INSERT INTO t VALUES (1, 'Ann'), (2, 'Bob')");
  return db;
}

test('encrypted backups are restored by id and from their file with an identity, which stays out of every file', async () => {
  await using home = await makeHome();
  const db = makeTable(home.path);
  const keys = await makeKeys();
  const backupRecipients = [keys.recipient];
  writeFileSync(join(home.path, 'rowferry.config.json'), JSON.stringify({ backupRecipients }));
  writeFileSync(join(home.path, 'key.txt'), `# created\n${keys.identity}\n`);
  const run = (...args: string[]) => runHere(home.path, [...args, '--json']);
  const count = () => db.prepare('SELECT count(*) AS n FROM t').get()?.n;

  const made = await run('backup', 't');
  assert.equal(made.code, 0, made.stderr);
  const file = String(made.json[0]?.file);
  assert.match(file, /\.avro\.age$/);
  const [listed] = (await run('backups')).json;
  const id = String(listed?.id);
  db.exec('DELETE FROM t WHERE a = 1');

  const keyless = await run('restore', id, '--yes');
  assert.equal(keyless.code, 1);
  assert.match(keyless.stderr, /encrypted.*Nothing was changed/s);
  const stranger = await makeKeys();
  writeFileSync(join(home.path, 'other.txt'), stranger.identity);
  const refused = await run('restore', id, '--yes', '--identity', 'other.txt');
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /not for this identity/);
  assert.equal(count(), 1);

  for (const from of [id, file]) {
    db.exec('DELETE FROM t WHERE a = 2');
    const restored = await run('restore', from, '--yes', '--identity', 'key.txt');
    assert.equal(restored.code, 0, restored.stderr);
    assert.equal(count(), 2);
  }
  for (const [identity, level] of [
    [[], 1],
    [['--identity', 'key.txt'], 2],
  ] as const) {
    const verified = await run('verify', id, ...identity);
    assert.equal(verified.code, 0, verified.stderr);
    assert.equal(verified.json[0]?.level, level, 'what was proven');
  }
  const mistaken = await run('verify', id, '--identity', 'other.txt');
  assert.equal(mistaken.code, 1);
  const doctor = await run('doctor');
  const encryption = doctor.json.find(({ check }) => check === 'encryption');
  assert.match(String(encryption?.detail), /one recipient|1 recipient/);
  assert.match(String(encryption?.mend), /recovery/);
  const download = await run('backups', 'download', id, '--out', 'copy.avro.age');
  assert.equal(download.code, 0, download.stderr);
  assert.deepEqual(readFileSync(join(home.path, 'copy.avro.age')), readFileSync(join(home.path, file)));
  const again = await run('backups', 'download', id, '--out', 'copy.avro.age');
  assert.equal(again.code, 2, 'nothing is written over');
  db.close();
  const told = `${keyless.stderr}${refused.stderr}${readFileSync(join(home.path, 'log.txt'), 'utf8')}`;
  assert.ok(!told.includes(keys.identity) && !told.includes(stranger.identity));
});

test('what opens an encrypted backup is said wherever it is needed, ready to be typed', async () => {
  await using home = await makeHome();
  const db = makeTable(home.path);
  const keys = await makeKeys();
  const backupRecipients = [keys.recipient];
  writeFileSync(join(home.path, 'rowferry.config.json'), JSON.stringify({ backupRecipients }));
  writeFileSync(join(home.path, 'my key.txt'), keys.identity);
  const run = (...args: string[]) => runHere(home.path, args);
  const [made] = (await run('backup', 't', '--json')).json;
  const [listed] = (await run('backups', '--json')).json;
  const id = String(listed?.id);
  renameSync(join(home.path, String(made?.file)), join(home.path, 'copy.avro.age'));
  const nameless = await run('restore', 'copy.avro.age', '--dry-run');
  assert.match(nameless.stderr, /no key for it was given.*rowferry restore ID --identity FILE/s);
  renameSync(join(home.path, 'copy.avro.age'), join(home.path, String(made?.file)));
  const keyless = await run('verify', id);
  assert.match(keyless.stdout, new RegExp(`SHA-256 alone.*rowferry verify ${id} --identity FILE`));
  const deep = await run('verify', id, '--level', '3');
  assert.equal(deep.code, 1);
  assert.match(deep.stderr, /no key for it was given.*--identity FILE/s);
  const keyed = await run('verify', id, '--identity', 'my key.txt');
  assert.doesNotMatch(keyed.stdout, /SHA-256/);
  const dry = await run('restore', id, '--dry-run', '--identity', 'my key.txt');
  assert.match(dry.stdout, new RegExp(`next: rowferry restore ${id} --identity 'my key.txt'`));
  const done = await run('restore', id, '--yes', '--identity', 'my key.txt');
  assert.match(done.stdout, /as it was before: rowferry restore t\.\S+ --identity 'my key.txt'/);
  db.close();
});

test('verify goes on behind a backup that the identity does not open, and says at the end which they were', async () => {
  await using home = await makeHome();
  const db = makeTable(home.path);
  const [mine, other] = [await makeKeys(), await makeKeys()];
  writeFileSync(join(home.path, 'mine.txt'), mine.identity);
  const run = (...args: string[]) => runHere(home.path, args);
  const made: string[] = [];
  for (const { recipient } of [mine, other]) {
    const settings = { backupRecipients: [recipient] };
    writeFileSync(join(home.path, 'rowferry.config.json'), JSON.stringify(settings));
    const [line] = (await run('backup', 't', '--json')).json;
    made.push(basename(String(line?.file), '.avro.age'));
  }
  const [own, foreign] = made;
  const all = await run('verify', '--identity', 'mine.txt', '--json');
  assert.equal(all.code, 1);
  assert.deepEqual(
    all.json.map(({ id, state, level }) => [id, state, level]),
    [
      [foreign, 'failed', undefined],
      [own, 'verified', 2],
    ],
  );
  assert.equal(Object(all.json[0]?.error).code, 'backup-no-key');
  const told = await run('verify', 'nowhere', `${foreign}`, `${own}`, '--identity', 'mine.txt');
  assert.equal(told.code, 1);
  assert.match(told.stderr, new RegExp(`${foreign}: .*not for this identity`));
  assert.match(told.stderr, /there is no backup nowhere/);
  assert.equal(told.stdout.match(/✓/g)?.length, 1);
  assert.match(
    told.stdout,
    new RegExp(`1 backup could not be opened.*rowferry verify ${foreign} --identity FILE`),
  );
  const lengths = await run('verify', '--level', '1', '--identity', 'mine.txt');
  assert.equal(lengths.code, 0, 'its SHA-256 needs no key');
  db.close();
});
