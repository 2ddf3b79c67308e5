import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { rowferry, runHere } from './command.ts';

const COMMANDS = [
  'up',
  'serve',
  'watch',
  'load',
  'check',
  'clean',
  'plan',
  'tables',
  'receipts',
  'receipts abort',
  'rejects',
  'rejects retry',
  'reconcile',
  'backup',
  'backups',
  'backups show',
  'backups diff',
  'backups download',
  'backups prune',
  'backups hold',
  'backups release',
  'verify',
  'restore',
  'keys',
  'keys create',
  'keys list',
  'keys rotate',
  'keys revoke',
  'audit',
  'seal',
  'unseal',
  'init',
  'doctor',
];

for (const command of COMMANDS) {
  test(`${command} --help teaches with examples`, async () => {
    const { code, stdout, stderr } = await runHere(tmpdir(), [...command.split(' '), '--help']);
    assert.equal(code, 0);
    assert.equal(stderr, '');
    assert.match(stdout, new RegExp(`^Usage: rowferry ${command}`));
    assert.match(stdout, new RegExp(`Examples:\\n  \\$ .*rowferry ${command.split(' ')[0]}`));
    assert.match(stdout, /--json/);
  });
}

test('the list of commands is complete', async () => {
  const { stdout } = await rowferry(tmpdir(), ['--help']);
  const listed = stdout.slice(stdout.indexOf('Commands:')).match(/^ {2}[a-z]+/gm) ?? [];
  const expected = COMMANDS.filter((command) => !command.includes(' '));
  assert.deepEqual(
    listed.map((name) => name.trim()).filter((name) => name !== 'help'),
    expected,
  );
});

test('without a command the help is shown, and it is wrong use', async () => {
  const { code, stdout } = await runHere(tmpdir(), []);
  assert.equal(code, 2);
  assert.match(stdout, /^Usage: rowferry/);
});

test('wrong use of a command below another points to its own help', async () => {
  const { code, stderr } = await runHere(tmpdir(), ['keys', 'rotate']);
  assert.equal(code, 2);
  assert.match(stderr, /see: rowferry keys rotate --help/);
});

test('--version prints the version of the package', async () => {
  const { code, stdout } = await runHere(tmpdir(), ['--version']);
  assert.equal(code, 0);
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
});

const BIN = new URL('../../bin/rowferry.js', import.meta.url).pathname;

test('the launcher runs the program', () => {
  assert.match(execFileSync(process.execPath, [BIN, '--version'], { encoding: 'utf8' }), /^\d+\./);
});

test('the launcher tells an old Node what is needed', () => {
  const old =
    "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.1.0' } })";
  const preload = `data:text/javascript,${encodeURIComponent(old)}`;
  assert.throws(
    () => execFileSync(process.execPath, ['--import', preload, BIN, '--version'], { stdio: 'pipe' }),
    (error: { status: number; stderr: Buffer }) =>
      error.status === 1 && /this is Node 20\.1\.0; expected 24 or newer/.test(error.stderr.toString()),
  );
});
