import type { Command } from 'commander';
import type { PrunedBackup } from '../../client/client.ts';
import { oneLine } from '../../log.ts';
import type { App } from '../app.ts';
import { examples, withServer } from '../flags.ts';
import { moment, plural, size } from '../format.ts';
import { connect } from '../local-server.ts';

/** `rowferry backups prune`, `hold`, `release` */
export function registerRetention(parent: Command, app: App): void {
  registerPrune(parent, app);
  registerHold(parent, app, 'hold');
  registerHold(parent, app, 'release');
}

interface PruneFlags {
  readonly table?: string;
  readonly dryRun?: boolean;
}

function registerPrune(parent: Command, app: App): void {
  const command = parent
    .command('prune')
    .summary('delete the backups that no rule keeps')
    .description(
      'Delete the backups that no rule of backupRetention keeps, as is done after every backup that succeeds. The ' +
        'newest verified backup of a table is never deleted, nor one that is held. With --dry-run only the reasons.',
    )
    .option('--table <name>', 'only backups of this table')
    .option('--dry-run', 'say what would be deleted, and why the others are kept')
    .addHelpText(
      'after',
      examples(['rowferry backups prune --dry-run', 'what would go, what stays, and why']),
    );
  withServer(command).action(({ table, dryRun = false }: PruneFlags) =>
    app.run(async () => {
      const config = app.config(command);
      await using connected = await connect({ config, log: app.quietLog(config) });
      const backups = await connected.client.prune({ dryRun, ...(table === undefined ? {} : { table }) });
      for (const { backup, keep, reasons } of backups) {
        app.ui.data({ ...backup, keep, reasons, deleted: !dryRun && !keep });
      }
      show(app, backups, dryRun);
      return 0;
    }),
  );
}

function show({ ui }: App, backups: readonly PrunedBackup[], dryRun: boolean): void {
  const going = dryRun ? 'would go' : 'deleted';
  ui.table(
    ['backup', 'taken', 'size>', 'verdict', 'why'],
    backups.map(({ backup, keep, reasons }) => [
      oneLine(backup.id),
      moment(backup.snapshotAt),
      size(backup.bytes),
      keep ? ui.good('kept') : ui.bad(going),
      oneLine(reasons.join(' · ')),
    ]),
  );
  const gone = backups.filter(({ keep }) => !keep);
  const freed = gone.reduce((sum, { backup }) => sum + backup.bytes, 0);
  ui.line(
    `\n${plural(gone.length, 'backup')} ${going}, ${size(freed)}; ${backups.length - gone.length} kept`,
  );
  if (dryRun && gone.length > 0) ui.line('next: rowferry backups prune');
}

function registerHold(parent: Command, app: App, name: 'hold' | 'release'): void {
  const isHold = name === 'hold';
  const command = parent
    .command(name)
    .summary(isHold ? 'keep backups, whatever the rules' : 'leave backups to the rules again')
    .description(
      isHold
        ? 'Keep backups, whatever the rules of backupRetention, until they are released.'
        : 'Leave backups that were held to the rules of backupRetention again.',
    )
    .argument('<backup...>', 'ids of backups')
    .addHelpText('after', examples([`rowferry backups ${name} jobs.20261122T143000Z.1a2b3c4d`, 'this one']));
  withServer(command).action((ids: string[]) =>
    app.run(async () => {
      const config = app.config(command);
      await using connected = await connect({ config, log: app.quietLog(config) });
      const { client } = connected;
      for (const id of ids) {
        const backup = await (isHold ? client.holdBackup(id) : client.releaseBackup(id));
        app.ui.data(backup);
        app.ui.line(`${app.ui.good('✓')} ${oneLine(id)} is ${isHold ? 'held' : 'released'}`);
      }
      return 0;
    }),
  );
}
