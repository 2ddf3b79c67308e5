/**
 * Packs rowferry, installs the tarball into an empty folder, and uses it there as its user would: `rowferry --help`,
 * and a load of the example into a fresh SQLite database made from the example's DDL.
 */
import assert from 'node:assert/strict';
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const ROOT = join(import.meta.dirname, '..');
const TIMEOUT_MS = 10 * 60_000;
/** Table → records and rejects of its example file. */
const EXPECTED = { departments: [12, 0], jobs: [183, 0], hired_employees: [2000, 62] } as const;

const folder = mkdtempSync(join(tmpdir(), 'rowferry-packaging-'));
const home = join(folder, 'home');
const installed = join(folder, 'node_modules/rowferry');

/** The user's `node` may be older than rowferry asks for: ours comes first. */
const environment = {
  ...process.env,
  PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}`,
  ROWFERRY_HOME: home,
  ROWFERRY_DATABASE_URL: `sqlite:${join(home, 'hr.sqlite')}`,
};

function run(program: string, parameters: readonly string[], cwd: string): SpawnSyncReturns<string> {
  return spawnSync(program, parameters, { cwd, env: environment, encoding: 'utf8', timeout: TIMEOUT_MS });
}

function mustRun(program: string, parameters: readonly string[], cwd: string): string {
  const { status, stdout, stderr, error } = run(program, parameters, cwd);
  assert.equal(status, 0, `${program} ${parameters.join(' ')}: ${error ?? ''}\n${stdout}${stderr}`);
  return stdout;
}

function packAndInstall(): void {
  mustRun('npm', ['pack', '--pack-destination', folder], ROOT);
  const { version }: { version: string } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  mustRun(
    'npm',
    ['install', '--prefer-offline', '--no-audit', '--no-fund', `./rowferry-${version}.tgz`],
    folder,
  );
}

function checkContents(): void {
  for (const file of [
    'LICENSE',
    'README.md',
    'dist/index.d.ts',
    'dist/program/main.js',
    'examples/hr/ddl/sqlite.sql',
    'docs/rejects.md',
  ]) {
    assert.ok(existsSync(join(installed, file)), `the package lacks ${file}`);
  }
  for (const file of ['src', 'test', 'bench', 'node_modules/typescript']) {
    assert.ok(!existsSync(join(installed, file)), `the package should not hold ${file}`);
  }
}

function checkEntries(): void {
  for (const entry of ['rowferry', 'rowferry/client']) {
    const source = `const names = Object.keys(await import('${entry}')); if (names.length === 0) process.exit(1);`;
    mustRun(process.execPath, ['--input-type=module', '--eval', source], folder);
  }
  // As a bundler for browsers resolves it; the entry for Node has no error classes.
  const source =
    "const { RowferryError } = await import('rowferry/client'); process.exit(RowferryError ? 0 : 1);";
  mustRun(process.execPath, ['--conditions=browser', '--input-type=module', '--eval', source], folder);
}

function checkHelp(): void {
  assert.match(mustRun('npx', ['rowferry', '--help'], folder), /^Usage: rowferry/m);
}

/** Files that Node finds, reads and links before a `rowferry load` begins; of source files they would be a hundred. */
const MOST_FILES = 8;

function checkStart(): void {
  const program = join(installed, 'dist/program');
  const reached = new Set(['main.js']);
  for (const file of reached) {
    const text = readFileSync(join(program, file), 'utf8');
    for (const [, name = ''] of text.matchAll(/^(?:import|export)\b[^'\n]*'\.\/([^']+)'/gm))
      reached.add(name);
  }
  assert.ok(reached.size > 1 && reached.size <= MOST_FILES, `read at the start: ${[...reached].join(', ')}`);
  assert.ok(
    [...reached].some((file) => file.startsWith('load-')),
    'what a load consists of is not among them',
  );
}

/** After a command has run. */
function checkCompiled(): void {
  const compiled = join(installed, 'node_modules/.cache/rowferry');
  assert.ok(existsSync(compiled), 'what was compiled is not kept for the next command');
}

function checkLoad(): void {
  mkdirSync(home);
  const database = new DatabaseSync(join(home, 'hr.sqlite'));
  database.exec(readFileSync(join(installed, 'examples/hr/ddl/sqlite.sql'), 'utf8'));
  const files = Object.keys(EXPECTED).map((table) => join(installed, `examples/hr/${table}.csv`));
  const { status, stdout, stderr } = run('npx', ['rowferry', 'load', '--json', ...files], folder);
  assert.equal(status, 3, `load with rejects exits 3\n${stdout}${stderr}`);
  assert.deepEqual(summaries(stdout), summariesExpected(), stdout);
  for (const [table, [records, rejects]] of Object.entries(EXPECTED)) {
    const row = database.prepare(`SELECT count(*) AS rows FROM ${table}`).get();
    assert.equal(row?.rows, records - rejects, `rows in ${table}`);
  }
  database.close();
}

/** [table, read, inserted, rejected] of each line of `load --json`, by table. */
function summaries(lines: string): unknown[][] {
  return lines
    .trim()
    .split('\n')
    .map((line): Record<string, unknown> => JSON.parse(line))
    .map(({ table, read, inserted, rejected }) => [table, read, inserted, rejected])
    .sort();
}

function summariesExpected(): unknown[][] {
  return Object.entries(EXPECTED)
    .map(([table, [records, rejects]]) => [table, records, records - rejects, rejects])
    .sort();
}

function checkWrongUse(): void {
  assert.equal(run('npx', ['rowferry', 'no-such-command'], folder).status, 2, 'wrong use exits 2');
}

try {
  const steps = [
    packAndInstall,
    checkContents,
    checkStart,
    checkEntries,
    checkHelp,
    checkLoad,
    checkCompiled,
  ];
  for (const step of [...steps, checkWrongUse]) {
    step();
    process.stdout.write(`packaging: ${step.name} passed\n`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
