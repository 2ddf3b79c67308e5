import { existsSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Command } from 'commander';
import type { BackupInfo, Rowferry } from '../../client/client.ts';
import { RowferryError } from '../../errors.ts';
import { oneLine } from '../../log.ts';
import type { App } from '../app.ts';
import { examples, withServer } from '../flags.ts';
import { size } from '../format.ts';
import { connect } from '../local-server.ts';

export function registerDownload(parent: Command, app: App): void {
  const command = parent
    .command('download')
    .summary('fetch the file of a backup')
    .description(
      'Fetch the Avro file of a backup from a server. What came of a download that was cut stands in FILE.partial: the ' +
        'same command goes on there. The file gets its name when its SHA-256 is right.',
    )
    .argument('<backup>', 'id of a backup')
    .option('--out <file>', 'the file, or a folder for it (default: the current one)')
    .addHelpText(
      'after',
      examples(
        [
          'rowferry backups download jobs.20261122T143000Z.1a2b3c4d --server http://hr:5000',
          'into this folder',
        ],
        ['rowferry backups download ID --out /mnt/usb/jobs.avro', 'elsewhere'],
      ),
    );
  withServer(command).action((id: string, { out = '.' }: { readonly out?: string }) =>
    app.run(async () => {
      const config = app.config(command);
      await using connected = await connect({ config, log: app.quietLog(config) });
      const { client } = connected;
      const backup = await named(client, id);
      const path = placeFor(backup, out);
      await client.download(id, path);
      const { table, rows, bytes, sha256 } = backup;
      app.ui.data({ id, table, file: path, rows, bytes, sha256 });
      app.ui.line(`${app.ui.good('✓')} ${oneLine(path)}, ${size(bytes)}, SHA-256 ${sha256}`);
      return 0;
    }),
  );
}

async function named(client: Rowferry, id: string): Promise<BackupInfo> {
  const found = (await client.backups()).find((backup) => backup.id === id);
  if (found !== undefined) return found;
  throw new RowferryError('backup-not-found', `there is no backup ${id}`, {
    hint: 'list the backups: rowferry backups',
  });
}

/** Nothing is written over. */
function placeFor({ file }: BackupInfo, out: string): string {
  const isFolder = statSync(out, { throwIfNoEntry: false })?.isDirectory() === true;
  const path = isFolder ? join(out, basename(file)) : out;
  if (!existsSync(path)) return path;
  throw new RowferryError('usage', `${path} is there already, and is not written over`, {
    hint: 'name another file with --out, or move that one away',
  });
}
