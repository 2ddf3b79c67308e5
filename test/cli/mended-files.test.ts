import assert from 'node:assert/strict';
import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { makeDatabase, withDatabase } from '../client/rig.ts';
import { makeHome, runHere, start } from './command.ts';

/** Files of rejects that come back under their own name: data/not_added → data/incoming, or `load FILE`. */

const DDL = `CREATE TABLE notes (id INTEGER PRIMARY KEY, note VARCHAR(30) NOT NULL, n SMALLINT);
  CREATE TABLE bare (note VARCHAR(30) NOT NULL, n SMALLINT);
  CREATE TABLE heads (id INTEGER PRIMARY KEY, office INTEGER REFERENCES offices);
  CREATE TABLE offices (id INTEGER PRIMARY KEY, head INTEGER REFERENCES heads);
  CREATE TABLE kids (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES notes);`;

let home: Awaited<ReturnType<typeof makeHome>>;
const database = () => join(home.path, 'data', 'rowferry.sqlite');
const query = (sql: string) =>
  withDatabase(database(), (db) =>
    db
      .prepare(sql)
      .all()
      .map((row) => Object.values(row)),
  );

before(async () => {
  home = await makeHome();
  await makeDatabase(home.path);
  withDatabase(database(), (db) => db.exec(DDL));
  const settings = { quietMs: 50, pollMs: 20, port: 0, backupSchedule: null };
  await writeFile(join(home.path, 'rowferry.config.json'), JSON.stringify(settings));
});
after(() => home[Symbol.asyncDispose]());

const here = (...args: string[]) => runHere(home.path, args);

/** Loads it; the load and the file of its rejects. */
async function rejectsOf(name: string, content: string): Promise<{ load: string; path: string }> {
  await writeFile(join(home.path, name), content);
  const { json, stderr } = await here('load', name, '--max-rejects', '100%', '--json');
  assert.equal(typeof json[0]?.rejects, 'string', stderr);
  return { load: String(json[0]?.load), path: String(json[0]?.rejects) };
}

const statesOf = async (load: string) =>
  (await here('rejects', load, '--all', '--json')).json.map(({ state }) => state);

test('a mended file that is loaded under its name closes the rejects, each record once', async () => {
  const { load, path } = await rejectsOf('bare.csv', 'note,n\na,1\n,2\n,3\nd,x\n');
  const own = join(home.path, basename(path));
  await rename(path, own);
  await writeFile(own, 'note,n\nb,2\n,3\nd,x\n');
  const first = await here('load', own, '--json');
  assert.deepEqual([first.code, first.json[0]?.parent, first.json[0]?.read], [3, load, 3], first.stderr);
  assert.deepEqual(await statesOf(load), ['retried', 'open', 'open']);
  assert.equal(await readFile(path, 'utf8'), 'note,n\n,3\nd,x\n', 'what is open is there to be mended again');
  await writeFile(own, 'note,n\nb,2\nc,3\nd,4\n');
  const second = await here('load', own);
  assert.match(second.stdout, new RegExp(`mended records of load ${load}`));
  assert.match(second.stdout, /2 read = 2 inserted/);
  const again = await here('load', own, '--json');
  assert.deepEqual([again.code, again.json[0]?.state, again.json[0]?.inserted], [0, 'duplicate', 2]);
  assert.deepEqual(query('SELECT * FROM bare ORDER BY n'), [
    ['a', 1],
    ['b', 2],
    ['c', 3],
    ['d', 4],
  ]);
  assert.deepEqual(await statesOf(load), ['retried', 'retried', 'retried']);
});

