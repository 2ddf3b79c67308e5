/** Peak memory of the server while files of several sizes are loaded: it must not grow with the file. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDatabase } from './database.ts';
import { generate } from './generate.ts';
import { loadThroughApi } from './load-sqlite.ts';
import { megabytes, type Result } from './result.ts';

export async function memory(sizes: readonly number[]): Promise<Result[]> {
  const results: Result[] = [];
  for (const rows of sizes) results.push(await peak(rows));
  return results;
}

async function peak(rows: number): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'rowferry-bench-'));
  try {
    const file = join(folder, 'hired_employees.csv');
    await generate({ rows, out: file });
    createDatabase(join(folder, 'hr.sqlite'));
    const { client, server } = await loadThroughApi(folder, file, rows);
    return {
      what: `${rows.toLocaleString('en')} rows, peak memory of the server`,
      value: megabytes(server.peakRssBytes),
      beside: `client ${megabytes(client.peakRssBytes)}`,
      ratio: '',
      target: 'under 250 MB',
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
