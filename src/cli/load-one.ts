import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { LoadOptions, LoadResult, Rowferry } from '../client/client.ts';
import { EarlyRejects } from '../client/early-rejects.ts';
import type { NotAddedOptions } from '../client/not-added.ts';
import { loadNamedIn, notAddedPaths } from '../client/not-added-paths.ts';
import { isPlain } from '../csv/dialect.ts';
import { asDiskError } from '../lib/disk-error.ts';
import type { Dialect } from '../model/dialect.ts';
import type { Load } from '../model/receipt.ts';
import type { LoadedFile } from './summary.ts';

export interface FileOptions extends LoadOptions {
  /** What the file of its rejects is named for; default: `name`. */
  readonly plainName?: string;
  /** What was typed of the dialect; the rest is that of the load whose rejects the file has. */
  readonly typed?: Partial<Dialect>;
  /** Why a file that is named for rejects is loaded as any other. */
  readonly onPlainLoad?: (because: string) => void;
}

/** Sends one file and writes its rejects under data/not_added; a file of mended rejects is sent as what it is. */
export async function loadOne(
  client: Rowferry,
  home: string,
  path: string,
  { typed, onPlainLoad, ...options }: FileOptions,
): Promise<LoadedFile> {
  const { dialect: _dialect, ...said } = options;
  const mending = { ...said, ...(typed === undefined ? {} : { dialect: typed }) };
  const name = nameOf(path, options.plainName, options.name);
  // Most names speak of no load.
  if (loadNamedIn(name) === null) return loadPlain(client, home, path, options);
  const { loadMended } = await import('./load-mended.ts');
  const mended = await loadMended(client, home, path, name, mending);
  if (mended === null) return loadPlain(client, home, path, options);
  if ('result' in mended) return mended.result;
  const because = `loaded as a file of its own: ${mended.because}`;
  onPlainLoad?.(because);
  const result = await loadPlain(client, home, path, options);
  return { ...result, warnings: [...result.warnings, because] };
}

const nameOf = (path: string, plainName: string | undefined, name: string | undefined): string =>
  plainName ?? name ?? path;

async function loadPlain(
  client: Rowferry,
  home: string,
  path: string,
  { plainName, ...options }: Omit<FileOptions, 'typed' | 'onPlainLoad'>,
): Promise<LoadedFile> {
  const name = nameOf(path, plainName, options.name);
  const placeOf = ({ id, table, dialect }: Pick<Load, 'id' | 'table' | 'dialect'>): NotAddedOptions => {
    const hasHead = dialect !== null && (dialect.header === true || !isPlain(dialect));
    const headerFrom = hasHead ? path : null;
    return { folder: join(home, 'data', 'not_added'), table, load: id, name, headerFrom, dialect };
  };
  const early = new EarlyRejects(placeOf);
  try {
    const result = await client.load(path, { ...options, onPart: (receipt) => early.add(receipt) });
    const place = placeOf({ ...result, id: result.load });
    return { ...result, rejects: await keepRejects(client, place, result, early) };
  } catch (error) {
    const folder = join(home, 'data', 'not_added');
    throw asDiskError(
      error,
      `no room left for the rejects in ${folder}`,
      'free some space there; nothing is lost: the same command goes on, and writes them all',
    );
  } finally {
    await early.discard();
  }
}

async function keepRejects(
  client: Rowferry,
  place: NotAddedOptions,
  result: LoadResult,
  early: EarlyRejects,
): Promise<string | null> {
  if (result.rejected === 0) return null;
  const paths = notAddedPaths(place);
  // A person may be mending the file of the first time; only when it is missing (a crash came between) is it made.
  if (result.state === 'duplicate' && existsSync(paths.reasons)) return paths.records;
  const kept = await early.commit(result);
  if (kept === null) {
    const { writeNotAdded } = await import('../client/not-added.ts');
    await writeNotAdded(place, client.rejectPages(result.load));
  }
  return paths.records;
}