test('one that does not match: without a key it is refused, and nothing is loaded', async () => {
  const { load, path } = await rejectsOf('bare-2.csv', 'note,n\n,12\n,13\n,14\n');
  await writeFile(path, 'note,n\nb,12\n,13\n,14\n');
  assert.equal((await here('load', path)).code, 3);
  await writeFile(path, 'note,n\nb,12\n');
  const refused = await here('load', path);
  assert.equal(refused.code, 1, refused.stdout);
  assert.match(
    refused.stderr,
    /bare has no key in the file that would keep its records from being loaded twice/,
  );
  assert.match(refused.stderr, new RegExp(`rowferry rejects retry ${load} --with fixed.csv`));
  assert.deepEqual(query('SELECT note FROM bare WHERE n BETWEEN 12 AND 14'), [['b']]);
});

test('with a key such a file is one of its own, says so, and loads nothing twice', async () => {
  const { path } = await rejectsOf('notes.csv', 'id,note,n\n1,,1\n2,,2\n3,,3\n');
  await writeFile(path, 'id,note,n\n1,a,1\n2,,2\n3,,3\n');
  assert.equal((await here('load', path)).code, 3);
  await writeFile(path, 'id,note,n\n1,a,1\n7,x,7\n8,y,8\n9,z,9\n');
  const outcome = await here('load', path, '--max-rejects', '100%');
  assert.match(outcome.stdout, /! .*: loaded as a file of its own: it is not taken for the rejects of load/);
  assert.match(outcome.stdout, /4 read = 3 inserted .* 1 rejected/);
  assert.deepEqual(query('SELECT id FROM notes ORDER BY id'), [[1], [7], [8], [9]]);
  await writeFile(path, 'note,n\na,1\n');
  const keyless = await here('load', path);
  assert.match(keyless.stderr, /notes has no key in the file/, 'a key that the database would fill in');
  assert.deepEqual(query('SELECT id FROM notes ORDER BY id'), [[1], [7], [8], [9]]);
});

test('a load that is not known, or of another table than the one typed: a file of its own', async () => {
  const unknown = join(home.path, 'notes.01KAN3M0V5Q5X8W2B7R4T9Y6ZC.csv');
  await writeFile(unknown, '21,a,1\n');
  const outcome = await here('load', unknown, '--json');
  assert.deepEqual([outcome.code, outcome.json[0]?.inserted], [0, 1]);
  assert.match(JSON.stringify(outcome.json[0]?.warnings), /load 01KAN3\w+ of its name is not known here/);
  const { load } = await rejectsOf('bare-3.csv', 'note,n\n,31\n');
  const other = join(home.path, `notes.${load}.csv`);
  await writeFile(other, '22,b,1\n');
  assert.match((await here('load', other, '--table', 'notes')).stdout, /of its name went into bare/);
  assert.deepEqual(await statesOf(load), ['open']);
});

test('the table is that of the load, whatever the file was called', async () => {
  await writeFile(join(home.path, 'export.csv'), 'note,n\n,51\n,52\n');
  const first = await here('load', 'export.csv', '--table', 'bare', '--max-rejects', '100%', '--json');
  const kept = String(first.json[0]?.rejects);
  // Away from the folder that is called as the table is.
  const path = join(home.path, basename(kept));
  await rename(kept, path);
  await writeFile(path, 'note,n\na,51\nb,52\n');
  const mended = await here('load', path, '--json');
  assert.deepEqual(
    [mended.code, mended.json[0]?.table, mended.json[0]?.parent, mended.json[0]?.inserted],
    [0, 'bare', first.json[0]?.load, 2],
    mended.stderr,
  );
});

test('records that were taken out or sorted: without a key none is loaded twice, and what to type is said', async () => {
  const { load, path } = await rejectsOf('bare-5.csv', 'note,n\n,61\n,62\n,63\n');
  await writeFile(path, 'note,n\na,61\n,62\n,63\n');
  assert.equal((await here('load', path)).code, 3);
  await writeFile(path, 'note,n\na,61\nb,62\n');
  for (const args of [
    ['load', path],
    ['rejects', 'retry', load, '--with', path],
  ]) {
    const refused = await here(...args);
    assert.equal(refused.code, 1, refused.stdout);
    assert.match(refused.stderr, /in the place of the reject of line 3 looks like that of line 2/);
    assert.match(refused.stderr, new RegExp(`rowferry rejects ${load} .*--export raw --out fixed.csv`));
  }
  assert.deepEqual(query('SELECT note FROM bare WHERE n BETWEEN 61 AND 63'), [['a']]);
});

