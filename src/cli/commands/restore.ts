import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { RestoreOptions, RestoreResult, Rowferry } from '../../client/client.ts';
import { RowferryError } from '../../errors.ts';
import { shellWord } from '../../lib/shell-word.ts';
import { oneLine } from '../../log.ts';
import type { App } from '../app.ts';
import { ask } from '../ask.ts';
import { tableOfBackupFile } from '../backup-file.ts';
import type { ExitCode } from '../exit-codes.ts';
import { examples, withServer } from '../flags.ts';
import { count, plural, seconds } from '../format.ts';
import { type IdentityFlags, identitiesOf, withIdentity } from '../identity.ts';
import { connect } from '../local-server.ts';

interface RestoreFlags extends IdentityFlags {
  readonly table?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

export function registerRestore(program: Command, app: App): void {
  const command = program
    .command('restore')
    .summary('replace a whole table by a backup')
    .description(
      'Replace all rows of a table by those of a backup, in one transaction or not at all. What is there before is ' +
        'backed up first. Children of the table keep their parents, or nothing is changed.',
    )
    .argument('<backup>', 'path of an Avro file, or id of a backup (rowferry backups)')
    .option('--table <name>', 'restore into another table: one with the same columns, or one that is made')
    .option('--dry-run', 'check everything, change nothing')
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      examples(
        ['rowferry restore backups/jobs/jobs.20261122T143000Z.1a2b3c4d.avro --dry-run', 'would it work?'],
        ['rowferry restore jobs.20261122T143000Z.1a2b3c4d --yes', 'by its id, without a question'],
        [
          'rowferry restore jobs.20261122T143000Z.1a2b3c4d --table jobs_before',
          'beside the table as it is now',
        ],
      ),
    );
  withIdentity(withServer(command)).action((backup: string, flags: RestoreFlags) =>
    app.run(() => restore(backup, flags, app, command)),
  );
}

async function restore(backup: string, flags: RestoreFlags, app: App, command: Command): Promise<ExitCode> {
  const { ui } = app;
  const config = app.config(command, flags.identity === undefined ? {} : { identity: flags.identity });
  const identities = identitiesOf(config);
  const isFile = existsSync(backup);
  if (!isFile) refuseMissingFile(backup);
  await using connected = await connect({ config, log: app.quietLog(config), mayCreate: isFile });
  const { client } = connected;
  const table =
    flags.table ?? (isFile ? await tableOfBackupFile(backup, identities) : await tableOfId(client, backup));
  const dryRun = flags.dryRun === true;
  if (!dryRun && flags.yes !== true) await confirm(app, table);
  const from: RestoreOptions['from'] = isFile ? { file: backup } : { backup };
  const result = await client.restore({ table, from, dryRun, identities });
  const { rows, replaced, strategy, seconds: time, safetyBackup, backupTable, notTaken } = result;
  ui.data({ table: result.table, backupTable, rows, strategy, seconds: time, safetyBackup, notTaken });
  const would = dryRun ? 'would hold' : 'holds';
  ui.line(
    `${ui.good('✓')} ${oneLine(result.table)} ${would} ${plural(rows, 'row')} of ${ofWhom(result)} in place of ${count(replaced)}`,
  );
  ui.line(`  ${strategy}, ${seconds(time)} s${dryRun ? '; nothing was changed' : ''}`);
  if (safetyBackup !== null) ui.line(`  as it was before: rowferry restore ${safetyBackup}`);
  if (notTaken.length > 0) ui.line(`  not taken along: ${oneLine(notTaken.join(', '))}`);
  const into = flags.table === undefined ? '' : ` --table ${oneLine(shellWord(flags.table))}`;
  if (dryRun) ui.line(`\nnext: rowferry restore ${oneLine(backup)}${into}`);
  return 0;
}

function ofWhom({ table, backupTable }: RestoreResult): string {
  return table.toLowerCase() === backupTable.toLowerCase()
    ? 'the backup'
    : `the backup of ${oneLine(backupTable)}`;
}

function refuseMissingFile(backup: string): void {
  if (!/[/\\]|\.avro(\.age)?$/.test(backup)) return;
  throw new RowferryError('file-unreadable', `${backup} is not there. Nothing was changed.`, {
    hint: 'list the backups: rowferry backups',
  });
}

async function tableOfId(client: Rowferry, id: string): Promise<string> {
  const found = (await client.backups()).find((backup) => backup.id === id);
  if (found !== undefined) return found.table;
  throw new RowferryError('backup-not-found', `there is no backup ${id}. Nothing was changed.`, {
    hint: 'list the backups: rowferry backups',
  });
}

/** The name has to be typed: a y would be given too easily for all rows of a table. */
async function confirm(app: App, table: string): Promise<void> {
  if (!process.stdin.isTTY || !app.ui.stdoutIsTerminal) {
    throw new RowferryError('usage', `this replaces all rows of ${table}. Nothing was changed.`, {
      hint: 'say --yes if that is meant, or look first with --dry-run',
    });
  }
  await ask({
    message: `All rows of ${table} are replaced. Type its name to go on`,
    check: (answer) => (answer === table ? undefined : `type ${table}, or Ctrl-C to leave it as it is`),
  });
}
