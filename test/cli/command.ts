import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { run } from '../../src/cli/main.ts';
import { pause } from '../../src/lib/backoff.ts';

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname;
const DEADLINE_MS = 60_000;

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** stdout as lines of JSON. */
  readonly json: Record<string, unknown>[];
}

/** A folder of its own to be the home, gone at the end. */
export async function makeHome(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'rowferry-cli-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Nothing of the environment of whoever runs the tests, as in an empty shell, but what was compiled before. */
function environment(more: Readonly<Record<string, string>>): Record<string, string> {
  const { PATH = '', NODE_COMPILE_CACHE } = process.env;
  const compiled = NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE };
  return { PATH, HOME: tmpdir(), ...compiled, ...more };
}

/** The same command line within this process: quicker, for what does not need a process of its own. */
export async function runHere(cwd: string, args: readonly string[]): Promise<Outcome> {
  const texts = { stdout: '', stderr: '' };
  const capture = (name: 'stdout' | 'stderr') =>
    new Writable({
      decodeStrings: false,
      write: (text, _encoding, done) => {
        texts[name] += text;
        done();
      },
    });
  const before = process.cwd();
  process.chdir(cwd);
  try {
    const code = await run(args, { stdout: capture('stdout'), stderr: capture('stderr') });
    return { code, ...texts, json: jsonLines(texts.stdout) };
  } finally {
    process.chdir(before);
  }
}

/** Runs a command line to its end, as a person in `cwd` would. */
export async function rowferry(
  cwd: string,
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const started = start(cwd, args, more);
  const code = await started.ended;
  return { code, stdout: started.stdout(), stderr: started.stderr(), json: jsonLines(started.stdout()) };
}

export interface Started extends AsyncDisposable {
  readonly process: ChildProcessWithoutNullStreams;
  readonly ended: Promise<number | null>;
  stdout(): string;
  stderr(): string;
  /** Resolves with the match once stdout (or stderr) holds it; rejects with all that was said when it never comes. */
  says(pattern: RegExp, on?: 'stdout' | 'stderr'): Promise<RegExpExecArray>;
}

/** Starts a command that goes on until it is told to end. */
export function start(
  cwd: string,
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Started {
  const child = spawn(process.execPath, [MAIN, ...args], { cwd, env: environment(more) });
  const texts = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => {
    texts.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    texts.stderr += text;
  });
  child.stdin.end();
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const deadline = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS);
  ended.then(() => clearTimeout(deadline));
  return {
    process: child,
    ended,
    stdout: () => texts.stdout,
    stderr: () => texts.stderr,
    async says(pattern, on = 'stdout') {
      for (;;) {
        const match = pattern.exec(texts[on]);
        if (match !== null) return match;
        if (child.exitCode !== null || child.signalCode !== null) {
          throw new Error(`ended without ${pattern}:\n${texts.stdout}\n${texts.stderr}`);
        }
        await pause(10);
      }
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function jsonLines(text: string): Record<string, unknown>[] {
  return text.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []));
}
