import { tableOfFile } from '../dictionary/table-of-file.ts';
import { foldName } from '../lib/fold-name.ts';
import type { Dialect } from '../model/dialect.ts';
import type { TablePlan } from './plan.ts';

/** What to type to fill planned tables; one command loads the files of as many tables as need nothing said. */
export interface LoadCommand {
  readonly files: readonly string[];
  /** Null where the names of the files tell. */
  readonly table: string | null;
  readonly dialect: Partial<Dialect> | null;
}

/** Parents first. `declared`: the dialect that the plan was made with. */
export function loadCommands(tables: readonly TablePlan[], declared: Partial<Dialect> | null): LoadCommand[] {
  const names = tables.map(({ name }) => name);
  const commands = tables.flatMap((table) => {
    const table_ = table.files.every(({ path }) => isNamedFor(path, table.name, names)) ? null : table.name;
    return table.files.map((file) => ({
      files: [file.path],
      table: table_,
      dialect: fitsHeader(table) ? declared : { ...declared, ...file.positional },
    }));
  });
  const first = commands[0];
  const alike = commands.every(
    ({ table, dialect }) => table === null && JSON.stringify(dialect) === JSON.stringify(first?.dialect),
  );
  if (first === undefined || !alike) return commands;
  return [{ ...first, files: commands.flatMap(({ files }) => files) }];
}

/** As typed in a shell. */
export function shellCommand({ files, table, dialect }: LoadCommand): string {
  const words = ['rowferry', 'load', ...files.map(shellWord)];
  if (table !== null) words.push('--table', shellWord(table));
  if (dialect !== null) words.push('--dialect', shellWord(JSON.stringify(dialect)));
  return words.join(' ');
}

/** Whether a load finds the columns by the names in the header. */
function fitsHeader({ header, columns }: TablePlan): boolean {
  return header === null || header.every((name, i) => foldName(name) === foldName(columns[i]?.name ?? ''));
}

function isNamedFor(path: string, table: string, names: readonly string[]): boolean {
  try {
    return tableOfFile(path, names) === table;
  } catch {
    return false;
  }
}

const shellWord = (word: string): string =>
  /^[\w./:=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
