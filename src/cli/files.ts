import { glob, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { orderByParents } from '../dictionary/order.ts';
import { tableOfInput } from '../dictionary/table-of-file.ts';
import { RowferryError } from '../errors.ts';
import { memberNamed } from '../inputs/find-inputs.ts';
import type { Input } from '../inputs/input.ts';
import { inputEnding } from '../lib/input-name.ts';
import type { RelatedTable } from '../model/table.ts';

export interface FileOfTable {
  readonly input: Input;
  readonly table: string;
}

export interface NamedFile {
  readonly path: string;
  /** The one member that is meant of an archive; null: all that it holds. */
  readonly member: string | null;
}

/**
 * One name as typed. Shells leave a name with * as it is when nothing matches, when it is quoted, and on Windows
 * always. Throws `usage` where nothing matches, `file-unreadable` where nothing is there.
 */
export async function expandNames(name: string): Promise<NamedFile[]> {
  const stats = await stat(name).catch(() => null);
  if (stats?.isDirectory()) return whole(await filesIn(name));
  if (stats !== null) return whole([name]);
  const inside = memberNamed(name);
  if (inside !== null && (await stat(inside.archive).catch(() => null))?.isFile()) {
    return [{ path: inside.archive, member: inside.member }];
  }
  if (/[*?[{]/.test(name)) return whole(await matchesOf(name));
  throw new RowferryError('file-unreadable', `${name} is not there`, {
    hint: 'give the path of a CSV file, a folder of them, or a name with *',
  });
}

const whole = (paths: readonly string[]): NamedFile[] => paths.map((path) => ({ path, member: null }));

async function matchesOf(pattern: string): Promise<string[]> {
  const matches: string[] = [];
  for await (const match of glob(pattern)) {
    if (!(await stat(match).catch(() => null))?.isDirectory()) matches.push(match);
  }
  if (matches.length > 0) return matches.sort();
  throw new RowferryError('usage', `no file matches ${pattern} in ${process.cwd()}`, {
    hint: '* stands for any characters but a slash, ** for any folders; quotes keep the shell from looking first',
  });
}

async function filesIn(folder: string): Promise<string[]> {
  const names = (await readdir(folder))
    .filter((name) => /^[^.~]/.test(name) && inputEnding(name) !== '')
    .sort();
  if (names.length > 0) return names.map((name) => join(folder, name));
  throw new RowferryError('file-unreadable', `there is no CSV file in ${folder}`, {
    hint: 'give the path of a CSV file or a folder of them',
  });
}

/** Each file with its table, parents before children; files of one table keep their order. */
export function filesInOrder(
  inputs: readonly Input[],
  tables: readonly RelatedTable[],
  options: {
    readonly table?: string;
    /** Of files of which more is known than their names tell. */
    readonly known?: ReadonlyMap<Input, string>;
    readonly mapping: Readonly<Record<string, string>>;
  },
): FileOfTable[] {
  const names = tables.map((table) => table.name);
  const tableFor = (input: Input) =>
    options.table ?? options.known?.get(input) ?? tableOfInput(input, names, options.mapping);
  const files = inputs.map((input) => ({ input, table: tableFor(input) }));
  const order = orderByParents(
    tables,
    files.map(({ table }) => table),
  );
  return files.toSorted((a, b) => order.indexOf(a.table) - order.indexOf(b.table));
}
