/**
 * `npm run faults [-- --engine sqlite|postgres|mysql --only 31,35,steady-kills --kills N --seed N --short --results FILE]`:
 * the faults of the list, done to each engine; at the end a table of what was done and what was found. With --results
 * the table is of earlier runs too, each fault and engine as it was last done. Exits 0 only without a violation.
 */
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { mulberry32 } from '../generated-hires.ts';
import { ENGINES, openDatabases } from './databases.ts';
import { Disk } from './disk.ts';
import { note, nothingYet } from './fault.ts';
import { FAULTS } from './faults.ts';
import { type Result, tableOf, writeResults } from './report.ts';

const { values } = parseArgs({
  options: {
    engine: { type: 'string', multiple: true, default: [...ENGINES] },
    only: { type: 'string' },
    kills: { type: 'string' },
    seed: { type: 'string', default: '1' },
    short: { type: 'boolean', default: false },
    results: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const wanted = values.only?.split(',');
const seed = Number(values.seed);
const results: Result[] = [];

if (values.help) {
  say(
    'npm run faults -- [--engine sqlite|postgres|mysql] [--only LIST] [--kills N] [--seed N] [--short] [--results FILE]',
  );
  for (const { fault } of FAULTS)
    say(`  --only ${(fault.key ?? String(fault.number)).padEnd(14)} ${fault.name}`);
  process.exit(0);
}

const kept = (): readonly Result[] =>
  values.results === undefined ? results : writeResults(values.results, results);

function sayResults(): void {
  for (const line of tableOf(kept())) say(line);
}

/** What was done so far, when it takes too long. */
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    sayResults();
    process.exit(1);
  });
}

for (const engine of ENGINES.filter((name) => values.engine.includes(name))) {
  using disk = new Disk(tmpdir());
  const databases = await openDatabases(engine, disk.env);
  try {
    for (const { fault, times, short } of FAULTS) {
      if (wanted?.includes(fault.key ?? String(fault.number)) === false) continue;
      if (!fault.engines.includes(engine)) continue;
      const count = values.kills === undefined ? (values.short ? short : times) : Number(values.kills);
      if (count === 0) continue;
      const started = performance.now();
      const sayMore = (line: string) => say(`  ${engine} ${fault.number}: ${line}`);
      const tally = nothingYet();
      results.push({ fault: `${fault.number} ${fault.name}`, engine, tally });
      const random = mulberry32(seed);
      const isShort = values.short;
      try {
        await fault.run({ databases, disk, random, seed, times: count, isShort, say: sayMore, tally });
      } catch (error) {
        note(tally, `${engine} ${fault.number} did not come to its end`, [String(error)]);
      }
      sayMore(`${fault.name}: ${Math.round((performance.now() - started) / 1000)} s`);
      kept();
    }
  } finally {
    await databases.stop();
  }
}
sayResults();
process.exitCode = results.some(({ tally }) => tally.violations.length > 0) ? 1 : 0;
