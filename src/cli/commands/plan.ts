import { type Command, Option } from 'commander';
import type { Config } from '../../config.ts';
import { isPlain, resolveDialect } from '../../csv/dialect.ts';
import { ambiguous } from '../../csv/sniff/question.ts';
import { sniff } from '../../csv/sniff/sniff.ts';
import type { Engine } from '../../database/database.ts';
import { engineNamed, engineNameOf, openDatabase } from '../../database/open.ts';
import { RowferryError } from '../../errors.ts';
import type { ExpandOptions } from '../../inputs/input.ts';
import { oneLine } from '../../log.ts';
import type { Dialect } from '../../model/dialect.ts';
import { NO_COUNTS } from '../../model/receipt.ts';
import { applyPlan } from '../../plan/apply.ts';
import { type LoadCommand, loadCommands, shellCommand } from '../../plan/load-commands.ts';
import { planFiles, type TablePlan } from '../../plan/plan.ts';
import type { Ends, PlanInput } from '../../plan/planned-file.ts';
import type { App } from '../app.ts';
import { dialectFor } from '../dialect.ts';
import type { ExitCode } from '../exit-codes.ts';
import { dialectOf, examples, withDialect } from '../flags.ts';
import { plural } from '../format.ts';
import { configOf, INPUTS, type InputFlags, type OpenInputs, openInputs, withInputs } from '../inputs.ts';
import { onInterrupt } from '../interrupt.ts';
import { startProgress } from '../progress.ts';

interface PlanFlags extends InputFlags {
  readonly engine?: Engine['name'];
  readonly apply?: boolean;
  readonly dialect?: string;
}

const ENGINES: readonly Engine['name'][] = ['postgres', 'mysql', 'sqlite'];

export function registerPlan(program: Command, app: App): void {
  const command = program
    .command('plan')
    .summary('propose tables for CSV files, as SQL')
    .description(
      'Read CSV files from their first byte to their last and propose a table for each: types that hold every value as ' +
        'it is, keys that are unique, foreign keys that no value breaks. Printed as SQL; nothing is created without --apply.',
    )
    .argument('<file...>', INPUTS)
    .addOption(new Option('--engine <name>', 'whose SQL (default: that of the database)').choices(ENGINES))
    .option('--apply', 'create the tables in the database, all or none')
    .option('--table <name>', 'all files are of this table (default: each is named for its own)')
    .addHelpText(
      'after',
      examples(
        ['rowferry plan data/', 'a table for each file, parents first'],
        ['rowferry plan *.csv --engine postgres > schema.sql', 'to read, change and run'],
        ['rowferry plan hr.zip', 'what an archive holds'],
        ['rowferry plan jobs.csv --apply && rowferry load jobs.csv', 'create the table, then fill it'],
      ),
    );
  withDialect(withInputs(command)).action((files: string[], flags: PlanFlags) =>
    app.run(() => plan(files, flags, configOf(app, command, flags), app)),
  );
}

async function plan(names: string[], flags: PlanFlags, config: Config, app: App): Promise<ExitCode> {
  const typed = dialectOf(flags.dialect);
  const engine = await engineFor(flags, config);
  await using inputs = await openInputs(app, names, flags, config);
  const declaredFor = (table: string) => dialectFor(config, table, typed).dialect ?? {};
  const tables = await planned(inputs, engine, flags.table, declaredFor, app);
  if (flags.apply === true) await apply(tables, config);
  const commands = loadCommands(tables);
  for (const table of tables) app.ui.data(document(table, engine, flags.apply === true, commands));
  if (flags.apply === true) tellCreated(app, tables, commands);
  else tellSql(app, tables, commands);
  return 0;
}

async function engineFor({ engine, apply: applied }: PlanFlags, config: Config): Promise<Engine> {
  const own = engineNameOf(config.databaseUrl);
  if (applied === true && engine !== undefined && engine !== own) {
    throw new RowferryError('usage', `--engine ${engine} with --apply, but the database is one of ${own}`, {
      hint: 'leave --engine out, or name the database with --database-url',
    });
  }
  return engineNamed(engine ?? own);
}

