/**
 * Database servers of our own: on a free port of loopback, in a temporary folder, as an unprivileged user, and gone
 * with the process that started them.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram, onPath } from './program.ts';

export interface PrivateServer {
  /** With its administrator's name and password. */
  readonly url: string;
  /** At once: nobody needs the data any more. Also on `process.exit`. */
  stop(): Promise<void>;
  /** False when it ended, whatever the cause. */
  isRunning(): boolean;
  /** Whether it takes connections: not while it recovers. */
  answers(): boolean;
  /** Ends it by a signal, as a crash or an operator does; the data stay. Resolves when the process is gone. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** After `kill`: on the same data and port. Resolves when it answers. */
  start(): Promise<void>;
}

/** How to make and run one kind of server. */
export interface Recipe {
  readonly name: string;
  /** The user it runs as when this process is root, which servers refuse to run as. */
  readonly user: string;
  /** Ends the server at once and its children with it. */
  readonly signal: NodeJS.Signals;
  /** Makes the data folder. The paths belong to the server's user. */
  create(place: Place): void;
  /** Program and arguments; it must not put itself into the background. */
  start(place: Place): readonly string[];
  /** Of the server's environment, beside what it is given anyway. */
  readonly env?: NodeJS.ProcessEnv;
  /** Whether it answers. */
  answers(place: Place): boolean;
  url(place: Place): string;
}

export interface Place {
  readonly folder: string;
  readonly port: number;
  /** Runs a program as the server's user until it ends; throws with what it said. */
  run(program: string, args: readonly string[]): void;
}

const START_TIMEOUT_MS = 60_000;
const LOOK_MS = 50;
/** Another process may take a port between the moment it was found free and its use. */
const PORTS_TRIED = 3;
const REMOVALS = 100;

export async function startPrivateServer(recipe: Recipe): Promise<PrivateServer> {
  const folder = mkdtempSync(join(tmpdir(), `rowferry-${recipe.name}-`));
  giveTo(recipe.user, folder);
  const run = (program: string, args: readonly string[]) => {
    const stdio = ['ignore', 'ignore', 'pipe'] as const;
    execFileSync(...split(asUser(recipe, [program, ...args])), { stdio: [...stdio], env: within(folder) });
  };
  try {
    recipe.create({ folder, port: 0, run });
    for (let tried = 1; ; tried += 1) {
      const place = { folder, port: await freePort(), run };
      const server = launch(recipe, place);
      if (await comesUp(recipe, place, server)) return new Running(recipe, place, server);
      if (tried === PORTS_TRIED) throw new Error(`${recipe.name} did not start:\n${lastLog(folder)}`);
    }
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

function launch(recipe: Recipe, place: Place): ChildProcess {
  const log = openSync(join(place.folder, 'log'), 'w');
  const server = spawn(...split(asUser(recipe, recipe.start(place))), {
    stdio: ['ignore', log, log],
    env: { ...within(place.folder), ...recipe.env },
  });
  // Without this the server would keep the process alive that is meant to end it.
  server.unref();
  return server;
}

async function comesUp(recipe: Recipe, place: Place, server: ChildProcess): Promise<boolean> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (server.exitCode === null && server.signalCode === null && performance.now() < deadline) {
    if (recipe.answers(place)) return true;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  server.kill(recipe.signal);
  return false;
}

class Running implements PrivateServer {
  readonly url: string;
  readonly #recipe: Recipe;
  readonly #place: Place;
  #server: ChildProcess;

  constructor(recipe: Recipe, place: Place, server: ChildProcess) {
    this.url = recipe.url(place);
    this.#recipe = recipe;
    this.#place = place;
    this.#server = server;
    process.once('exit', this.#atExit);
  }

  async stop(): Promise<void> {
    process.removeListener('exit', this.#atExit);
    await this.kill(this.#recipe.signal);
    removeFolder(this.#place.folder);
  }

  isRunning(): boolean {
    return this.#server.exitCode === null && this.#server.signalCode === null;
  }

  answers(): boolean {
    return this.#recipe.answers(this.#place);
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    const server = this.#server;
    if (!this.isRunning()) return;
    const gone = new Promise((resolve) => server.once('exit', resolve));
    server.ref();
    server.kill(signal);
    await gone;
  }

  /** The children of a server that was killed may hold its shared memory or its port for a moment. */
  async start(): Promise<void> {
    const deadline = performance.now() + START_TIMEOUT_MS;
    do {
      this.#server = launch(this.#recipe, this.#place);
      if (await comesUp(this.#recipe, this.#place, this.#server)) return;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    } while (performance.now() < deadline);
    throw new Error(`${this.#recipe.name} did not start again:\n${lastLog(this.#place.folder)}`);
  }

  readonly #atExit = (): void => {
    this.#server.kill(this.#recipe.signal);
    removeFolder(this.#place.folder);
  };
}

/** Temporary files too lie where the server's user may write. */
const within = (folder: string): NodeJS.ProcessEnv => ({ ...process.env, TMPDIR: folder });

/** A server that was just killed still makes files for a moment: until there are none left. */
function removeFolder(folder: string): void {
  for (let attempt = 1; existsSync(folder) && attempt <= REMOVALS; attempt += 1) {
    if (attempt > 1) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_MS);
    try {
      rmSync(folder, { recursive: true, force: true });
    } catch (error) {
      if (attempt === REMOVALS) throw error;
    }
  }
}

const isRoot = (): boolean => process.getuid?.() === 0;

function giveTo(user: string, folder: string): void {
  if (!isRoot()) return;
  const id = (flag: string): number => Number(execFileSync('id', [flag, user], { encoding: 'utf8' }));
  chownSync(folder, id('-u'), id('-g'));
  chmodSync(folder, 0o755);
}

/** The command as the unprivileged user; where the system can do so, it ends when this process does. */
function asUser(recipe: Recipe, command: readonly string[]): readonly string[] {
  if (onPath('setpriv')) {
    const user = isRoot() ? ['--reuid', recipe.user, '--regid', recipe.user, '--clear-groups'] : [];
    return ['setpriv', ...user, '--pdeathsig', recipe.signal.slice(3), '--', ...command];
  }
  if (!isRoot()) return command;
  throw new Error(
    `${recipe.name} does not run as root: install setpriv (util-linux), or test as another user`,
  );
}

function split([program = '', ...args]: readonly string[]): [string, string[]] {
  return [program, args];
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

function lastLog(folder: string): string {
  return readFileSync(join(folder, 'log'), 'utf8').trim().split('\n').slice(-5).join('\n');
}

/** The path of a program that the peers hold to be there. */
export function programOf(...names: readonly string[]): string {
  const path = findProgram(...names);
  if (path === null) throw new Error(`not found: ${names.join(', ')}; npm test says what to install`);
  return path;
}
