import { glob, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { orderByParents } from '../dictionary/order.ts';
import { tableOfFile } from '../dictionary/table-of-file.ts';
import { RowferryError } from '../errors.ts';
import type { RelatedTable } from '../model/table.ts';

export interface FileOfTable {
  readonly path: string;
  readonly table: string;
}

/** Files as typed: a folder stands for the CSV files in it, a name with * for what it matches. Sorted, each once. */
export async function expandFiles(names: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  for (const name of names) for (const path of await expand(name)) found.add(path);
  return [...found];
}

async function expand(name: string): Promise<string[]> {
  const stats = await stat(name).catch(() => null);
  if (stats?.isDirectory()) return csvFilesIn(name);
  if (stats !== null) return [name];
  const matches = /[*?]/.test(name) ? await matchesOf(name) : [];
  if (matches.length > 0) return matches;
  throw new RowferryError('file-unreadable', `${name} is not there`, {
    hint: 'give the path of a CSV file, a folder of them, or a name with *',
  });
}

async function matchesOf(pattern: string): Promise<string[]> {
  const matches: string[] = [];
  for await (const match of glob(pattern)) matches.push(match);
  return matches.sort();
}

async function csvFilesIn(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => /^[^.~].*\.csv$/i.test(name)).sort();
  if (names.length > 0) return names.map((name) => join(folder, name));
  throw new RowferryError('file-unreadable', `there is no CSV file in ${folder}`, {
    hint: 'give the path of a CSV file or a folder of them',
  });
}

/** Each file with its table, parents before children; files of one table keep their order. */
export function filesInOrder(
  paths: readonly string[],
  tables: readonly RelatedTable[],
  options: { readonly table?: string; readonly mapping: Readonly<Record<string, string>> },
): FileOfTable[] {
  const names = tables.map((table) => table.name);
  const tableFor = (path: string) => options.table ?? tableOfFile(path, names, options.mapping);
  const files = paths.map((path) => ({ path, table: tableFor(path) }));
  const order = orderByParents(
    tables,
    files.map(({ table }) => table),
  );
  return files.toSorted((a, b) => order.indexOf(a.table) - order.indexOf(b.table));
}
