/** Loads the same file with rowferry through its API and with `sqlite3 .import`, in turns. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDatabase, mustHold } from './database.ts';
import { type Measurement, measure, median, type Usage } from './measure.ts';
import { megabytes, type Result, seconds } from './result.ts';
import { rowferry, startServer } from './server.ts';

export interface LoadOptions {
  /** Records of hired_employees without a reject. */
  readonly file: string;
  readonly rows: number;
  readonly runs: number;
}

interface Loaded {
  readonly client: Measurement;
  readonly server: Usage;
}

export async function loadSqlite({ file, rows, runs }: LoadOptions): Promise<Result[]> {
  const ours: Loaded[] = [];
  const theirs: Measurement[] = [];
  for (let run = 0; run < runs; run++) {
    theirs.push(await inFolder((folder) => sqliteImport(folder, file, rows)));
    ours.push(await inFolder((folder) => loadThroughApi(folder, file, rows)));
  }
  return results(ours, theirs, rows);
}

/** A new folder with the database of the example in it, gone after the work. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'rowferry-bench-'));
  try {
    createDatabase(join(folder, 'hr.sqlite'));
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function sqliteImport(folder: string, file: string, rows: number): Promise<Measurement> {
  const database = join(folder, 'hr.sqlite');
  const measured = await measure({
    program: 'sqlite3',
    parameters: [database, 'PRAGMA foreign_keys=ON', '.mode csv', `.import '${file}' hired_employees`],
  });
  mustHold(database, rows);
  return measured;
}

/** The server runs before the clock starts, as sqlite3's own library is loaded before it; the client does not. */
export async function loadThroughApi(folder: string, file: string, rows: number): Promise<Loaded> {
  const server = await startServer(folder);
  try {
    const client = await measure({
      ...rowferry(['load', file, '--table', 'hired_employees', '--json']),
      environment: server.environment,
    });
    const usage = await server.stop();
    mustHold(join(folder, 'hr.sqlite'), rows);
    return { client, server: usage };
  } finally {
    await server.stop();
  }
}

function results(ours: readonly Loaded[], theirs: readonly Measurement[], rows: number): Result[] {
  const wall = [median(ours.map(({ client }) => client.seconds)), median(theirs.map((each) => each.seconds))];
  const cpu = [
    median(ours.map(({ client, server }) => client.cpuSeconds + server.cpuSeconds)),
    median(theirs.map((each) => each.cpuSeconds)),
  ];
  const memory = [
    Math.max(...ours.map(({ server }) => server.peakRssBytes)),
    Math.max(...theirs.map((each) => each.peakRssBytes)),
  ];
  const spread = `${seconds(Math.min(...ours.map(({ client }) => client.seconds)))} to ${seconds(Math.max(...ours.map(({ client }) => client.seconds)))}`;
  const name = `${rows.toLocaleString('en')} rows into SQLite`;
  return [
    compare(`${name}, wall time (${spread})`, wall, seconds, 'ratio at most 0.80, goal 0.60'),
    compare(`${name}, CPU time, client and server`, cpu, seconds, ''),
    compare(`${name}, peak memory of the server`, memory, megabytes, 'under 250 MB'),
  ];
}

function compare(
  what: string,
  [ours = 0, theirs = 0]: readonly number[],
  show: (value: number) => string,
  target: string,
): Result {
  const beside = `${show(theirs)} (sqlite3 .import)`;
  return { what, value: show(ours), beside, ratio: (ours / theirs).toFixed(2), target };
}
