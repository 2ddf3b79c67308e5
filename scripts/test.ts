/**
 * `npm test`: everything. `npm test -- --only AREA` (repeatable), `npm test -- FILE…`, `npm test -- --list`;
 * `--seed N` or `--seed random` draws other values for the property tests.
 * Exits 0 only if every test ran and passed.
 */
import { randomInt } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { finished } from 'node:stream/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { ensurePeers } from './peers.ts';
import { startNeeded } from './servers/needed.ts';
import { allTests, areas, SelectionError, select } from './test-selection.ts';

const ROOT = join(import.meta.dirname, '..');
const SEEDED = pathToFileURL(join(import.meta.dirname, 'property-seed.ts')).href;
/** Tests wait for servers and processes half of their time: two cores are busy with three. */
const CONCURRENCY = 3;
const SLOWEST = 15;
const TEST_TIMEOUT_MS = 5 * 60_000;
/** A guard against what hangs: a run takes some 20 minutes, and twice as long on a machine that is half as fast. */
const RUN_TIMEOUT_MS = 45 * 60_000;

const USAGE = `npm test -- [options] [test files]

  --only AREA   one area, a folder of test/; several may be named (default: all)
  --list        the areas and their files
  --seed N      property tests draw with this seed, or 'random' (default 1)
`;

interface Outcome {
  passed: number;
  failed: number;
  /** Skipped, to-do and cancelled tests: none may be. */
  notRun: number;
  readonly failures: string[];
  /** Of each file, in ms: the sum over its tests that stand at its top. */
  readonly durations: Map<string, number>;
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      only: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', short: 'h' },
      list: { type: 'boolean' },
      seed: { type: 'string', default: '1' },
    },
  });
  if (values.help === true) {
    say(USAGE);
    return 0;
  }
  if (values.list === true) return list();
  const files = select(ROOT, values.only, positionals);
  const seed = seedOf(values.seed);
  say(`property tests draw with seed ${seed}`);
  const missing = ensurePeers(say);
  if (missing !== null) {
    say(missing);
    return 1;
  }
  return summarise(await runTests(files, seed), files.length);
}

function list(): number {
  for (const [area, files] of areas(allTests(ROOT))) say(`${area.padEnd(16)}${files.join(' ')}`);
  return 0;
}

function seedOf(text: string): number {
  if (text === 'random') return randomInt(2 ** 31);
  if (!/^\d{1,9}$/.test(text)) {
    throw new SelectionError(`--seed ${text}: expected a whole number below 1000000000, or the word random`);
  }
  return Number(text);
}

/** The tests' temporary folders lie in one of their own, which goes away with them even when a test was killed. */
async function runTests(files: readonly string[], seed: number): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'rowferry-test-'));
  // As open as the folder it stands for: tests of missing rights go on as another user.
  chmodSync(folder, 0o1777);
  process.env.TMPDIR = folder;
  // The program is started hundreds of times.
  process.env.NODE_COMPILE_CACHE = join(folder, 'compiled');
  for (const name of Object.keys(process.env)) if (name.startsWith('ROWFERRY_')) delete process.env[name];
  // By itself a signal would end this process without the servers it started.
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
  try {
    const stopServers = await startNeeded(ROOT, files);
    try {
      return await follow(files, seed);
    } finally {
      await stopServers();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function follow(files: readonly string[], seed: number): Promise<Outcome> {
  const outcome: Outcome = { passed: 0, failed: 0, notRun: 0, failures: [], durations: new Map() };
  const stream = run({
    files: files.map((file) => join(ROOT, file)),
    cwd: ROOT,
    execArgv: ['--import', SEEDED],
    env: { ...process.env, PROPERTY_SEED: String(seed) },
    concurrency: CONCURRENCY,
    timeout: TEST_TIMEOUT_MS,
    signal: AbortSignal.timeout(RUN_TIMEOUT_MS),
  });
  // Suites (and the files themselves) are reported beside their tests: only tests are counted, a failing suite
  // without a failing test (its file did not even start) counts as a failure.
  stream.on('test:pass', (event) => {
    const file = relative(ROOT, event.file ?? '');
    if (event.nesting === 0) {
      outcome.durations.set(file, (outcome.durations.get(file) ?? 0) + event.details.duration_ms);
    }
    if (event.details.type === 'suite') return;
    if (event.skip || event.todo) outcome.notRun += 1;
    else outcome.passed += 1;
  });
  stream.on('test:fail', (event) => {
    outcome.failed += event.details.type === 'suite' ? 0 : 1;
    outcome.failures.push(`${event.file ?? ''} ${event.name}`.trim());
  });
  const report = stream.compose(spec());
  report.pipe(process.stdout, { end: false });
  await finished(report);
  return outcome;
}

function summarise(outcome: Outcome, files: number): number {
  const failed = Math.max(outcome.failed, outcome.failures.length > 0 ? 1 : 0) + outcome.notRun;
  const slowest = [...outcome.durations].sort((a, b) => b[1] - a[1]).slice(0, SLOWEST);
  say(`slowest: ${slowest.map(([file, ms]) => `${file} ${Math.round(ms / 1000)} s`).join(', ')}`);
  if (outcome.notRun > 0) say(`${outcome.notRun} tests were marked skip or todo: that counts as failed`);
  for (const failure of outcome.failures) say(`failed: ${failure}`);
  if (outcome.passed === 0 && failed === 0) say('no test ran');
  say(`${files} test files: ${outcome.passed} passed, ${failed} failed`);
  return failed === 0 && outcome.passed > 0 ? 0 : 1;
}

function isWrongUse(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS_');
}

try {
  process.exitCode = await main();
} catch (error) {
  if (isWrongUse(error)) say(`${error.message}\nsee: npm test -- --help`);
  else if (error instanceof SelectionError) say(error.message);
  else throw error;
  process.exitCode = 2;
}
