/** Each engine: rowferry, sealed and through the API, beside the engine's own tool on the same file, in turns. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Dataset,
  dirty,
  type EngineName,
  narrow,
  narrowWithKeys,
  scattered,
  text,
  wide,
  writeDataset,
} from './datasets.ts';
import { type Host, startHost } from './hosts.ts';
import { loadThrough } from './load-through.ts';
import { type Measurement, measure, median, type Usage } from './measure.ts';
import { HEADER, otherTools } from './others.ts';
import { megabytes, type Result, seconds } from './result.ts';

export interface EngineOptions {
  readonly engines: readonly EngineName[];
  /** Of the narrow tables; the wide and the text-heavy one have a tenth. */
  readonly rows: number;
  readonly runs: number;
  /** Words of the names of the datasets; empty: all. */
  readonly datasets: readonly string[];
}

/** Wall time at most so many times that of the tool. */
const TARGETS: Readonly<Record<EngineName, Readonly<Record<string, string>>>> = {
  postgres: { narrow: '1.00, goal 0.85', keys: '0.25, goal 0.15', wide: '1.20', text: '1.20' },
  mysql: { keys: '0.90' },
  sqlite: { keys: '0.60' },
};

interface Ours {
  readonly wall: number;
  readonly cpu: number;
  readonly client: Usage;
  readonly server: Usage;
}

