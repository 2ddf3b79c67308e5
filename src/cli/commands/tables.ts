import type { Command } from 'commander';
import type { CountedTable, Rowferry } from '../../client/client.ts';
import { packageOf, schemaOf } from '../../dictionary/schema/write.ts';
import { RowferryError } from '../../errors.ts';
import { oneLine } from '../../log.ts';
import type { App } from '../app.ts';
import type { ExitCode } from '../exit-codes.ts';
import { examples, withServer } from '../flags.ts';
import { count } from '../format.ts';
import { connect } from '../local-server.ts';

export function registerTables(program: Command, app: App): void {
  const command = program
    .command('tables')
    .summary('show the tables that rows can be loaded into')
    .description('Show the dictionary: the tables of the database, their columns, keys and rules.')
    .argument('[table...]', 'show the columns of this one; with --schema of several')
    .option('--schema', 'as a Table Schema, or as a data package of several, for --schema of load and check')
    .addHelpText(
      'after',
      examples(
        ['rowferry tables', 'every table'],
        ['rowferry tables jobs', 'the columns and keys of jobs'],
        ['rowferry tables --schema jobs > jobs.schema.json', 'its rules as a Table Schema'],
      ),
    );
  withServer(command).action((names: string[], flags: { readonly schema?: boolean }) =>
    app.run(async (): Promise<ExitCode> => {
      const [name, ...others] = names;
      if (others.length > 0 && flags.schema !== true) throw severalTables(names);
      const config = app.config(command);
      await using connected = await connect({ config, log: app.quietLog(config), onPause: app.onPause });
      const { client } = connected;
      if (flags.schema === true) await showSchemas(app, client, names);
      else if (name === undefined) showAll(app, await client.tables({ counts: true }));
      else showOne(app, await client.table(name).describe());
      return 0;
    }),
  );
}

function severalTables(names: readonly string[]): RowferryError {
  return new RowferryError('usage', `found ${names.join(' ')}; expected one table`, {
    hint: 'rowferry tables TABLE, or rowferry tables for all of them',
  });
}

/** For a file: indented for people, one line with --json. */
async function showSchemas({ ui }: App, client: Rowferry, names: readonly string[]): Promise<void> {
  const tables =
    names.length === 0
      ? await client.tables()
      : await Promise.all(names.map((name) => client.table(name).describe()));
  const [table] = tables;
  const document = names.length === 1 && table !== undefined ? schemaOf(table) : packageOf(tables);
  ui.data(document);
  ui.line(JSON.stringify(document, null, 2));
}

function showAll(app: App, tables: readonly CountedTable[]): void {
  for (const table of tables) app.ui.data(table);
  app.ui.table(
    ['table', 'rows>', 'columns>', 'primary key', 'references'],
    tables.map((table) => [
      oneLine(table.name),
      table.rows === null ? '' : count(table.rows),
      String(table.columns.length),
      table.primaryKey.join(', '),
      [...new Set(table.foreignKeys.map((key) => key.parentTable))].join(', '),
    ]),
  );
  app.ui.line(tables.length === 0 ? 'the database has no tables' : '\nnext: rowferry tables NAME');
}

function showOne(app: App, table: CountedTable): void {
  app.ui.data(table);
  app.ui.table(
    ['column', 'type', 'null', 'key', 'default'],
    table.columns.map((column) => [
      oneLine(column.name),
      column.sqlType,
      column.nullable ? 'yes' : 'no',
      keysOf(table, column),
      column.default ?? '',
    ]),
  );
  for (const check of table.checks) app.ui.line(`check: ${oneLine(check)}`);
}

function keysOf(table: CountedTable, { name }: CountedTable['columns'][number]): string {
  const primary = table.primaryKey.includes(name) ? ['primary'] : [];
  const unique = table.uniqueKeys.some((key) => !key.primary && key.columns.includes(name)) ? ['unique'] : [];
  const parents = table.foreignKeys
    .filter((key) => key.columns.includes(name))
    .map((key) => `→ ${key.parentTable}.${key.parentColumns[key.columns.indexOf(name)] ?? ''}`);
  return [...primary, ...unique, ...parents].join(', ');
}
