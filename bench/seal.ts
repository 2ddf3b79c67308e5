/** What the seal costs a load: the same file through the same server, sealed and in the clear, in turns. */
import { join } from 'node:path';
import { mustHold } from './database.ts';
import { inFolder, type LoadOptions } from './load-sqlite.ts';
import { type Measurement, measure, median } from './measure.ts';
import { type Result, seconds } from './result.ts';
import { startServer } from './server.ts';

type Way = 'sealed' | 'bearer';

interface Cost {
  readonly wall: number;
  /** Client and server. */
  readonly cpu: number;
}

const CLIENT = join(import.meta.dirname, 'load-client.ts');

export async function sealedLoads({ file, rows, runs }: LoadOptions): Promise<Result[]> {
  const sealed: Cost[] = [];
  const bearer: Cost[] = [];
  // The first pair warms up the file cache, and which goes first changes: neither side has it easier.
  for (let run = 0; run <= runs; run++) {
    const turns: ReadonlyArray<readonly [Way, Cost[]]> = [
      ['sealed', sealed],
      ['bearer', bearer],
    ];
    for (const [way, costs] of run % 2 === 0 ? turns : turns.toReversed()) {
      const cost = await load(way, file, rows);
      if (run > 0) costs.push(cost);
    }
  }
  const name = `${rows.toLocaleString('en')} rows into SQLite, sealed`;
  return [
    compare(`${name}, wall time`, sealed, bearer, ({ wall }) => wall, 'ratio at most 1.10'),
    compare(`${name}, CPU time, client and server`, sealed, bearer, ({ cpu }) => cpu, ''),
  ];
}

function load(way: Way, file: string, rows: number): Promise<Cost> {
  return inFolder(async (folder) => {
    const server = await startServer(folder);
    try {
      const client: Measurement = await measure({
        program: process.execPath,
        parameters: ['--max-semi-space-size=2', CLIENT, way, file],
        environment: server.environment,
      });
      const { cpuSeconds } = await server.stop();
      mustHold(join(folder, 'hr.sqlite'), rows);
      return { wall: client.seconds, cpu: client.cpuSeconds + cpuSeconds };
    } finally {
      await server.stop();
    }
  });
}

function compare(
  what: string,
  sealed: readonly Cost[],
  bearer: readonly Cost[],
  of: (cost: Cost) => number,
  target: string,
): Result {
  const [ours, theirs] = [sealed.map(of), bearer.map(of)];
  const range = (values: readonly number[]) =>
    `${seconds(Math.min(...values))} to ${seconds(Math.max(...values))}`;
  return {
    what: `${what} (${range(ours)})`,
    value: seconds(median(ours)),
    beside: `${seconds(median(theirs))} (in the clear, ${range(theirs)})`,
    ratio: (median(ours) / median(theirs)).toFixed(2),
    target,
  };
}
