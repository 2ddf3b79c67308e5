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
import { count, lasting, plural } from '../format.ts';
import { type IdentityFlags, identitiesOf, withIdentity } from '../identity.ts';
import { watchJob } from '../job-progress.ts';
import { connect } from '../local-server.ts';

interface RestoreFlags extends IdentityFlags {
  readonly table?: string;
  readonly convert?: boolean;
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
    .option('--convert', 'take a backup of another kind of database; says first what each column becomes')
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
  const from: RestoreOptions['from'] = isFile ? { file: backup } : { backup };
  const asked = { table, from, convert: flags.convert === true, identities };
  if (!dryRun && flags.yes !== true) {
    if (asked.convert) tellChanges(app, await client.restore({ ...asked, dryRun: true }));
    await confirm(app, table);
  }
  const result = await watchJob(ui, (watch) => client.restore({ ...asked, dryRun, ...watch }));
  const { rows, replaced, strategy, seconds: time, safetyBackup } = result;
  const { backupTable, notTaken, changes, createTable, compared } = result;
  const told = { rows, strategy, seconds: time, safetyBackup, notTaken, changes, createTable, compared };
  ui.data({ table: result.table, backupTable, ...told });
  const would = dryRun ? 'would hold' : 'holds';
  ui.line(
    `${ui.good('✓')} ${oneLine(result.table)} ${would} ${plural(rows, 'row')} of ${ofWhom(result)} in place of ${count(replaced)}`,
  );
  ui.line(`  ${strategy}, ${lasting(time)}${dryRun ? '; nothing was changed' : ''}`);
  const key = flags.identity === undefined ? '' : ` --identity ${oneLine(shellWord(flags.identity))}`;
  if (safetyBackup !== null) ui.line(`  as it was before: rowferry restore ${safetyBackup}${key}`);
  if (flags.yes === true || dryRun || !asked.convert) tellChanges(app, result);
  if (asked.convert && !dryRun) ui.line(`  compared: ${result.compared}`);
  const convert = asked.convert ? ' --convert' : '';
  const into = flags.table === undefined ? '' : ` --table ${oneLine(shellWord(flags.table))}`;
  if (dryRun) ui.line(`\nnext: rowferry restore ${oneLine(backup)}${into}${convert}${key}`);
  return 0;
}

/** What is not as it was in the database of the backup. */
function tellChanges({ ui }: App, { changes, notTaken, createTable }: RestoreResult): void {
  for (const change of changes) ui.line(`  ${oneLine(change)}`);
  if (notTaken.length > 0) ui.line(`  not taken along: ${oneLine(notTaken.join(', '))}`);
  if (createTable !== null) for (const line of createTable.split('\n')) ui.line(`    ${oneLine(line)}`);
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
