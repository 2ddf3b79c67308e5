import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Program } from './built.ts';

/** A home with a real database, and `rowferry up` on it as a process that can be killed. */

export const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');
export const PLACES = ['incoming', 'work', 'done', 'failed'] as const;
export type Place = (typeof PLACES)[number];

/** What is ended with a test or with a run of faults. */
export interface Scope {
  after(end: () => unknown): void;
}

export interface Home {
  readonly path: string;
  readonly database: string;
}

export function makeHome(t: TestContext, ddl: string, config: Readonly<Record<string, unknown>> = {}): Home {
  const path = mkdtempSync(join(tmpdir(), 'rowferry-up-'));
  t.after(() => rmSync(path, { recursive: true, force: true, maxRetries: 3 }));
  const database = join(path, 'hr.sqlite');
  const connection = new DatabaseSync(database);
  connection.exec(ddl);
  connection.close();
  mkdirSync(join(path, 'data', 'incoming'), { recursive: true });
  const settings = {
    databaseUrl: `sqlite:${database}`,
    quietMs: 60,
    pollMs: 20,
    backupSchedule: null,
    ...config,
  };
  writeFileSync(join(path, 'rowferry.config.json'), JSON.stringify(settings));
  return { path, database };
}

export interface Up {
  readonly pid: number;
  /** All of stdout and stderr so far. */
  output(): string;
  isRunning(): boolean;
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit code as a shell tells it: 143 when the signal itself was the end. */
  stop(): Promise<number | null>;
}

export function startUp(t: TestContext, home: Home): Up {
  return start(t, home, ['up', '--port', '0', '--log', 'text']);
}

/** What the program's processes compiled, for the next start, which is twice as fast by it. `npm test` has one for all. */
const COMPILED = process.env.NODE_COMPILE_CACHE ?? ownCache();

function ownCache(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rowferry-compiled-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A run that is interrupted leaves none of them behind. */
const running = new Set<ChildProcess>();
process.once('exit', () => running.forEach((child) => void child.kill('SIGKILL')));

/** `rowferry COMMAND …` on the home. */
export function start(
  t: Scope,
  home: Pick<Home, 'path'>,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  program: Program = { args: [MAIN], env: {} },
): Up {
  const child = spawn(process.execPath, [...program.args, ...args, '--home', home.path], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', NODE_COMPILE_CACHE: COMPILED, ...program.env, ...env },
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
  }
  const up: Up = {
    pid: child.pid ?? assert.fail('the process did not start'),
    output: () => output,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    kill: () => end(child, 'SIGKILL').then(() => undefined),
    stop: () => end(child, 'SIGTERM'),
  };
  t.after(() => up.kill());
  return up;
}

/** One that ends later than any promise says is killed, and told by its exit code, null. */
const LATEST_END_MS = 90_000;
const codeOf = ({ exitCode, signalCode }: ChildProcess): number | null =>
  signalCode === null || signalCode === 'SIGKILL' ? exitCode : 128 + constants.signals[signalCode];

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return codeOf(child);
  const exited = once(child, 'exit');
  child.kill(signal);
  const deadline = new Deadline(LATEST_END_MS);
  const look = setInterval(() => deadline.isOver() && child.kill('SIGKILL'), 100);
  await exited;
  clearInterval(look);
  return codeOf(child);
}

/** By rename, as a careful sender does it. */
export function drop(home: Pick<Home, 'path'>, name: string, content: string | Uint8Array): void {
  const target = join(home.path, 'data', 'incoming', name);
  writeFileSync(`${target}.part`, content);
  renameSync(`${target}.part`, target);
}

/** Where files of this name (or with an id added to it) lie, each as place/name; receipts and reasons left out. */
export function whereIs(home: Pick<Home, 'path'>, name: string): string[] {
  const stem = name.replace(/\.csv$/, '');
  return PLACES.flatMap((place) =>
    namesIn(home, place)
      .filter((each) => each.endsWith('.csv') && (each === name || each.startsWith(`${stem}-01`)))
      .map((each) => `${place}/${each}`),
  );
}

function namesIn(home: Pick<Home, 'path'>, place: Place): string[] {
  const folder = join(home.path, 'data', place);
  return existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true, recursive: true }).flatMap((entry) =>
        entry.isFile() ? [entry.name] : [],
      )
    : [];
}

/** Temporary files of a process that was killed in the middle of writing one. */
export function leftovers(home: Pick<Home, 'path'>): string[] {
  return readdirSync(join(home.path, 'data', 'work')).filter((name) => name !== '.lock');
}

export function receiptOf(home: Home, name: string): Record<string, unknown> {
  const parsed: unknown = JSON.parse(textOf(home, 'done', `${name}.receipt.json`));
  assert.ok(typeof parsed === 'object' && parsed !== null);
  return { ...parsed };
}

export function reasonOf(home: Home, name: string): string {
  return textOf(home, 'failed', `${name}.reason.txt`);
}

export function textOf(home: Home, ...parts: string[]): string {
  return readFileSync(join(home.path, 'data', ...parts), 'utf8');
}

/** The most that ever was resident, as Linux counts it. */
export function peakMegabytes({ pid }: Up): number {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kilobytes ?? assert.fail()) / 1024);
}

/** Waits for a condition while the process lives; what it printed is in the message when it does not come. */
export async function until(
  up: Up,
  what: string,
  condition: () => boolean,
  deadlineMs = 60_000,
): Promise<void> {
  const deadline = new Deadline(deadlineMs);
  while (!condition()) {
    assert.ok(up.isRunning(), `up ended while waiting for: ${what}\n${up.output()}`);
    assert.ok(!deadline.isOver(), `did not happen: ${what}\n${up.output()}`);
    await sleep(5);
  }
}

/** SIGTERM; late when it runs on for longer than it may. */
export async function stopWithin(up: Up, ms: number): Promise<{ code: number | null; isLate: boolean }> {
  const deadline = new Deadline(ms);
  const stopping = up.stop();
  while (up.isRunning() && !deadline.isOver()) await sleep(20);
  const isLate = up.isRunning();
  return { code: await stopping, isLate };
}

/** To be asked often: of a time in which this process was not asked, since the machine stood still, little counts. */
export class Deadline {
  #left: number;
  #asked = performance.now();

  constructor(ms: number) {
    this.#left = ms;
  }

  isOver(): boolean {
    const now = performance.now();
    this.#left -= Math.min(now - this.#asked, MOST_BETWEEN_MS);
    this.#asked = now;
    return this.#left < 0;
  }
}

const MOST_BETWEEN_MS = 250;