test('a spreadsheet that writes another delimiter: that is what is said, and how to say it', async () => {
  const { load } = await rejectsOf('notes-2.csv', 'id;note;n\n91;;1\n92;;2\n');
  await writeFile(join(home.path, 'saved.csv'), '\uFEFFid,note,n\r\n91,a,1\r\n92,b,2\r\n');
  const retry = ['rejects', 'retry', load, '--with', 'saved.csv'];
  const refused = await here(...retry);
  assert.match(refused.stderr, /the first row has no ";" in it/);
  assert.match(refused.stderr, /--dialect '\{"delimiter":","\}'/);
  assert.equal((await here(...retry, '--dialect', '{"delimiter":","}')).code, 0);
  assert.deepEqual(query('SELECT note FROM notes WHERE id IN (91, 92)').flat(), ['a', 'b']);
});

test('dropped into the folder: mended, done, its receipt names the load; once more, and nothing is added', async () => {
  await writeFile(join(home.path, 'elsewise.csv'), 'note,n\n,41\n,42\n');
  const first = await here('load', 'elsewise.csv', '--table', 'bare', '--max-rejects', '100%', '--json');
  const { load, path } = { load: String(first.json[0]?.load), path: String(first.json[0]?.rejects) };
  const incoming = join(home.path, 'data/incoming');
  await mkdir(incoming, { recursive: true });
  await rm(path.replace(/csv$/, 'reasons.csv'));
  await writeFile(path, 'note,n\na,41\nb,42\n');
  const copy = join(home.path, 'copy.csv');
  await copyFile(path, copy);
  await using up = start(home.path, ['up', '--log', 'text']);
  await up.says(/stop {2}Ctrl-C/);
  await rename(path, join(incoming, basename(path)));
  await up.says(new RegExp(`mended records of load ${load}[\\s\\S]*2 read = 2 inserted`));
  const done = join(home.path, 'data/done', `${basename(path)}.receipt.json`);
  const receipt = JSON.parse(await readFile(done, 'utf8'));
  assert.deepEqual([receipt.parent, receipt.state, receipt.inserted], [load, 'completed', 2]);
  await rename(copy, join(incoming, basename(path)));
  await up.says(/loaded before: nothing was added/);
  assert.deepEqual(query('SELECT n FROM bare WHERE n IN (41, 42) ORDER BY n'), [[41], [42]]);
  assert.deepEqual(await statesOf(load), ['retried', 'retried']);
});

test('rejects whose parents came while nothing ran: the next start loads them, and one line tells', async () => {
  const { load } = await rejectsOf('kids.csv', 'id,parent\n1,1000\n2,1001\n3,1000\n');
  withDatabase(database(), (db) => db.exec("INSERT INTO notes VALUES (1000, 'late', 1)"));
  await using up = start(home.path, ['up', '--log', 'text']);
  await up.says(new RegExp(`\\nkids: 2 rejects of load ${load} loaded, since the parents have come\\n`));
  assert.deepEqual(query('SELECT id FROM kids ORDER BY id'), [[1], [3]]);
  assert.match((await here('receipts', load)).stdout, /2 were loaded since by \w+ \(automatic retry\)/);
});

test('rows of two tables that each need the other first: what they are is said, and how they get in', async () => {
  const { load } = await rejectsOf('heads.csv', 'id,office\n1,1\n');
  await rejectsOf('offices.csv', 'id,head\n1,1\n');
  for (const args of [[load], ['retry', load]]) {
    const { stdout } = await here('rejects', ...args);
    assert.match(stdout, /\nheads → offices → heads: these tables refer to each other in a circle\.\n/);
    assert.match(stdout, /load one of the two with an empty key/);
  }
});
