import { tableOfFile } from '../dictionary/table-of-file.ts';
import { foldName } from '../lib/fold-name.ts';
import { shellWord } from '../lib/shell-word.ts';
import { DEFAULT_DIALECT, type Dialect } from '../model/dialect.ts';
import type { TablePlan } from './plan.ts';
import type { PlanInput, PlannedFile } from './planned-file.ts';

/** What to type to fill planned tables; one command loads the files of as many tables as need nothing said. */
export interface LoadCommand {
  readonly files: readonly string[];
  /** Null where the names of the files tell. */
  readonly table: string | null;
  readonly dialect: Partial<Dialect> | null;
}

/** Parents first. The dialect is said where it is not the usual one, so that the load reads what the plan read. */
export function loadCommands(tables: readonly TablePlan[]): LoadCommand[] {
  const names = tables.map(({ name }) => name);
  const commands = tables.flatMap((table) => {
    const named = table.files.every(({ input }) => isNamedFor(input, table.name, names));
    return table.files.map((file) => ({
      files: [file.input.typed],
      table: named ? null : table.name,
      dialect: dialectFor(table, file),
    }));
  });
  return commands.reduce<LoadCommand[]>(together, []);
}

/** Neighbours that need the same said are one command; where a table is named, it is one table's alone. */
function together(commands: readonly LoadCommand[], next: LoadCommand): LoadCommand[] {
  const last = commands.at(-1);
  const said = ({ table, dialect }: LoadCommand): string => JSON.stringify([table, dialect]);
  if (last === undefined || said(last) !== said(next)) return [...commands, next];
  return [...commands.slice(0, -1), { ...last, files: [...last.files, ...next.files] }];
}

/** As typed in a shell. */
export function shellCommand({ files, table, dialect }: LoadCommand): string {
  const words = ['rowferry', 'load', ...files.map(shellWord)];
  if (table !== null) words.push('--table', shellWord(table));
  if (dialect !== null) words.push('--dialect', shellWord(JSON.stringify(dialect)));
  return words.join(' ');
}

function dialectFor(table: TablePlan, { dialect, header, positional }: PlannedFile): Partial<Dialect> | null {
  if (!fitsHeader(table)) return { ...unusualOf({ ...dialect, ...positional }), header: false };
  const found = unusualOf(dialect);
  return Object.keys(found).length === 0 ? null : { ...found, header: header !== null };
}

/** Without `header`, which is told apart. */
function unusualOf({ header: _, ...others }: Dialect): Partial<Dialect> {
  const unusual = Object.entries(others).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(Reflect.get(DEFAULT_DIALECT, name)),
  );
  return Object.fromEntries(unusual);
}

/** Whether a load finds the columns by the names in the header. */
function fitsHeader({ header, columns }: TablePlan): boolean {
  return header === null || header.every((name, i) => foldName(name) === foldName(columns[i]?.name ?? ''));
}

/** Standard input has no name, whatever it is to be called. */
function isNamedFor({ typed, plainName }: PlanInput, table: string, names: readonly string[]): boolean {
  if (typed === '-') return false;
  try {
    return tableOfFile(plainName, names) === table;
  } catch {
    return false;
  }
}