export async function engines(options: EngineOptions): Promise<Result[]> {
  const results: Result[] = [];
  for (const engine of options.engines) {
    const host = await startHost(engine);
    const folder = mkdtempSync(join(tmpdir(), 'rowferry-bench-'));
    try {
      results.push(...(await benchHost(host, folder, options)));
    } finally {
      await host.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return results;
}

async function benchHost(host: Host, folder: string, options: EngineOptions): Promise<Result[]> {
  const { rows, runs } = options;
  const bench = { host, folder, runs };
  const wanted = (key: string): boolean => options.datasets.length === 0 || options.datasets.includes(key);
  const results: Result[] = [];
  const tenth = Math.ceil(rows / 10);
  const besideTool = {
    narrow: narrow(rows),
    keys: narrowWithKeys(rows),
    wide: wide(tenth),
    text: text(tenth),
  };
  for (const [key, dataset] of Object.entries(besideTool)) {
    if (wanted(key)) results.push(...(await beside(bench, dataset, TARGETS[host.engine][key] ?? '')));
  }
  const half = Math.ceil(rows / 2);
  if (wanted('dirty')) results.push(await besideClean(bench, dirty(half), 'ratio at most 1.25'));
  if (wanted('others')) results.push(...(await besideOthers(bench, narrowWithKeys(tenth))));
  if (wanted('scattered')) results.push(await besideClean(bench, scattered(half), 'ratio at most 1.43'));
  if (wanted('scale')) results.push(...(await scale(bench, half)));
  return results;
}

const TIMES = 10;

/** Ten times the rows: as many a second, and no more memory. One run of the large file. */
async function scale({ host, folder, runs }: Bench, rows: number): Promise<Result[]> {
  const rates: number[] = [];
  const [small, large] = [narrow(rows), narrow(TIMES * rows)];
  const file = join(folder, 'scale.csv');
  await writeDataset(small, file);
  for (let run = 0; run < runs; run++) rates.push(rows / (await withRowferry(host, small, file)).wall);
  await writeDataset(large, file);
  const ours = await withRowferry(host, large, file);
  rmSync(file);
  const [rate, before] = [(TIMES * rows) / ours.wall, median(rates)];
  const name = `${host.engine}: ${large.rows.toLocaleString('en')} rows, ${large.name}`;
  const perSecond = (value: number): string => `${Math.round(value).toLocaleString('en')} rows/s`;
  return [
    {
      what: `${name}, one run`,
      value: perSecond(rate),
      beside: `${perSecond(before)} (${small.rows.toLocaleString('en')} rows)`,
      ratio: (rate / before).toFixed(2),
      target: 'ratio 0.85 to 1.15',
    },
    used(name, [ours]),
  ];
}

interface Bench {
  readonly host: Host;
  readonly folder: string;
  readonly runs: number;
}

async function beside({ host, folder, runs }: Bench, dataset: Dataset, target: string): Promise<Result[]> {
  const file = join(folder, `${dataset.table}.csv`);
  await writeDataset(dataset, file);
  const ours: Ours[] = [];
  const theirs: Measurement[] = [];
  for (let run = 0; run < runs; run++) {
    theirs.push(await withTool(host, dataset, file));
    ours.push(await withRowferry(host, dataset, file));
  }
  rmSync(file);
  const wall = median(ours.map((each) => each.wall));
  const tool = median(theirs.map((each) => each.seconds));
  const name = `${host.engine}: ${dataset.rows.toLocaleString('en')} rows, ${dataset.name}`;
  return [
    {
      what: `${name}, wall time`,
      value: seconds(wall),
      beside: `${seconds(tool)} (${host.tool})`,
      ratio: (wall / tool).toFixed(2),
      target: target === '' ? '' : `ratio at most ${target}`,
    },
    used(name, ours),
  ];
}

/** The CPU time of the tool and of servers that are processes of their own is not in it. */
function used(name: string, ours: readonly Ours[]): Result {
  const peak = (of: (each: Ours) => Usage): string =>
    megabytes(Math.max(...ours.map((each) => of(each).peakRssBytes)));
  return {
    what: `${name}, CPU time and peak memory of server and client`,
    value: `${seconds(median(ours.map((each) => each.cpu)))}, ${peak((each) => each.server)}, ${peak((each) => each.client)}`,
    beside: '',
    ratio: '',
    target: 'each under 250 MB',
  };
}

/** The tools end at the first bad record, or pass over it in silence: so beside ourselves, on the rows without it. */
async function besideClean({ host, folder, runs }: Bench, dataset: Dataset, target: string): Promise<Result> {
  const clean = { ...narrowWithKeys(dataset.rows), name: 'clean' };
  const files = { bad: join(folder, 'bad.csv'), clean: join(folder, 'clean.csv') };
  await writeDataset(dataset, files.bad);
  await writeDataset(clean, files.clean);
  const times: Record<'bad' | 'clean', number[]> = { bad: [], clean: [] };
  for (let run = 0; run < runs; run++) {
    times.clean.push((await withRowferry(host, clean, files.clean)).wall);
    times.bad.push((await withRowferry(host, dataset, files.bad)).wall);
  }
  for (const file of Object.values(files)) rmSync(file);
  const [bad, good] = [median(times.bad), median(times.clean)];
  return {
    what: `${host.engine}: ${dataset.rows.toLocaleString('en')} rows, ${dataset.name}, wall time`,
    value: seconds(bad),
    beside: `${seconds(good)} (clean rows)`,
    ratio: (bad / good).toFixed(2),
    target,
  };
}

async function besideOthers({ host, folder }: Bench, dataset: Dataset): Promise<Result[]> {
  const file = join(folder, 'others.csv');
  await writeDataset(dataset, file);
  const results: Result[] = [];
  const tools = otherTools(host.engine);
  if (tools.length === 0) return [];
  const ours = (await withRowferry(host, dataset, file)).wall;
  writeFileSync(file, HEADER + readFileSync(file, 'utf8'));
  for (const tool of tools) {
    const theirs = await inDatabase(host, dataset, async (url) => {
      const measured = await measure(tool.command(url, dataset, file));
      mustHold(host, url, dataset, dataset.rows);
      return measured.seconds;
    });
    results.push({
      what: `${host.engine}: ${dataset.rows.toLocaleString('en')} rows, ${dataset.name}, ${tool.name}, wall time, one run`,
      value: seconds(ours),
      beside: `${seconds(theirs)} (${tool.name})`,
      ratio: (ours / theirs).toFixed(2),
      target: '',
    });
  }
  rmSync(file);
  return results;
}

async function withTool(host: Host, dataset: Dataset, file: string): Promise<Measurement> {
  return inDatabase(host, dataset, async (url) => {
    const measured = await host.load(url, dataset, file);
    mustHold(host, url, dataset, dataset.rows);
    return measured;
  });
}

function withRowferry(host: Host, dataset: Dataset, file: string): Promise<Ours> {
  return inDatabase(host, dataset, async (url, home) => {
    const { client, server } = await loadThrough({
      home,
      url,
      file,
      table: dataset.table,
      rejects: dataset.rejects,
    });
    mustHold(host, url, dataset, dataset.rows - dataset.rejects);
    return { wall: client.seconds, cpu: client.cpuSeconds + server.cpuSeconds, client, server };
  });
}

async function inDatabase<T>(
  host: Host,
  dataset: Dataset,
  work: (url: string, home: string) => Promise<T>,
): Promise<T> {
  const home = mkdtempSync(join(tmpdir(), 'rowferry-bench-'));
  const url = host.database(home, dataset);
  try {
    return await work(url, home);
  } finally {
    host.drop(url);
    rmSync(home, { recursive: true, force: true });
  }
}

function mustHold(host: Host, url: string, { table }: Dataset, rows: number): void {
  const found = host.count(url, table);
  if (found !== rows) throw new Error(`${host.engine}: ${table} holds ${found} rows, expected ${rows}`);
}
