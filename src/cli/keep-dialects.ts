import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CONFIG_FILE } from '../config/file.ts';
import type { Config } from '../config.ts';
import { writeAtomic } from '../lib/atomic-file.ts';
import { oneLine } from '../log.ts';
import type { Dialect } from '../model/dialect.ts';
import { unusualIn } from './dialect.ts';
import type { LoadedFile } from './summary.ts';
import type { Ui } from './ui.ts';

/**
 * `load --save-dialect`: the dialects of the files that were loaded, into the configuration. Whether there is a header
 * is kept where it was declared: the next file may have one or not. A duplicate was not read, so it teaches nothing.
 */
export async function keepDialects(
  ui: Ui,
  config: Pick<Config, 'home' | 'file' | 'dialects'>,
  results: readonly LoadedFile[],
  declared: Partial<Dialect> | undefined,
): Promise<void> {
  const { header } = { ...declared };
  const learnt = new Map<string, object>();
  for (const { table, dialect, state } of results) {
    if (dialect === null || state === 'duplicate' || state === 'aborted' || state === 'failed') continue;
    learnt.set(table, { ...unusualIn(dialect), ...(typeof header === 'boolean' ? { header } : {}) });
  }
  if (learnt.size === 0) return ui.note('no dialect is kept: no file was read to its end');
  const path = config.file ?? join(config.home, CONFIG_FILE);
  await writeConfig(path, config, { ...without(config.dialects, learnt), ...Object.fromEntries(learnt) });
  ui.note(`the dialect of ${[...learnt.keys()].map(oneLine).join(', ')} is kept in ${path}`);
}

/** A table goes by its name whatever its case: one entry each. */
function without(dialects: Config['dialects'], learnt: ReadonlyMap<string, object>): Config['dialects'] {
  const replaced = new Set([...learnt.keys()].map((table) => table.toLowerCase()));
  const others = Object.entries(dialects).filter(([table]) => !replaced.has(table.toLowerCase()));
  return Object.fromEntries(others);
}

/** Everything else in the file stays, and so do its permissions. */
async function writeConfig(path: string, { file }: Pick<Config, 'file'>, dialects: object): Promise<void> {
  const before: unknown = file === null ? {} : JSON.parse(await readFile(path, 'utf8'));
  const mode = file === null ? 0o600 : (await stat(path)).mode & 0o777;
  const after = { ...(typeof before === 'object' ? before : {}), dialects };
  await writeAtomic(path, (handle) => handle.writeFile(`${JSON.stringify(after, null, 2)}\n`), { mode });
}
