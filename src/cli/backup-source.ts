import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type BackupTable, openTable } from '../backup/open-table.ts';
import { backupsFolder } from '../backup/paths.ts';
import { fileKeyOfFile } from '../client/file-key.ts';
import type { Config } from '../config.ts';
import { RowferryError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { identitiesOf } from './identity.ts';
import { connect } from './local-server.ts';

/** A backup to be looked at: a file, the id of one in the home folder, or with a server the id of one there. */
export async function withBackup<T>(
  named: string,
  { config, log }: { readonly config: Config; readonly log: () => Logger },
  work: (table: BackupTable) => Promise<T>,
): Promise<T> {
  const open = async (path: string): Promise<T> =>
    work(await openTable(path, await fileKeyOfFile(path, identitiesOf(config))));
  const found = existsSync(named) ? named : fileOf(config.home, named);
  if (found !== null) return open(found);
  if (config.server === null) throw unknown(named);
  const folder = await mkdtemp(join(tmpdir(), 'rowferry-backup-'));
  try {
    const path = join(folder, 'backup');
    await using connected = await connect({ config, log });
    await connected.client.download(named, path);
    return await open(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** An id begins with the name of its folder, in which every other dot is encoded. */
function fileOf(home: string, id: string): string | null {
  if (id !== basename(id)) return null;
  const folder = join(backupsFolder(home), id.slice(0, Math.max(0, id.indexOf('.'))));
  const paths = ['.avro', '.avro.age'].map((extension) => join(folder, id + extension));
  return paths.find((path) => existsSync(path)) ?? null;
}

function unknown(named: string): RowferryError {
  return new RowferryError('backup-not-found', `there is neither a file nor a backup ${named}`, {
    hint: 'list the backups: rowferry backups; those of another machine with --server URL',
  });
}
