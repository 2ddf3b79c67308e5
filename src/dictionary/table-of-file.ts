import { RowferryError } from '../errors.ts';
import { plainName } from '../lib/input-name.ts';
import { nearNames } from '../lib/near-names.ts';

/**
 * The table a file belongs to, by (first that fits) the mapping of the configuration; the file's name
 * (`jobs.csv`, `jobs.csv.gz`); its folder (`jobs/x.csv`); the longest table name it begins with (`jobs-2021.csv`). Case does not
 * matter unless two tables differ in nothing else. `path` may have either kind of slash.
 * Throws `table-not-found` with the near names, and `usage` where folder and name say different things.
 */
export function tableOfFile(
  path: string,
  tableNames: readonly string[],
  mapping: Readonly<Record<string, string>> = {},
): string {
  const parts = path.split(/[/\\]/).filter((part) => part !== '');
  const file = parts.at(-1) ?? '';
  const mapped =
    mappedTable(parts, mapping) ?? mappedTable([...parts.slice(0, -1), plainName(file)], mapping);
  if (mapped !== undefined) return existing(mapped, file, tableNames);
  const stem = plainName(file).replace(/\.(?:csv|zip)$/i, '');
  const exact = sameName(stem, tableNames);
  if (exact !== undefined) return exact;
  const folder = sameName(parts.at(-2) ?? '', tableNames);
  const prefix = longestPrefix(stem, tableNames);
  if (folder !== undefined && prefix !== undefined && folder !== prefix) {
    throw new RowferryError('usage', `${file} lies in a folder for ${folder} but is named for ${prefix}`, {
      hint: 'say which with --table, or rename the file',
    });
  }
  const table = folder ?? prefix;
  if (table === undefined) throw notFound(file, stem, tableNames);
  return table;
}

/** The names of an input, as inputs/input.ts has them. */
export interface NamedInput {
  readonly plainName: string;
  readonly archive: string | null;
}

/**
 * The same for an input: of a member of an archive by its own name, the archive standing for a folder, else by the name
 * and folder of the archive.
 */
export function tableOfInput(
  { plainName: path, archive }: NamedInput,
  tableNames: readonly string[],
  mapping: Readonly<Record<string, string>> = {},
): string {
  try {
    return tableOfFile(path, tableNames, mapping);
  } catch (error) {
    if (archive === null || !(error instanceof RowferryError) || error.code !== 'table-not-found')
      throw error;
    const table = tableOrNull({ plainName: archive, archive: null }, tableNames, mapping);
    if (table === null) throw error;
    return table;
  }
}

/** Null for an input of no table. */
export function tableOrNull(
  input: NamedInput,
  tableNames: readonly string[],
  mapping: Readonly<Record<string, string>>,
): string | null {
  try {
    return tableOfInput(input, tableNames, mapping);
  } catch {
    return null;
  }
}

/** `mapping` keys are file names or paths from incoming; `*` stands for any characters but a slash. */
function mappedTable(
  parts: readonly string[],
  mapping: Readonly<Record<string, string>>,
): string | undefined {
  for (const [pattern, table] of Object.entries(mapping)) {
    const depth = pattern.split('/').length;
    if (globMatches(pattern, parts.slice(-depth).join('/'))) return table;
  }
  return undefined;
}

function globMatches(pattern: string, text: string): boolean {
  const source = pattern
    .split('*')
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
    .join('[^/]*');
  return new RegExp(`^${source}$`, 'iu').test(text);
}

function existing(mapped: string, file: string, tableNames: readonly string[]): string {
  const table = sameName(mapped, tableNames);
  if (table !== undefined) return table;
  throw new RowferryError('table-not-found', `the mapping sends ${file} to ${mapped}, which is no table`, {
    hint: `mend "mapping" in rowferry.config.json; tables: ${tableNames.join(', ') || 'none'}`,
  });
}

function sameName(name: string, tableNames: readonly string[]): string | undefined {
  if (tableNames.includes(name)) return name;
  const folded = name.toLowerCase();
  return tableNames.find((table) => table.toLowerCase() === folded);
}

function longestPrefix(stem: string, tableNames: readonly string[]): string | undefined {
  const folded = stem.toLowerCase();
  const begins = (table: string) =>
    folded.startsWith(table.toLowerCase()) && !/^[\p{L}\p{N}]/u.test(stem.slice(table.length));
  return tableNames.filter(begins).sort((a, b) => b.length - a.length)[0];
}

function notFound(file: string, stem: string, tableNames: readonly string[]): RowferryError {
  const near = nearNames(stem, tableNames);
  const meant = near.length > 0 ? `did you mean ${near.join(' or ')}? ` : '';
  const tables = tableNames.length > 0 ? `tables: ${tableNames.join(', ')}` : 'the database has no tables';
  return new RowferryError('table-not-found', `no table is named in ${file}`, {
    hint: `${meant}say --table T, name the file like TABLE.csv, TABLE-2021.csv or TABLE/x.csv, or name its table under "mapping" in the configuration; ${tables}`,
  });
}
