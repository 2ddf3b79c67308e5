/** `rowferry serve` as a process of its own, on a fresh home and a port of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { measure, type Usage, watchUsage } from './measure.ts';

const PROGRAM = join(import.meta.dirname, '../bin/rowferry.js');
const PLAIN = join(import.meta.dirname, 'plain-fastify.ts');
const READY_WITHIN_MS = 30_000;
const POLL_MS = 50;

export interface BenchServer {
  /** What the commands need to reach it, the key included. */
  readonly environment: Readonly<Record<string, string>>;
  /** Ends it; what it used since it was ready, and its peak of memory. */
  stop(): Promise<Usage>;
}

/** Run as a user runs it, by the first line of the program, which sets how large Node's heap may grow. */
export const rowferry = (parameters: readonly string[]): { program: string; parameters: string[] } => ({
  program: PROGRAM,
  parameters: [...parameters],
});

/** On the database file `hr.sqlite` of `home`, or another database. */
export async function startServer(
  home: string,
  databaseUrl = `sqlite:${join(home, 'hr.sqlite')}`,
): Promise<BenchServer> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const own = {
    ROWFERRY_HOME: home,
    ROWFERRY_DATABASE_URL: databaseUrl,
    ROWFERRY_PORT: String(port),
  };
  const created = await measure({
    ...rowferry(['keys', 'create', '--name', 'bench', '--scope', 'tables:*:*', '--json']),
    environment: own,
  });
  const { token }: { token: string } = JSON.parse(created.stdout);
  const { program, parameters } = rowferry(['serve']);
  return follow(program, parameters, { ...own, ROWFERRY_SERVER: url, ROWFERRY_KEY: token });
}

/** bench/plain-fastify.ts on `hr.sqlite` of the folder. */
export async function startPlainServer(folder: string): Promise<BenchServer> {
  const port = String(await freePort());
  const parameters = [PLAIN, join(folder, 'hr.sqlite'), port];
  return follow(process.execPath, parameters, { ROWFERRY_SERVER: `http://127.0.0.1:${port}` });
}

interface Reached {
  readonly ROWFERRY_SERVER: string;
  readonly [name: string]: string;
}

async function follow(
  program: string,
  parameters: readonly string[],
  environment: Reached,
): Promise<BenchServer> {
  // A server has no use for the address and the key that clients are given.
  const { ROWFERRY_SERVER: url, ROWFERRY_KEY: _key, ...own } = environment;
  const child = spawn(program, parameters, { stdio: 'ignore', env: { ...process.env, ...own } });
  const exited = once(child, 'exit');
  await ready(url, child);
  const watch = watchUsage(child.pid);
  return {
    environment,
    async stop() {
      const usage = watch.stop();
      child.kill('SIGTERM');
      await exited;
      return usage;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function ready(url: string, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MS;
  while (performance.now() < deadline && child.exitCode === null) {
    const answer = await fetch(`${url}/health/ready`).catch(() => null);
    if (answer?.ok) return;
    await pause(POLL_MS);
  }
  child.kill('SIGKILL');
  throw new Error(`rowferry serve was not ready within ${READY_WITHIN_MS} ms (exit code ${child.exitCode})`);
}
