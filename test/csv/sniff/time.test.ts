import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';

const SNIFF = new URL('../../../src/csv/sniff/sniff.ts', import.meta.url).href;

/** In a process of its own, where nothing is compiled yet: milliseconds of the processor for 1 MiB. */
const PROGRAM = `
  const { sniff } = await import('${SNIFF}');
  const column = (name, kind) => ({ name, kind, nullable: true, generated: false });
  const columns = [column('id', 'integer'), column('name', 'text'), column('amount', 'decimal'), column('day', 'date')];
  const line = (i) => i + ';"M. \\\\"' + i + '\\\\", a | b, c";1.234,' + (i % 100) + ';' + (1 + i % 28) + '.' + (1 + i % 12) + '.2020\\n';
  const text = 'id;name;amount;day\\n' + Array.from({ length: 30000 }, (_, i) => line(i)).join('');
  const bytes = new TextEncoder().encode(text).subarray(0, 1 << 20);
  const before = process.threadCpuUsage();
  const { dialect, questions } = sniff(bytes, { table: { name: 't', columns }, whole: false });
  const { user, system } = process.threadCpuUsage(before);
  console.log(JSON.stringify({ ms: (user + system) / 1000, dialect, questions }));
`;

test('1 MiB takes less than 100 ms of the processor, cold', () => {
  const run = () => {
    const answer = execFileSync(process.execPath, ['--input-type=module', '-e', PROGRAM], {
      encoding: 'utf8',
    });
    const { ms, dialect, questions } = JSON.parse(answer);
    assert.deepEqual(
      [dialect.delimiter, dialect.escapeChar, dialect.decimalChar, dialect.dateFormat, questions],
      [';', '\\', ',', '%d.%m.%Y', []],
    );
    return Number(ms);
  };
  // The best of three: what else runs on the machine only adds.
  const times = [run(), run(), run()];
  assert.ok(Math.min(...times) < 100, `${times.join(', ')} ms`);
});
