/** One load as a user runs it: `rowferry serve` on a database, `rowferry load` of a file through its sealed API. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Measurement, measure, type Usage } from './measure.ts';
import { type BenchServer, rowferry, startServer } from './server.ts';

export interface LoadThrough {
  /** Folder of the server. */
  readonly home: string;
  readonly url: string;
  readonly file: string;
  readonly table: string;
  readonly rejects: number;
}

/** Of `rowferry load`: all rows, or done with rejects. */
const EXIT_CODES = { clean: 0, rejects: 3 } as const;

/** Table of one INTEGER column that every database of the bench has beside its own. */
export const WARM_UP_TABLE = 'warm_up';

/**
 * The server runs before the clock starts, and has loaded a file of one record into another table, as the native
 * tools' servers have run and answered before; the client starts anew.
 */
export async function loadThrough({ home, url, file, table, rejects }: LoadThrough): Promise<{
  readonly client: Measurement;
  readonly server: Usage;
}> {
  const server = await startServer(home, url);
  try {
    await warmUp(home, server);
    const client = await measure({
      ...rowferry(['load', file, '--table', table, '--json']),
      environment: server.environment,
      exitCode: rejects === 0 ? EXIT_CODES.clean : EXIT_CODES.rejects,
    });
    const { rejected } = JSON.parse(client.stdout);
    if (rejected !== rejects) throw new Error(`${rejected} records were rejected, expected ${rejects}`);
    return { client, server: await server.stop() };
  } finally {
    await server.stop();
  }
}

async function warmUp(home: string, { environment }: BenchServer): Promise<void> {
  const file = join(home, 'warm-up.csv');
  writeFileSync(file, '1\n');
  await measure({ ...rowferry(['load', file, '--table', WARM_UP_TABLE, '--json']), environment });
}
