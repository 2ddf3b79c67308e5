import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { LoadOptions, LoadResult, Rowferry } from '../client/client.ts';
import { notAddedPaths, writeNotAdded } from '../client/not-added.ts';
import type { LoadedFile } from './summary.ts';

/** Sends one file and writes its rejects under data/not_added. */
export async function loadOne(
  client: Rowferry,
  home: string,
  path: string,
  options: LoadOptions,
): Promise<LoadedFile> {
  const result = await client.load(path, options);
  const name = options.name ?? path;
  return { ...result, rejects: await keepRejects(client, home, name, result) };
}

async function keepRejects(
  client: Rowferry,
  home: string,
  name: string,
  result: LoadResult,
): Promise<string | null> {
  if (result.rejected === 0) return null;
  const place = { folder: join(home, 'data', 'not_added'), table: result.table, load: result.load, name };
  const paths = notAddedPaths(place);
  // A person may be mending the file of the first time; only when it is missing (a crash came between) is it made.
  if (result.state === 'duplicate' && existsSync(paths.reasons)) return paths.records;
  const headerFrom = result.dialect?.header === true ? result.file : null;
  await writeNotAdded({ ...place, headerFrom, rejects: () => client.rejects(result.load) });
  return paths.records;
}
