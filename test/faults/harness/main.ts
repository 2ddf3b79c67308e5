/**
 * `npm run faults [-- --engine sqlite|postgres|mysql --only 31,35,steady-kills --kills N --seed N --short]`: the faults of
 * the list, done to each engine; at the end a table of what was done and what was found. Exits 0 only without a violation.
 */
import { parseArgs } from 'node:util';
import { mulberry32 } from '../generated-hires.ts';
import { ENGINES, type EngineName, openDatabases } from './databases.ts';
import { note, nothingYet, type Tally } from './fault.ts';
import { FAULTS } from './faults.ts';
import { tableOf } from './report.ts';

const { values } = parseArgs({
  options: {
    engine: { type: 'string', multiple: true, default: [...ENGINES] },
    only: { type: 'string' },
    kills: { type: 'string' },
    seed: { type: 'string', default: '1' },
    short: { type: 'boolean', default: false },
  },
});

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const wanted = values.only?.split(',');
const seed = Number(values.seed);
const results: { readonly fault: string; readonly engine: EngineName; readonly tally: Tally }[] = [];

function sayResults(): void {
  for (const line of [...tableOf(results), '', ...results.flatMap(({ tally }) => tally.told)]) say(line);
}

/** What was done so far, when it takes too long. */
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    sayResults();
    process.exit(1);
  });
}

for (const engine of ENGINES.filter((name) => values.engine.includes(name))) {
  const databases = await openDatabases(engine);
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
      try {
        await fault.run({ databases, random: mulberry32(seed), seed, times: count, say: sayMore, tally });
      } catch (error) {
        note(tally, `${engine} ${fault.number} did not come to its end`, [String(error)]);
      }
      sayMore(`${fault.name}: ${Math.round((performance.now() - started) / 1000)} s`);
    }
  } finally {
    await databases.stop();
  }
}
sayResults();
process.exitCode = results.some(({ tally }) => tally.violations.length > 0) ? 1 : 0;
