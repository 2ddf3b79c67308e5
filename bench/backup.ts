/** Backup and restore of one table, beside the engine's own tools, in turns. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clientOf } from '../scripts/servers/mysql.ts';
import { programOf } from '../scripts/servers/private-server.ts';
import { type Dataset, type EngineName, narrowWithKey, writeDataset } from './datasets.ts';
import { type Host, startHost } from './hosts.ts';
import { type Command, type Measurement, measure, median } from './measure.ts';
import { megabytes, type Result, seconds } from './result.ts';
import { type BenchServer, rowferry, startServer } from './server.ts';

export interface BackupOptions {
  readonly engines: readonly EngineName[];
  readonly rows: number;
  readonly runs: number;
}

/** The engine's own way, into one file and out of it. */
interface Tool {
  readonly backup: string;
  readonly restore: string;
  /** Of the file. */
  backUp(url: string, table: string, path: string): Command;
  /** Into the table, which is empty. */
  fill(url: string, table: string, path: string): Command;
}

const TOOLS: Readonly<Record<EngineName, Tool>> = {
  postgres: {
    backup: 'pg_dump -Fc',
    restore: 'pg_restore --data-only',
    backUp: (url, table, path) => ({
      program: programOf('pg_dump'),
      parameters: ['-Fc', '-t', table, '-f', path, url],
    }),
    fill: (url, _table, path) => ({
      program: programOf('pg_restore'),
      parameters: ['--data-only', '-d', url, path],
    }),
  },
  mysql: {
    backup: 'mariadb-dump | gzip -1',
    restore: 'gunzip | mariadb',
    backUp: (url, table, path) => {
      const { args } = clientOf(url);
      const database = args.at(-1)?.replace('--database=', '');
      const options = [...args.slice(0, -1), '--single-transaction'];
      const dump = [programOf('mariadb-dump'), ...options, database, table];
      return shell(`${dump.map(quoted).join(' ')} | gzip -1 > ${quoted(path)}`);
    },
    fill: (url, _table, path) => {
      const { program, args } = clientOf(url);
      return shell(`gunzip -c ${quoted(path)} | ${[program, ...args].map(quoted).join(' ')}`);
    },
  },
  sqlite: {
    backup: 'sqlite3 .dump | gzip -1',
    restore: 'gunzip | sqlite3',
    backUp: (url, table, path) =>
      shell(
        `sqlite3 ${quoted(pathOf(url))} ${quoted(`.dump --data-only ${table}`)} | gzip -1 > ${quoted(path)}`,
      ),
    fill: (url, _table, path) =>
      // The dump of the rows alone has no transaction.
      shell(`{ echo 'BEGIN;'; gunzip -c ${quoted(path)}; echo 'COMMIT;'; } | sqlite3 ${quoted(pathOf(url))}`),
  },
};

const TARGETS: Readonly<Record<EngineName, { backup: string; restore: string; size: string }>> = {
  postgres: {
    backup: 'ratio at most 0.60, goal 0.40',
    restore: 'ratio at most 1.20',
    size: 'ratio at most 1.20',
  },
  mysql: { backup: 'ratio at most 1.50', restore: '', size: '' },
  sqlite: { backup: '', restore: '', size: '' },
};

const pathOf = (url: string): string => url.slice('sqlite:'.length);
const quoted = (text = ''): string => `'${text.replaceAll("'", "'\\''")}'`;
const shell = (line: string): Command => ({ program: 'sh', parameters: ['-c', line] });

export async function backups({ engines, rows, runs }: BackupOptions): Promise<Result[]> {
  const results: Result[] = [];
  for (const engine of engines) {
    const host = await startHost(engine);
    try {
      results.push(...(await benchHost(host, narrowWithKey(rows), runs)));
      results.push(...(await linear(host, rows, runs)));
    } finally {
      await host.stop();
    }
  }
  return results;
}

/** A table that is filled, a server on it, and a folder for both. */
async function withTable<T>(
  host: Host,
  dataset: Dataset,
  work: (place: { url: string; home: string; server: BenchServer }) => Promise<T>,
): Promise<T> {
  const home = mkdtempSync(join(tmpdir(), 'rowferry-bench-'));
  const url = host.database(home, dataset);
  try {
    const file = join(home, 'rows.csv');
    await writeDataset(dataset, file);
    await host.load(url, dataset, file);
    rmSync(file);
    const server = await startServer(home, url);
    try {
      return await work({ url, home, server });
    } finally {
      await server.stop();
    }
  } finally {
    host.drop(url);
    rmSync(home, { recursive: true, force: true });
  }
}

interface Made extends Measurement {
  readonly file: string;
  readonly bytes: number;
  /** Of `seconds`, to read it back. */
  readonly verifySeconds: number;
}

