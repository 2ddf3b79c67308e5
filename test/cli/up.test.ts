import assert from 'node:assert/strict';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { makeDatabase, withDatabase } from '../client/rig.ts';
import { pythonZip } from '../inputs/packed.ts';
import { outside } from '../server/outside.ts';
import { makeHome, rowferry, start } from './command.ts';

/** Short waits for files to stand still, and a port of its own. */
async function configure(home: string): Promise<void> {
  const settings = { quietMs: 50, pollMs: 20, port: 0, backupSchedule: null };
  await writeFile(join(home, 'rowferry.config.json'), JSON.stringify(settings));
}

test('the first start makes the example, loads it, prints its receipts, the key once, and what to try', async () => {
  await using home = await makeHome();
  await using up = start(home.path, ['up', '--port', '0']);
  await up.says(/stop {2}Ctrl-C/);
  const out = up.stdout();
  const [, token = '', url = ''] = /Bearer (rfk_\w+)' (http:\S+?)\/v1/.exec(out) ?? [];
  assert.match(
    out,
    /departments +12 +12 +0 +0 .*✓\njobs +183 +183 +0 +0 .*✓\nhired_employees +2,000 +1,938 +62 +0 .*✓/,
  );
  assert.match(out, /2,000 read = 1,938 inserted \+ 0 updated \+ 0 skipped \+ 62 rejected ✓/);
  assert.match(out, /18 × missing in name, first in line 7\n/);
  assert.match(out, /rejected records: data\/not_added\/hired_employees\/hired_employees\.\w+\.csv/);
  assert.match(out, /backups +next \d{4}-/);
  assert.equal((await fetch(`${url}/health/ready`)).status, 200);
  const answer = await fetch(`${url}/v1/tables`, { headers: { authorization: `Bearer ${token}` } });
  assert.equal(answer.status, 200);
  assert.deepEqual(
    (await readdir(join(home.path, 'data', 'done'))).filter((name) => /csv$/.test(name)).sort(),
    ['departments.csv', 'hired_employees.csv', 'jobs.csv'],
  );
  up.process.kill('SIGTERM');
  assert.equal(await up.ended, 0);
  assert.equal(up.stderr(), '');
  assert.match(
    await readFile(join(home.path, 'log.txt'), 'utf8'),
    /hired_employees\.csv: 18 × missing in name, first/,
  );
  await using again = start(home.path, ['up', '--port', '0', '--log', 'text']);
  await again.says(/stop {2}Ctrl-C/);
  assert.doesNotMatch(again.stdout(), /rfk_|example tables/);
});

test('a file dropped while it runs is told of when it is done; a bad one says where it lies', async () => {
  await using home = await makeHome();
  await makeDatabase(home.path);
  await configure(home.path);
  await using up = start(home.path, ['up', '--log', 'text']);
  await up.says(/stop {2}Ctrl-C/);
  await writeFile(join(home.path, 'data/incoming/jobs-1.csv'), '1,Miner\n2,\n');
  await up.says(/2 read = 1 inserted \+ 0 updated \+ 0 skipped \+ 1 rejected ✓/);
  await writeFile(join(home.path, 'data/incoming/jobs-2.csv'), 'id,jub\n1,x\n');
  await up.says(/✗ jobs-2\.csv: .*"jub"[\s\S]*it lies in data\/failed\/jobs-2\.csv/);
  await writeFile(join(home.path, 'data/incoming/jobs-1-copy.csv'), '1,Miner\n2,\n');
  await up.says(/loaded before: nothing was added/);
});

