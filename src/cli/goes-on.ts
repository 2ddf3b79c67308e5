import { globSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { memberNamed } from '../inputs/find-inputs.ts';
import { plainName } from '../lib/input-name.ts';
import { shellWord } from '../lib/shell-word.ts';
import type { Load } from '../model/receipt.ts';
import { unusualIn } from './dialect.ts';

/** What to type to go on with a load that is still receiving. */

export interface WayOn {
  readonly command: string;
  /** What the command cannot tell, for a person. */
  readonly notes: readonly string[];
}

/** `server`: as it was typed for this command. */
export function wayOnWith(load: Load, home: string, server: string | undefined): WayOn {
  if (isInWork(load, home)) return { command: 'rowferry up', notes: ['its file lies in data/work'] };
  const file = fileOf(load);
  const words = ['rowferry', 'load', ...file.words, '--table', load.table, ...optionsOf(load)];
  if (server !== undefined) words.push('--server', server);
  const notes = [
    ...file.notes,
    // Of one of which something is there the ledger knows the schema.
    ...(load.schema !== null && load.offset === 0 ? ['add the --schema that it was begun with'] : []),
  ];
  return { command: [...words.map(shellWord), ...file.from].join(' '), notes };
}

interface FileOfLoad {
  readonly words: readonly string[];
  /** Behind all options, not quoted. */
  readonly from: readonly string[];
  readonly notes: readonly string[];
}

/** The ledger keeps the name without its folder. */
function fileOf({ name, size }: Load): FileOfLoad {
  if (name === 'stdin') {
    return { words: ['-'], from: ['< FILE'], notes: ['FILE: what was sent through standard input'] };
  }
  const here = lies(name, size);
  const path = name.startsWith('-') ? `./${name}` : name;
  if (here) return { words: [path], from: [], notes: [] };
  const words = [`FOLDER/${name}`];
  return { words, from: [], notes: [`FOLDER: where ${name} lies, of which the ledger keeps the name alone`] };
}

/** Packed content has another size than its file. */
function lies(name: string, size: number): boolean {
  const path = memberNamed(name)?.archive ?? name;
  if (basename(path) !== path) return false;
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile() !== true) return false;
  return path !== name || plainName(name) !== name || found.size === size;
}

function isInWork({ name }: Load, home: string): boolean {
  const path = memberNamed(name)?.archive ?? name;
  const folders = globSync('*', { cwd: join(home, 'data', 'work') });
  return folders.some((folder) => {
    const place = join(home, 'data', 'work', folder, basename(path));
    return statSync(place, { throwIfNoEntry: false })?.isFile() === true;
  });
}

/** All that was said of how it is read and written, so that the rest is taken as the beginning was. */
function optionsOf({ mode, atomic, maxRejects, dialect }: Load): string[] {
  const options: string[] = [];
  if (mode !== 'insert') options.push('--mode', mode);
  if (atomic) options.push('--atomic');
  if (maxRejects !== null) options.push('--max-rejects', maxRejects);
  if (dialect === null) return options;
  const header = dialect.header === null ? {} : { header: dialect.header };
  const said = { ...unusualIn(dialect), ...header };
  return [...options, '--no-sniff', '--dialect', JSON.stringify(said)];
}
