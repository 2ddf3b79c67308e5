import { join } from 'node:path';

/** What the files of a load's rejects are called, and of which load a file of that name is. */

export interface NotAddedPlace {
  /** data/not_added. */
  readonly folder: string;
  readonly table: string;
  readonly load: string;
  /** As it was dropped or named; only its last part is used, and what no file name may hold is replaced. */
  readonly name: string;
}

export interface NotAdded {
  readonly records: string;
  readonly reasons: string;
}

/** File systems allow 255; the load's id and the endings come to it. */
const MOST_NAME_BYTES = 150;

/** The two paths for a load's rejects: `<folder>/<table>/<file>.<load>.csv` and `….reasons.csv`. */
export function notAddedPaths(options: NotAddedPlace): NotAdded {
  const last = options.name.split(/[/\\]/).at(-1) ?? '';
  const stem = safeName(last.replace(/\.csv$/i, '')) || 'rows';
  const base = join(options.folder, safeName(options.table), `${stem}.${options.load}`);
  return { records: `${base}.csv`, reasons: `${base}.reasons.csv` };
}

const ID = '[0-7][0-9A-HJKMNP-TV-Z]{25}';
/** The watcher may have put an id of its own behind that of the load. */
const NAME_WITH_LOAD = new RegExp(`\\.(${ID})(?:-${ID})?\\.csv$`);

/** The load whose rejects a file is named for, such as `jobs.01KAN3….csv`; null: for none. */
export function loadNamedIn(name: string): string | null {
  return NAME_WITH_LOAD.exec(name)?.[1] ?? null;
}

/** A part of a path on any system: no separators, control characters or reserved marks, no dot in front. */
function safeName(name: string): string {
  const safe = name.replace(/[\p{Cc}/\\:*?"<>|]/gu, '_').replace(/^\.+/, '_');
  if (Buffer.byteLength(safe) <= MOST_NAME_BYTES) return safe;
  return Buffer.from(safe)
    .subarray(0, MOST_NAME_BYTES)
    .toString()
    .replace(/\uFFFD+$/, '');
}