async function backUp(server: BenchServer, table: string): Promise<Made> {
  const made = await measure({ ...rowferry(['backup', table, '--json']), environment: server.environment });
  const { file, bytes, verifySeconds } = JSON.parse(made.stdout);
  return { ...made, file, bytes, verifySeconds };
}

const idOf = (file: string): string => file.replace(/^.*\//, '').replace(/\.avro$/, '');

async function benchHost(host: Host, dataset: Dataset, runs: number): Promise<Result[]> {
  return withTable(host, dataset, async ({ url, home, server }) => {
    const { table } = dataset;
    const tool = TOOLS[host.engine];
    const path = join(home, 'own');
    const times = { ours: [0], whole: [0], verify: [0], theirs: [0], restore: [0], fill: [0] };
    for (const each of Object.values(times)) each.length = 0;
    let made: Made | null = null;
    for (let run = 0; run < runs; run++) {
      times.theirs.push((await measure(tool.backUp(url, table, path))).seconds);
      made = await backUp(server, table);
      times.ours.push(made.seconds - made.verifySeconds);
      times.whole.push(made.seconds);
      times.verify.push(made.verifySeconds);
    }
    const id = idOf(made?.file ?? '');
    for (let run = 0; run < runs; run++) {
      host.run(url, emptied(host, table));
      times.fill.push((await measure(tool.fill(url, table, path))).seconds);
      mustHold(host, url, dataset);
      host.run(url, emptied(host, table));
      const restore = rowferry(['restore', id, '--yes', '--json']);
      times.restore.push((await measure({ ...restore, environment: server.environment })).seconds);
      mustHold(host, url, dataset);
    }
    const { peakRssBytes } = await server.stop();
    const own = statSync(path).size;
    const [ours, whole] = [median(times.ours), median(times.whole)];
    const [theirs, verify] = [median(times.theirs), median(times.verify)];
    const target = TARGETS[host.engine];
    const name = `${host.engine}: ${dataset.rows.toLocaleString('en')} rows, ${dataset.name}`;
    const ratio = (a: number, b: number): string => (a / b).toFixed(2);
    return [
      {
        what: `${name}, backup written`,
        value: seconds(ours),
        beside: `${seconds(theirs)} (${tool.backup})`,
        ratio: ratio(ours, theirs),
        target: target.backup,
      },
      {
        what: `${name}, the same with its verification, which took ${seconds(verify)}`,
        value: seconds(whole),
        beside: `${seconds(theirs)} (${tool.backup})`,
        ratio: ratio(whole, theirs),
        target: '',
      },
      {
        what: `${name}, file of the backup`,
        value: megabytes(made?.bytes ?? 0),
        beside: `${megabytes(own)} (${tool.backup})`,
        ratio: ratio(made?.bytes ?? 0, own),
        target: target.size,
      },
      {
        what: `${name}, restore`,
        value: seconds(median(times.restore)),
        beside: `${seconds(median(times.fill))} (${tool.restore})`,
        ratio: ratio(median(times.restore), median(times.fill)),
        target: target.restore,
      },
      {
        what: `${name}, peak memory of the server`,
        value: megabytes(peakRssBytes),
        beside: '',
        ratio: '',
        target: 'under 250 MB',
      },
    ];
  });
}

/** Rows that were deleted would lie in the way of the next ones. */
const emptied = ({ engine }: Host, table: string): string =>
  engine === 'sqlite' ? `DELETE FROM ${table}` : `TRUNCATE ${table}`;

const TIMES = 5;

/** So many times the rows, as many a second and no more memory. One run of the large table. */
async function linear(host: Host, rows: number, runs: number): Promise<Result[]> {
  const [small, large] = [narrowWithKey(rows), narrowWithKey(TIMES * rows)];
  const rateOf = (dataset: Dataset, repeat: number): Promise<{ rate: number; peak: number }> =>
    withTable(host, dataset, async ({ server }) => {
      const times: number[] = [];
      for (let run = 0; run < repeat; run++) times.push((await backUp(server, dataset.table)).seconds);
      return { rate: dataset.rows / median(times), peak: (await server.stop()).peakRssBytes };
    });
  const before = await rateOf(small, runs);
  const after = await rateOf(large, 1);
  const perSecond = (value: number): string => `${Math.round(value).toLocaleString('en')} rows/s`;
  return [
    {
      what: `${host.engine}: ${large.rows.toLocaleString('en')} rows, backup, one run; peak memory of the server`,
      value: `${perSecond(after.rate)}; ${megabytes(after.peak)}`,
      beside: `${perSecond(before.rate)} (${small.rows.toLocaleString('en')} rows)`,
      ratio: (after.rate / before.rate).toFixed(2),
      target: 'ratio 0.85 to 1.15; under 250 MB',
    },
  ];
}

function mustHold(host: Host, url: string, { table, rows }: Dataset): void {
  const found = host.count(url, table);
  if (found !== rows) throw new Error(`${host.engine}: ${table} holds ${found} rows, expected ${rows}`);
}
