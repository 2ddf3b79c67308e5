/**
 * How fast files are checked, cleaned, planned and sniffed: each command a process of its own, from its start to its end,
 * since that is what a person waits for. CPU time as well, as that depends less on what else runs.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Measurement, measure, median } from './measure.ts';
import { type ReadingFile, readingFiles, writeReadingFile } from './reading-files.ts';
import { megabytes, type Result } from './result.ts';
import { rowferry } from './server.ts';

const SNIFFER = join(import.meta.dirname, 'sniff-once.ts');
const LEAST = { clean: 100, dirty: 50 };
/** Of the rows asked for, 2,000,000 by default: some 190 MB, and 22 MB, where the start of a process weighs. */
const LARGE = 2;
const SMALL = 1 / 4;
const COMMANDS = ['check', 'clean', 'plan'] as const;
type Command = (typeof COMMANDS)[number];

export async function reading(rows: number, runs: number): Promise<Result[]> {
  const folder = mkdtempSync(join(tmpdir(), 'rowferry-bench-'));
  try {
    const results: Result[] = [];
    for (const count of [rows * LARGE, rows * SMALL]) {
      for (const file of readingFiles(count)) results.push(...(await ofFile(file, folder, runs)));
    }
    return results;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function ofFile(file: ReadingFile, folder: string, runs: number): Promise<Result[]> {
  const path = join(folder, `${file.table}.csv`);
  const database = join(folder, 'reading.sqlite');
  await writeReadingFile(file, path);
  rmSync(database, { force: true });
  const made = new DatabaseSync(database);
  made.exec(file.ddl);
  made.close();
  const results: Result[] = [];
  for (const command of COMMANDS.filter((each) => each !== 'plan' || file.kind === 'clean')) {
    const measured: Measurement[] = [];
    for (let run = 0; run < runs; run++) measured.push(await runOf(command, file, path, database));
    results.push(
      ...rates(`${command}, ${file.name}`, statSync(path).size, measured, targetOf(command, file)),
    );
  }
  return [...results, sniffing(file, path, database, runs)];
}

function runOf(command: Command, file: ReadingFile, path: string, database: string): Promise<Measurement> {
  const parameters = {
    check: [path, '--database-url', `sqlite:${database}`],
    clean: [path, '--out', `${path}.clean`, ...file.cleaning],
    plan: [path],
  }[command];
  return measure({
    ...rowferry([command, ...parameters, '--json']),
    exitCode: file.rejects[command] ? 3 : 0,
  });
}

function targetOf(command: Command, { kind }: ReadingFile): string {
  return command === 'plan' ? '' : `at least ${LEAST[kind]} MB/s`;
}

function rates(what: string, bytes: number, measured: readonly Measurement[], target: string): Result[] {
  const rate = (time: number): string => `${Math.round(bytes / 1e6 / time)} MB/s`;
  const wall = median(measured.map((each) => each.seconds));
  const cpu = median(measured.map((each) => each.cpuSeconds));
  const peak = Math.max(...measured.map((each) => each.peakRssBytes));
  return [
    {
      what: `${what}, ${megabytes(bytes)}`,
      value: rate(wall),
      beside: `${wall.toFixed(2)} s, of CPU ${cpu.toFixed(2)} s, at most ${megabytes(peak)}`,
      ratio: '',
      target: target === '' ? '' : `${target}, under 250 MB`,
    },
  ];
}

/** Cold: each time in a new process, without its start. */
function sniffing({ name, table }: ReadingFile, path: string, database: string, runs: number): Result {
  const times = Array.from({ length: runs }, () =>
    Number(execFileSync(process.execPath, [SNIFFER, path, database, table], { encoding: 'utf8' })),
  );
  return {
    what: `sniffing of 1 MiB, cold, ${name}`,
    value: `${median(times).toFixed(0)} ms`,
    beside: `best ${Math.min(...times).toFixed(0)} ms`,
    ratio: '',
    target: 'under 100 ms',
  };
}
