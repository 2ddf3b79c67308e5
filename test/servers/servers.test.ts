import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { onPath } from '../../scripts/servers/program.ts';
import { testMysql } from './mysql.ts';
import { testPostgres } from './postgres.ts';
import { userUrl } from './server.ts';

for (const [name, start] of [
  ['PostgreSQL', testPostgres],
  ['MySQL or MariaDB', testMysql],
] as const) {
  test(`${name}: databases of their own, SQL that fails says why`, async () => {
    const server = await start();
    const [one, two] = [await server.freshDatabase(), await server.freshDatabase()];
    await server.run(one, 'CREATE TABLE here (id integer); INSERT INTO here VALUES (1);');
    await server.run(one, 'SELECT id FROM here');
    await assert.rejects(server.run(two, 'SELECT id FROM here'), /here.*(does not|doesn't) exist/);
    await assert.rejects(server.run(userUrl(one, 'admin', 'wrong'), 'SELECT 1'), /password|denied/i);
  });
}

/** A process that starts servers of its own, says where they are, and waits. */
const PROGRAM = `
  const { startMysql } = await import(process.argv[1] + '/mysql.ts');
  const { startPostgres } = await import(process.argv[1] + '/postgres.ts');
  const urls = await Promise.all([startMysql(), startPostgres()]);
  process.on('SIGINT', () => process.exit(130));
  process.stdout.write(urls.map(({ url }) => url).join(' ') + '\\n');
  setInterval(() => {}, 1000);`;

/** Nothing can run at a kill: there the system ends the servers, where it has setpriv. */
const SIGNALS = onPath('setpriv') ? (['SIGINT', 'SIGKILL'] as const) : (['SIGINT'] as const);

for (const signal of SIGNALS) {
  test(`the servers of a process that ends by ${signal} end with it`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rowferry-servers-'));
    chmodSync(folder, 0o755);
    const scripts = new URL('../../scripts/servers', import.meta.url).href;
    const starter = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM, scripts], {
      env: { ...process.env, TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(starter, 'exit');
    const [urls] = await Promise.race([once(starter.stdout, 'data'), ended]);
    starter.kill(signal);
    await ended;
    assert.match(String(urls), /^mysql:.* postgres:/);
    for (const url of String(urls).trim().split(' ')) await refusesSoon(Number(new URL(url).port));
    if (signal === 'SIGINT') assert.deepEqual(readdirSync(folder), []);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
}

async function refusesSoon(port: number): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (await accepts(port)) {
    assert.ok(performance.now() < deadline, `port ${port} is still open`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const accepted = await Promise.race([
    once(socket, 'connect').then(() => true),
    once(socket, 'error').then(() => false),
  ]).catch(() => false);
  socket.destroy();
  return accepted;
}
