/** One load as a user runs it: `rowferry serve` on a database, `rowferry load` of a file through its sealed API. */
import { type Measurement, measure, type Usage } from './measure.ts';
import { rowferry, startServer } from './server.ts';

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

/** The server runs before the clock starts, as the native tools' servers do; the client does not. */
export async function loadThrough({ home, url, file, table, rejects }: LoadThrough): Promise<{
  readonly client: Measurement;
  readonly server: Usage;
}> {
  const server = await startServer(home, url);
  try {
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