async function planned(
  inputs: OpenInputs,
  engine: Engine,
  table: string | undefined,
  declaredFor: (table: string) => Partial<Dialect>,
  { ui }: App,
): Promise<TablePlan[]> {
  using interrupt = onInterrupt(() => ui.note('stopping'));
  const [first] = inputs.list;
  const progress = startProgress(
    ui,
    inputs.list.length === 1 ? (first?.label ?? '') : plural(inputs.list.length, 'file'),
  );
  try {
    const onUnpacked = (bytes: number, size: number) => progress.update({ phase: 'unpacking', bytes, size });
    const files = await unpacked(inputs, { signal: interrupt.signal, onProgress: onUnpacked });
    return await planFiles({
      files,
      ddl: engine.ddl,
      declaredFor,
      dialectFor: (ends, input, name) => sniffed(ends, input, declaredFor(name)),
      signal: interrupt.signal,
      onProgress: (bytes, size) => progress.update({ phase: 'sending', bytes, size, counts: NO_COUNTS }),
      ...(table === undefined ? {} : { table }),
    });
  } finally {
    progress.end();
  }
}

/** All at once: they are read more than once, and beside each other. */
async function unpacked(inputs: OpenInputs, options: ExpandOptions): Promise<PlanInput[]> {
  const files: PlanInput[] = [];
  for (const input of inputs.list) {
    const { path } = await inputs.open(input, options);
    files.push({ path, label: input.label, plainName: input.plainName, typed: inputs.typed(input) });
  }
  return files;
}

/** What is declared; the rest as the content says. A header that is in the first line is looked at again, with care. */
function sniffed({ head, tail, whole }: Ends, { label }: PlanInput, declared: Partial<Dialect>): Dialect {
  const { dialect, questions } = sniff(head, { declared: resolvable(declared), whole, tail });
  const [question] = questions;
  if (question !== undefined) throw ambiguous({ ...question, about: `${question.about} of ${label}` });
  const found = resolveDialect(dialect);
  return declared.header === undefined && isPlain(found) ? { ...found, header: null } : found;
}

/** The declared properties alone, each checked. */
function resolvable(declared: Partial<Dialect>): Partial<Dialect> {
  resolveDialect(declared);
  return declared;
}

async function apply(tables: readonly TablePlan[], { databaseUrl }: Config): Promise<void> {
  const connection = await openDatabase(databaseUrl);
  try {
    await applyPlan(connection, tables);
  } finally {
    await connection.close();
  }
}

function tellSql({ ui }: App, tables: readonly TablePlan[], commands: readonly LoadCommand[]): void {
  for (const { ddl } of tables) ui.line(`${ddl.commented}\n`);
  const constraints = tables.flatMap(({ ddl }) => ddl.constraints);
  if (constraints.length > 0) ui.line('-- Tables that point at each other:');
  for (const statement of constraints) ui.line(`${statement};`);
  ui.line('-- next: run this, or let rowferry do so with --apply; then');
  for (const command of commands) ui.line(`--   ${oneLine(shellCommand(command))}`);
}

function tellCreated({ ui }: App, tables: readonly TablePlan[], commands: readonly LoadCommand[]): void {
  for (const { name, columns, primaryKey, warnings } of tables) {
    const key = primaryKey.length === 0 ? 'no primary key' : `primary key ${primaryKey.join(', ')}`;
    ui.line(`${ui.good('✓')} created ${oneLine(name)}: ${plural(columns.length, 'column')}, ${oneLine(key)}`);
    for (const warning of warnings) ui.line(`  ${ui.warn('!')} ${oneLine(warning)}`);
  }
  ui.line('\nnext:');
  for (const command of commands) ui.line(`  ${oneLine(shellCommand(command))}`);
}

/** One line of docs/cli-json.md. */
function document(
  table: TablePlan,
  engine: Engine,
  applied: boolean,
  commands: readonly LoadCommand[],
): Record<string, unknown> {
  const { name, files, header, rows, columns, primaryKey, uniqueColumns, foreignKeys, notProposed, ddl } =
    table;
  return {
    table: name,
    engine: engine.name,
    files: files.map(({ input }) => input.label),
    header: header !== null,
    rows,
    leftOut: [...table.leftOut].map(([code, count]) => ({ code, count })),
    columns: columns.map((column, i) => ({
      name: column.name,
      header: header?.[i] ?? null,
      kind: column.type.kind,
      sqlType: ddl.types[i]?.sql,
      nullable: column.nullable,
      longest: column.longest,
      evidence: [column.evidence, ddl.types[i]?.note ?? ''].filter((text) => text !== '').join('; '),
    })),
    primaryKey,
    uniqueKeys: uniqueColumns.map((column) => [column]),
    foreignKeys,
    notProposed,
    warnings: table.warnings,
    dialect: files[0]?.dialect ?? null,
    sql: ddl.create,
    constraints: ddl.constraints,
    applied,
    load: commands.filter((command) => files.some(({ input }) => command.files.includes(input.typed))),
  };
}
