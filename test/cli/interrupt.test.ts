import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';

/** What ends a process whose work does not end: a second signal, or 29 s, one less than most managers of services wait. */

const INTERRUPT = new URL('../../src/cli/interrupt.ts', import.meta.url).href;

/** A process that never ends by itself, with a clock that stands still; it gets the signal, then runs the code. */
async function ending(signal: 'SIGINT' | 'SIGTERM', code: string): Promise<{ code: number; said: string }> {
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
  const [exitCode] = await once(child, 'close');
  return { code: exitCode, said };
}

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`${signal}: work that does not end is given up after 29 s, and not before`, async () => {
    const ticks = `
      mock.timers.tick(28_999);
      console.log('still here');
      mock.timers.tick(1);
      process.exit(0);`;
    assert.deepEqual(await ending(signal, ticks), { code, said: 'stopping\nstill here\n' });
  });

  test(`${signal}: a second one ends it at once`, async () => {
    const outcome = await ending(signal, `process.kill(process.pid, '${signal}');`);
    assert.deepEqual(outcome, { code, said: 'stopping\n' });
  });
}

test('work that ends in time is not cut off later', async () => {
  const ends = `
    interrupt[Symbol.dispose]();
    mock.timers.tick(60_000);
    process.exit(3);`;
  assert.deepEqual(await ending('SIGTERM', ends), { code: 3, said: 'stopping\n' });
});