test('how a file was read is said when it is dropped, in its receipt and in the log', async () => {
  await using home = await makeHome();
  await makeDatabase(home.path);
  withDatabase(join(home.path, 'data/rowferry.sqlite'), (database) => {
    database.exec('CREATE TABLE people (name TEXT, city TEXT)');
  });
  await configure(home.path);
  await using up = start(home.path, ['up', '--log', 'text']);
  await up.says(/stop {2}Ctrl-C/);
  await writeFile(join(home.path, 'data/incoming/people.csv'), 'Vorname;Ort\nAnn;Bern\nBob;Chur\n');
  await up.says(/people\.csv read as: semicolons \(sniffed/);
  await up.says(/! people\.csv: line 1 is taken for a record: "Vorname", "Ort"/);
  await up.says(/3 read = 3 inserted/);
  const receipt = await readFile(join(home.path, 'data/done/people.csv.receipt.json'), 'utf8');
  assert.match(receipt, /"readAs": "semicolons",\n {2}"warnings": \[\n {4}"line 1 is taken/);
  assert.match(
    await readFile(join(home.path, 'log.txt'), 'utf8'),
    /people\.csv: line 1 is taken for a record/,
  );
});

test('packed files in the folder are told of as they are loaded; rejects are named for the member', async () => {
  await using home = await makeHome();
  await makeDatabase(home.path);
  await configure(home.path);
  await using up = start(home.path, ['up', '--log', 'text']);
  await up.says(/stop {2}Ctrl-C/);
  const packed = pythonZip(join(home.path, 'hr.zip'), [
    { name: 'departments.csv', content: '1,Ops\n' },
    { name: 'jobs.csv', content: '1,Miner\n2,\n' },
  ]);
  await rename(packed, join(home.path, 'data/incoming/hr.zip'));
  await up.says(/loading hr\.zip!jobs\.csv into jobs/);
  await up.says(/jobs from hr\.zip!jobs\.csv[\s\S]*data\/not_added\/jobs\/jobs\.\w{26}\.csv/);
  await writeFile(join(home.path, 'data/incoming/departments-2.csv.gz'), gzipSync('1,Ops\n'));
  await up.says(/departments from departments-2\.csv\.gz.*\n.*loaded before: nothing was added/);
  await writeFile(join(home.path, 'data/incoming/jobs-3.csv.gz'), 'cut');
  await up.says(/✗ jobs-3\.csv\.gz: .*by its name it is gzip[\s\S]*data\/failed\/jobs-3\.csv\.gz/);
  const done = (await readdir(join(home.path, 'data/done'))).filter((name) => !name.endsWith('.json')).sort();
  assert.deepEqual(done, ['departments-2.csv.gz', 'hr.zip']);
});

test('--log json: stdout holds JSON lines alone, the lines for people go to stderr, no key in the log', async () => {
  await using home = await makeHome();
  await makeDatabase(home.path);
  await configure(home.path);
  await using up = start(home.path, ['up', '--log', 'json']);
  await writeFile(join(home.path, 'jobs.csv'), '');
  await up.says(/stop {2}Ctrl-C/, 'stderr');
  await writeFile(join(home.path, 'data/incoming/jobs.csv'), '1,Miner\n');
  await up.says(/jobs\.csv/);
  up.process.kill('SIGINT');
  assert.equal(await up.ended, 0);
  for (const line of up.stdout().trimEnd().split('\n')) assert.equal(typeof JSON.parse(line).level, 'number');
  assert.match(up.stderr(), /no API key yet.*\n {2}rowferry keys create --owner admin --scope 'tables/);
  assert.doesNotMatch(up.stdout() + up.stderr(), /rfk_/);
  assert.equal((await rowferry(home.path, ['keys', 'list', '--json'])).stdout, '');
});

test('up beyond loopback over plain HTTP: the watcher loads, sealed, and the key is shown with a sealed call', async () => {
  await using home = await makeHome();
  await makeDatabase(home.path);
  await configure(home.path);
  await using up = start(home.path, ['up', '--host', outside, '--log', 'text']);
  await up.says(/stop {2}Ctrl-C/);
  const [, token = '', url = ''] =
    /^ {2}ROWFERRY_KEY=(rfk_\w+) rowferry tables --server (\S+)$/m.exec(up.stdout()) ?? [];
  assert.equal(new URL(url).hostname, outside);
  const tables = await rowferry(home.path, ['tables', '--server', url, '--json'], { ROWFERRY_KEY: token });
  assert.deepEqual([tables.code, tables.json.length], [0, 3], tables.stderr);
  await writeFile(join(home.path, 'data/incoming/departments.csv'), '1,Ops\n');
  await up.says(/1 read = 1 inserted/);
});

test('serve answers; a port that is taken is named with what to type', async () => {
  await using home = await makeHome();
  await makeDatabase(home.path);
  await using serve = start(home.path, ['serve', '--port', '0', '--log', 'text']);
  const [, port = ''] = await serve.says(/serves at http:\/\/127\.0\.0\.1:(\d+)/);
  const [, token = ''] = await serve.says(/shown this once: (rfk_\w+)/);
  const second = await rowferry(home.path, ['up', '--port', port]);
  assert.equal(second.code, 2);
  assert.match(second.stderr, new RegExp(`port ${port} .*\n.*--port`));
  const server = { ROWFERRY_SERVER: `http://127.0.0.1:${port}` };
  const unkeyed = await rowferry(home.path, ['tables'], server);
  assert.equal(unkeyed.code, 2);
  assert.match(unkeyed.stderr, /wants an API key[\s\S]*rowferry keys create/);
  const tables = await rowferry(home.path, ['tables', '--json'], { ...server, ROWFERRY_KEY: token });
  assert.deepEqual(
    tables.json.map(({ name }) => name),
    ['departments', 'hired_employees', 'jobs'],
  );
  await writeFile(join(home.path, 'jobs.csv'), '1,Miner\n2,\n');
  const load = await rowferry(home.path, ['load', 'jobs.csv', '--json'], { ...server, ROWFERRY_KEY: token });
  assert.deepEqual([load.code, load.json[0]?.inserted], [3, 1]);
  assert.equal(await readFile(String(load.json[0]?.rejects), 'utf8'), '2,\n');
});

test('watch alone loads what is dropped', async () => {
  await using home = await makeHome();
  await makeDatabase(home.path);
  await configure(home.path);
  await using watch = start(home.path, ['watch', '--log', 'text']);
  await watch.says(/watching .*incoming/);
  await writeFile(join(home.path, 'data/incoming/departments.csv'), '1,Ops\n');
  await watch.says(/1 read = 1 inserted/);
  watch.process.kill('SIGINT');
  assert.equal(await watch.ended, 0);
});
