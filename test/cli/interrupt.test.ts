import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';

/** What ends a process whose work does not end: a second signal, or 29 s, one less than most managers of services wait. */

const INTERRUPT = new URL('../../src/cli/interrupt.ts', import.meta.url).href;

interface Outcome {
  /** The exit code, or the signal that was the end. */
  readonly by: number | string;
  readonly said: string;
}

/** A process that never ends by itself, with a clock that stands still; it gets the signal, then runs the code. */
async function ending(signal: 'SIGINT' | 'SIGTERM', code: string): Promise<Outcome> {
  const script = `
    import { mock } from 'node:test';
    import { onInterrupt } from '${INTERRUPT}';
    setInterval(() => {}, 1000);
    mock.timers.enable({ apis: ['setTimeout'] });
    const interrupt = onInterrupt(() => console.log('stopping'));
    process.kill(process.pid, '${signal}');
    await interrupt.ended;
    ${code}`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (said += text));
  const [exitCode, signalCode] = await once(child, 'close');
  return { by: signalCode ?? exitCode, said };
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`${signal}: work that does not end is given up after 29 s, and not before`, async () => {
    const ticks = `
      mock.timers.tick(28_999);
      console.log('still here');
      mock.timers.tick(1);
      process.exit(0);`;
    assert.deepEqual(await ending(signal, ticks), { by: signal, said: 'stopping\nstill here\n' });
  });

  test(`${signal}: a second one ends it at once`, async () => {
    const outcome = await ending(signal, `process.kill(process.pid, '${signal}');`);
    assert.deepEqual(outcome, { by: signal, said: 'stopping\n' });
  });
}

test('a second one ends it at once though another thread is in a statement of SQLite; what is to be done at the end is', async () => {
  const statement = `
    const { Worker } = await import('node:worker_threads');
    process.on('exit', (code) => console.log('end', code));
    const endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n';
    const body = \`
      import { DatabaseSync } from 'node:sqlite';
      import { parentPort } from 'node:worker_threads';
      const database = new DatabaseSync(':memory:');
      parentPort.postMessage('begun');
      database.exec('\${endless}');\`;
    const worker = new Worker(body, { eval: true });
    worker.once('message', () => process.kill(process.pid, 'SIGTERM'));`;
  assert.deepEqual(await ending('SIGTERM', statement), { by: 'SIGTERM', said: 'stopping\nend 143\n' });
});

test('work that ends in time is not cut off later', async () => {
  const ends = `
    interrupt[Symbol.dispose]();
    mock.timers.tick(60_000);
    process.exit(3);`;
  assert.deepEqual(await ending('SIGTERM', ends), { by: 3, said: 'stopping\n' });
});
