/** `npm run bench`: rowferry beside the native tools, on the same file in the same run; one table. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { backups } from './backup.ts';
import { batches } from './batches.ts';
import { createDatabase } from './database.ts';
import type { EngineName } from './datasets.ts';
import { engines } from './engines.ts';
import { generate } from './generate.ts';
import { loadSqlite } from './load-sqlite.ts';
import { memory } from './memory.ts';
import { pollock } from './pollock/pollock.ts';
import { reading } from './reading.ts';
import { circumstances, printResults, type Result } from './result.ts';
import { scanCheck } from './scan-check.ts';
import { sealedLoads } from './seal.ts';
import { timing } from './timing.ts';

const USAGE = `npm run bench -- [options]

  --only NAME         load, scan, memory, seal, timing, engines, pollock, reading, backup; several may be named (default: all)
  --engine NAME       sqlite, postgres, mysql: for engines and backup (default: all)
  --dataset NAME      narrow, keys, wide, text, dirty, scattered, scale, others: for engines (default: all)
  --rows N            of the large files (default 2000000)
  --runs N            of each; medians are shown (default 5)
  --memory-rows N,N   for memory (default 1000000,10000000)
  --out FILE          the results as JSON, for bench/plot.ts
`;

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h', default: false },
    only: {
      type: 'string',
      multiple: true,
      default: ['load', 'scan', 'memory', 'seal', 'timing', 'engines', 'pollock', 'reading', 'backup'],
    },
    rows: { type: 'string', default: '2000000' },
    runs: { type: 'string', default: '5' },
    out: { type: 'string' },
    engine: { type: 'string', multiple: true, default: [] },
    dataset: { type: 'string', multiple: true, default: [] },
    'memory-rows': { type: 'string', default: '1000000,10000000' },
  },
});
if (values.help) {
  process.stdout.write(USAGE);
  process.exit();
}
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const rows = Number(values.rows);
const runs = Number(values.runs);
const folder = mkdtempSync(join(tmpdir(), 'rowferry-bench-'));

const BENCHES: ReadonlyArray<readonly [string, () => Promise<Result[]>]> = [
  ['scan', async () => scanCheck(file, database, runs)],
  ['load', () => loadSqlite({ file, rows, runs })],
  ['seal', async () => [...(await sealedLoads({ file, rows, runs })), ...(await batches())]],
  ['timing', timing],
  ['engines', () => engines({ engines: wantedEngines(values.engine), rows, runs, datasets: values.dataset })],
  ['pollock', () => pollock(say)],
  ['reading', () => reading(rows, runs)],
  ['backup', () => backups({ engines: wantedEngines(values.engine), rows, runs })],
  ['memory', () => memory(values['memory-rows'].split(',').map(Number))],
];

function wantedEngines(named: readonly string[]): EngineName[] {
  const all: readonly EngineName[] = ['sqlite', 'postgres', 'mysql'];
  return all.filter((engine) => named.length === 0 || named.includes(engine));
}

/** Those that read the file of `rows` rows. */
const OF_THE_FILE = ['scan', 'load', 'seal'];

const file = join(folder, 'hired_employees.csv');
const database = join(folder, 'dictionary.sqlite');
try {
  if (values.only.some((name) => OF_THE_FILE.includes(name))) {
    await generate({ rows, out: file });
    createDatabase(database);
  }
  const results: Result[] = [];
  for (const [name, bench] of BENCHES) if (values.only.includes(name)) results.push(...(await bench()));
  const title = `${circumstances()}; ${runs} runs each, medians`;
  if (values.out !== undefined) writeFileSync(values.out, JSON.stringify({ title, results }, null, 2));
  say(title);
  say('');
  printResults(results, say);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
