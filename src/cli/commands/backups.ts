import type { Command } from 'commander';
import type { BackupSchedule } from '../../client/client.ts';
import { oneLine } from '../../log.ts';
import type { App } from '../app.ts';
import { examples, withServer } from '../flags.ts';
import { count, moment, size } from '../format.ts';
import { connect } from '../local-server.ts';
import { registerDiff } from './backups-diff.ts';
import { registerDownload } from './backups-download.ts';
import { registerRetention } from './backups-retention.ts';
import { registerShow } from './backups-show.ts';

export function registerBackups(program: Command, app: App): void {
  const command = program
    .command('backups')
    .summary('list the backups')
    .description('List the backups, newest first, and when each was last read back whole.')
    .option('--table <name>', 'only backups of this table')
    .addHelpText('after', examples(['rowferry backups --table jobs', 'the backups of jobs']));
  withServer(command).action(({ table }: { readonly table?: string }) =>
    app.run(async () => {
      const { ui } = app;
      const config = app.config(command);
      await using connected = await connect({ config, log: app.quietLog(config) });
      const { client } = connected;
      const backups = await client.backups(table === undefined ? {} : { table });
      for (const backup of backups) ui.data(backup);
      ui.table(
        ['backup', 'table', 'taken', 'rows>', 'size>', 'state', 'verified', 'test restore', 'held'],
        backups.map((backup) => [
          oneLine(backup.id),
          oneLine(backup.table),
          moment(backup.snapshotAt),
          count(backup.rows),
          size(backup.bytes),
          backup.state === 'corrupt' ? ui.bad(backup.state) : backup.state,
          backup.verifiedAt === null ? 'never' : moment(backup.verifiedAt),
          backup.testRestoredAt === null ? 'never' : moment(backup.testRestoredAt),
          backup.held ? 'held' : '',
        ]),
      );
      showSchedule(app, await client.backupSchedule());
      ui.line(
        backups.length === 0
          ? 'there are no backups yet: rowferry backup'
          : '\nnext: rowferry restore BACKUP --dry-run',
      );
      return 0;
    }),
  );
  registerShow(command, app);
  registerDiff(command, app);
  registerDownload(command, app);
  registerRetention(command, app);
}

function showSchedule({ ui }: App, { lastRun, nextRun }: BackupSchedule): void {
  if (lastRun !== null) {
    const { state, due, startedAt, finishedAt } = lastRun;
    const shown = state === 'failed' ? ui.bad(state) : state;
    ui.line(`\nlast scheduled backup: ${shown} ${moment(finishedAt ?? startedAt)}, due ${moment(due)}`);
  }
  if (nextRun !== null) ui.line(`next scheduled backup: ${moment(nextRun)}`);
}
