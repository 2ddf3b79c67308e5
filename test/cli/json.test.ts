import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { makeDatabase, withDatabase } from '../client/rig.ts';
import { makeHome, type Outcome, runHere } from './command.ts';

/** docs/cli-json.md: heading → the members of its example. */
async function documented(): Promise<Map<string, string[]>> {
  const text = await readFile(new URL('../../docs/cli-json.md', import.meta.url), 'utf8');
  const sections = text.split(/^## /m).slice(1);
  return new Map(
    sections.flatMap((section) => {
      const example = /```json\n(.*)\n```/.exec(section)?.[1];
      const heading = section.slice(0, section.indexOf('\n'));
      return example === undefined ? [] : [[heading, membersOf(JSON.parse(example))] as const];
    }),
  );
}

/** The order of members is nobody's business. */
const membersOf = (line: object | undefined) => Object.keys(line ?? {}).sort();

let home: Awaited<ReturnType<typeof makeHome>>;
let members: Map<string, string[]>;
before(async () => {
  home = await makeHome();
  members = await documented();
  await makeDatabase(home.path);
  await writeFile(join(home.path, 'jobs.csv'), '1,Miner\n2,Baker\n');
  await writeFile(
    join(home.path, 'hired_employees.csv'),
    '1,Ann,2021-07-27T16:02:08Z,7,1\n2,Bob,never,7,1\n',
  );
});
after(() => home[Symbol.asyncDispose]());

/** Runs it with --json and compares every line with the documented members of `heading`. */
async function held(heading: string, args: string, code = 0): Promise<Outcome> {
  const outcome = await runHere(home.path, [...args.split(' '), '--json']);
  assert.equal(outcome.code, code, outcome.stderr);
  assert.equal(outcome.stdout.trimEnd().split('\n').length, outcome.json.length, 'JSON lines alone');
  const expected = members.get(heading);
  for (const line of outcome.json) assert.deepEqual(membersOf(line), expected, `${heading}: ${args}`);
  return outcome;
}

test('check, load, receipts, rejects and retry answer as documented', async () => {
  await held('check', 'check jobs.csv');
  const { json } = await held('load', 'load jobs.csv hired_employees.csv --max-rejects 100%', 3);
  const id = String(json[1]?.load);
  await held('receipts', 'receipts');
  await held('receipts', `receipts ${id}`);
  await held('receipts', 'rejects');
  const rejects = await held('rejects', `rejects ${id}`);
  assert.deepEqual(
    rejects.json.map(({ line }) => line),
    [1, 2],
  );
  withDatabase(join(home.path, 'data/rowferry.sqlite'), (db) =>
    db.exec("INSERT INTO departments VALUES (7, 'Ops')"),
  );
  const retried = await held('rejects retry', `rejects retry ${id}`, 3);
  assert.deepEqual([retried.json[0]?.inserted, retried.json[0]?.rejected], [1, 1]);
});

test('reconcile answers as documented', async () => {
  await held('reconcile', 'reconcile jobs.csv');
});

test('a retry that loads no row is an answer, not an error', async () => {
  const [latest] = (await runHere(home.path, ['receipts', '--limit', '1', '--json'])).json;
  const outcome = await held('rejects retry', `rejects retry ${latest?.id}`, 3);
  assert.deepEqual([outcome.json[0]?.inserted, outcome.json[0]?.rejected], [0, 1]);
});

test('plan answers as documented', async () => {
  const { json } = await held('plan', 'plan jobs.csv hired_employees.csv --engine postgres');
  const [jobs, hires] = [json[0], json[1]].map((line) => membersOf(Object(line?.columns)[0]));
  assert.deepEqual(jobs, ['evidence', 'header', 'kind', 'longest', 'name', 'nullable', 'sqlType']);
  assert.deepEqual(hires, jobs);
});

test('tables answers as documented', async () => {
  const [line] = (await held('tables', 'tables jobs')).json;
  assert.equal(line?.rows, 2);
  assert.equal((await runHere(home.path, ['tables', '--json'])).json.length, 3);
});

test('backup, backups, verify and restore answer as documented', async () => {
  const [backup] = (await held('backup', 'backup jobs')).json;
  const [listed] = (await held('backups', 'backups --table jobs')).json;
  await held('verify', 'verify');
  await held('verify', 'verify --level 3');
  await held('backups', `backups hold ${listed?.id}`);
  const [pruned] = (await held('backups prune', 'backups prune --dry-run')).json;
  assert.deepEqual(
    [pruned?.id, pruned?.held, pruned?.keep, pruned?.deleted],
    [listed?.id, true, true, false],
  );
  await held('backups', `backups release ${listed?.id}`);
  await held('backups show', `backups show ${listed?.id}`);
  await held('backups diff', `backups diff ${listed?.id} ${backup?.file}`);
  await held('backups download', `backups download ${listed?.id} --out jobs-copy.avro`);
  const jobs = () =>
    withDatabase(
      join(home.path, 'data/rowferry.sqlite'),
      (db) => db.prepare('SELECT * FROM jobs').all().length,
    );
  withDatabase(join(home.path, 'data/rowferry.sqlite'), (db) =>
    db.exec("INSERT INTO jobs VALUES (9, 'late')"),
  );
  await held('restore', `restore ${backup?.file} --dry-run`);
  assert.equal(jobs(), 3);
  const [restored] = (await held('restore', `restore ${backup?.file} --yes`)).json;
  assert.equal(jobs(), 2);
  assert.match(String(restored?.safetyBackup), /^jobs\./);
  await held('restore', `restore ${listed?.id} --yes`);
  const dry = await runHere(home.path, ['restore', String(listed?.id), '--table', 'old jobs', '--dry-run']);
  assert.match(dry.stdout, /old jobs would hold 2 rows of the backup of jobs.*--table 'old jobs'/s);
  const [made] = (await held('restore', `restore ${listed?.id} --table old_jobs --yes`)).json;
  assert.deepEqual([made?.table, made?.backupTable, made?.rows], ['old_jobs', 'jobs', 2]);
});

test('restore asks first; a file cut short or another thing is refused; nothing is changed', async () => {
  const [backup] = (await runHere(home.path, ['backup', 'jobs', '--json'])).json;
  const whole = await readFile(join(home.path, String(backup?.file)));
  await writeFile(join(home.path, 'cut.avro'), whole.subarray(0, whole.length - 5));
  const attempts: ReadonlyArray<readonly [args: string, code: number, says: RegExp]> = [
    [`restore ${backup?.file}`, 2, /replaces all rows of jobs.*--yes/s],
    ['restore cut.avro --yes', 1, /has \d+ bytes and should have \d+|too early/],
    ['restore jobs.csv --yes', 1, /jobs\.csv/],
    ['restore nowhere.avro --yes', 1, /nowhere\.avro is not there/],
    ['restore nowhere --yes', 1, /there is no backup nowhere/],
  ];
  for (const [args, code, says] of attempts) {
    const outcome = await runHere(home.path, args.split(' '));
    assert.equal(outcome.code, code, outcome.stderr);
    assert.match(outcome.stderr, says);
    assert.match(outcome.stderr, /Nothing was changed/, args);
  }
});

test('verify finds a backup that was changed on the disk', async () => {
  const [backup] = (await runHere(home.path, ['backup', 'departments', '--json'])).json;
  const path = join(home.path, String(backup?.file));
  const [listed] = (await runHere(home.path, ['backups', '--table', 'departments', '--json'])).json;
  const bytes = await readFile(path);
  bytes[bytes.length - 20] = (bytes.at(-20) ?? 0) ^ 1;
  await writeFile(path, bytes);
  const outcome = await runHere(home.path, ['verify', '--json']);
  assert.equal(outcome.code, 1, outcome.stderr);
  const bad = outcome.json.filter(({ state }) => state !== 'verified');
  assert.deepEqual(
    bad.map(({ id, state }) => [id, state]),
    [[listed?.id, 'corrupt']],
  );
  assert.ok(bad[0]?.problem);
  await rm(path);
});

test('keys answer as documented', async () => {
  const [first] = (await held('keys create', 'keys create --owner payroll --days 7')).json;
  const key = first?.key as { id: string; owner: string };
  assert.equal(key.owner, 'payroll');
  const [second] = (await held('keys create', `keys rotate ${key.id}`)).json;
  assert.notEqual(second?.token, first?.token);
  const [revoked] = (await held('keys list', `keys revoke ${key.id}`)).json;
  assert.ok(revoked?.revokedAt);
  const list = await held('keys list', 'keys list');
  assert.equal(list.json.length, 2);
  assert.doesNotMatch(list.stdout, /rfk_/);
});

test('audit answers as documented, and --verify says what was tampered with', async () => {
  const { json } = await held('audit', 'audit --limit 3');
  assert.deepEqual(
    json.map(({ event, owner }) => [event, owner]),
    [
      ['key-revoked', 'local'],
      ['key-rotated', 'local'],
      ['key-created', 'local'],
    ],
  );
  assert.equal((await runHere(home.path, ['audit', '--event', 'denied', '--json'])).json.length, 0);
  const [verdict] = (await held('audit --verify', 'audit --verify')).json;
  const { sequence, hash } = Object(verdict?.head);
  await held('audit --verify', `audit --head ${sequence}:${hash}`);
  const cut = await held('audit --verify', `audit --head ${sequence + 1}:${hash}`, 1);
  assert.match(JSON.stringify(cut.json), /its end was cut off/);
  withDatabase(join(home.path, 'data/rowferry.sqlite'), (db) =>
    db.exec(
      "DROP TRIGGER rowferry_audit_no_update; UPDATE rowferry_audit SET owner = 'x' WHERE sequence = 2",
    ),
  );
  const outcome = await runHere(home.path, ['audit', '--verify']);
  assert.equal(outcome.code, 1, outcome.stderr);
  assert.match(outcome.stdout, /✗ entries as written: 1\n {2}entry 2 is not as it was written\n/);
});

test('audit shows people what a stranger chose without what could move their terminal', async () => {
  await using rig = await makeHome();
  await makeDatabase(rig.path);
  const made = await runHere(rig.path, ['keys', 'create', '--owner', 'ann', '--name', 'a\u001b[2J\nb']);
  assert.equal(made.code, 0, made.stderr);
  const { code, stdout } = await runHere(rig.path, ['audit']);
  assert.equal(code, 0);
  assert.match(stdout, /key-created .*ann.*a\\x1b\[2J\\x0ab/);
  assert.ok(!stdout.includes('\u001b'));
  const wrong = await runHere(rig.path, ['audit', '--head', '1:x']);
  assert.deepEqual(
    [wrong.code, /expected a number, a colon and 64 hex digits/.test(wrong.stderr)],
    [2, true],
  );
});

test('a failure is a last line of JSON too', async () => {
  const outcome = await runHere(home.path, ['receipts', 'nowhere', '--json']);
  assert.equal(outcome.code, 1);
  const { code, detail } = (outcome.json.at(-1)?.error ?? {}) as Record<string, string>;
  assert.equal(code, 'load-not-found');
  assert.match(outcome.stderr, new RegExp(`^rowferry: ${detail}`));
});

test('doctor answers as documented, and init writes what was said', async () => {
  await using fresh = await makeHome();
  const settings = ['--database-url', 'sqlite:hr.sqlite', '--backup-schedule', 'none', '--port', '0'];
  const init = await runHere(fresh.path, ['init', '--yes', '--json', ...settings]);
  assert.equal(init.code, 0, init.stderr);
  assert.deepEqual(membersOf(init.json[0]), members.get('init'));
  const written = JSON.parse(await readFile(join(fresh.path, 'rowferry.config.json'), 'utf8'));
  assert.deepEqual(written, { databaseUrl: `sqlite:${fresh.path}/hr.sqlite`, port: 0, backupSchedule: null });
  const again = await runHere(fresh.path, ['init', '--yes']);
  assert.equal(again.code, 2);
  assert.match(again.stderr, /is there already; nothing was written\n {2}say --force/);
  const doctor = await runHere(fresh.path, ['doctor', '--json']);
  assert.equal(doctor.code, 1);
  for (const line of doctor.json) assert.deepEqual(membersOf(line), members.get('doctor'));
  assert.deepEqual(
    doctor.json.filter(({ ok }) => !ok).map(({ check }) => check),
    ['database'],
  );
  assert.equal((await runHere(home.path, ['doctor', '--json'])).code, 0);
});

test('init refuses what no start could use, and asks nothing without a terminal', async () => {
  await using fresh = await makeHome();
  const refused: ReadonlyArray<readonly [args: string[], says: RegExp]> = [
    [['init', '--yes', '--backup-schedule', 'daily'], /"daily" is no schedule/],
    [['init', '--yes', '--database-url', 'oracle://x'], /not supported/],
    [['init'], /no terminal to ask on/],
  ];
  for (const [args, says] of refused) {
    const outcome = await runHere(fresh.path, args);
    assert.equal(outcome.code, 2, outcome.stderr);
    assert.match(outcome.stderr, says);
  }
  await assert.rejects(readFile(join(fresh.path, 'rowferry.config.json')), { code: 'ENOENT' });
});
