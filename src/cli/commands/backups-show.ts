import type { Command } from 'commander';
import type { BackupTable } from '../../backup/open-table.ts';
import { ValueTexts } from '../../backup/value-texts.ts';
import { oneLine } from '../../log.ts';
import { USUAL_AVRO } from '../../model/avro-options.ts';
import type { App } from '../app.ts';
import { withBackup } from '../backup-source.ts';
import type { ExitCode } from '../exit-codes.ts';
import { examples, wholeNumber, withServer } from '../flags.ts';
import { moment, plural, size } from '../format.ts';
import { type IdentityFlags, withIdentity } from '../identity.ts';

interface ShowFlags extends IdentityFlags {
  readonly rows: number;
}

export function registerShow(parent: Command, app: App): void {
  const command = parent
    .command('show')
    .summary('what is in a backup')
    .description(
      'Show the table, the columns and the first rows of a backup, without a database. Nothing is proven of the file: ' +
        'that is what rowferry verify does.',
    )
    .argument('<backup>', 'path of an Avro file, or id of a backup')
    .option('--rows <n>', 'rows to show', wholeNumber, 5)
    .addHelpText(
      'after',
      examples(
        ['rowferry backups show jobs.20261122T143000Z.1a2b3c4d', 'columns and five rows'],
        ['rowferry backups show copy.avro.age --identity key.txt --rows 20', 'an encrypted file'],
      ),
    );
  withIdentity(withServer(command)).action((named: string, flags: ShowFlags) =>
    app.run(async () => {
      const config = app.config(command, flags.identity === undefined ? {} : { identity: flags.identity });
      const source = { config, log: app.quietLog(config) };
      return withBackup(named, source, async (table): Promise<ExitCode> => {
        show(app, table, await firstRows(table, flags.rows));
        return 0;
      });
    }),
  );
}

type Cells = ReadonlyArray<string | null>;

async function firstRows(table: BackupTable, most: number): Promise<Cells[]> {
  const values = new ValueTexts(table.facts.columns);
  const rows: Cells[] = [];
  if (most === 0) return rows;
  for await (const _ of table.rows(values)) {
    rows.push([...values.texts]);
    if (rows.length === most) break;
  }
  return rows;
}

function show(app: App, { facts, bytes, isEncrypted }: BackupTable, rows: readonly Cells[]): void {
  const { ui } = app;
  const { id, table, engine, engineVersion, snapshotAt, columns, primaryKey, codec } = facts;
  const { profile = USUAL_AVRO.profile } = facts;
  const described = columns.map(({ name, sqlType, nullable, generated, form, reason }) => ({
    name,
    sqlType,
    nullable,
    generated,
    form: form.kind === 'classes' ? form.classes.join(' | ') : form.kind,
    reason,
  }));
  const sample = rows.map((cells) =>
    Object.fromEntries(columns.map(({ name }, index) => [name, cells[index] ?? null])),
  );
  const about = {
    id,
    table,
    engine,
    engineVersion,
    snapshotAt,
    rows: facts.rows,
    bytes,
    encrypted: isEncrypted,
    codec,
    profile,
  };
  ui.data({ ...about, primaryKey, columns: described, sample });
  ui.line(
    `${ui.bold(oneLine(table))}: ${plural(facts.rows, 'row')}, ${size(bytes)}${isEncrypted ? ' encrypted' : ''}, ` +
      `of ${oneLine(engine)} ${oneLine(engineVersion)}, as of ${moment(snapshotAt)}, codec ${oneLine(codec)}, ` +
      `profile ${oneLine(profile)}\n`,
  );
  ui.table(
    ['column', 'type', 'in the file', 'key', 'why'],
    described.map(({ name, sqlType, form, nullable, reason }) => [
      oneLine(name),
      oneLine(sqlType) + (nullable ? '' : ' NOT NULL'),
      form,
      primaryKey.includes(name) ? 'primary' : '',
      oneLine(reason ?? ''),
    ]),
  );
  if (rows.length === 0) return;
  ui.line();
  ui.table(
    columns.map(({ name }) => oneLine(name)),
    rows.map((cells) => cells.map((cell) => (cell === null ? ui.dim('NULL') : cut(oneLine(cell))))),
  );
}

const MOST_TEXT = 40;

function cut(text: string): string {
  return text.length <= MOST_TEXT ? text : `${text.slice(0, MOST_TEXT - 1)}…`;
}
