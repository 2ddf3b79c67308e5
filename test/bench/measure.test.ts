import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measure, median } from '../../bench/measure.ts';

const run = (source: string) => measure({ program: process.execPath, parameters: ['--eval', source] });

test('a busy process shows its CPU time, a sleeping one does not', async () => {
  const busy = await run(
    'const end = process.cpuUsage().user + 500_000; while (process.cpuUsage().user < end) for (let i = 0; i < 1e6; i++);',
  );
  assert.ok(busy.cpuSeconds >= 0.45 && busy.cpuSeconds <= busy.seconds * 4, `${busy.cpuSeconds} s`);
  const idle = await run('setTimeout(() => {}, 800)');
  assert.ok(idle.seconds >= 0.8 && idle.cpuSeconds < idle.seconds, `${idle.cpuSeconds} of ${idle.seconds} s`);
});

test('the peak of memory is seen though it is given back', async () => {
  const hungry = 'Buffer.alloc(300_000_000, 1); setTimeout(() => {}, 200)';
  const { peakRssBytes } = await run(hungry);
  assert.ok(peakRssBytes > 300_000_000 && peakRssBytes < 900_000_000, `${peakRssBytes} bytes`);
});

test('a command that fails is an error with what it said', async () => {
  await assert.rejects(run("console.error('why'); process.exit(7)"), /exited 7[\s\S]*why/);
  await assert.rejects(measure({ program: 'no-such-program', parameters: [] }), /ENOENT/);
});

test('the median of an even count lies between the middle two', () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([10, 1, 2, 3]), 2.5);
  assert.throws(() => median([]), TypeError);
});
