import type { Command } from 'commander';
import type { CountedTable } from '../../client/client.ts';
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
    .argument('[table]', 'show the columns of this one')
    .addHelpText(
      'after',
      examples(['rowferry tables', 'every table'], ['rowferry tables jobs', 'the columns and keys of jobs']),
    );
  withServer(command).action((name: string | undefined) =>
    app.run(async (): Promise<ExitCode> => {
      const config = app.config(command);
      await using connected = await connect({ config, log: app.quietLog(config) });
      if (name === undefined) showAll(app, await connected.client.tables({ counts: true }));
      else showOne(app, await connected.client.table(name).describe());
      return 0;
    }),
  );
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
