import { createHash } from 'node:crypto';
import type { BackupInfo } from '../backup/backups.ts';
import { RowferryError } from '../errors.ts';
import { writeAtomic } from '../lib/atomic-file.ts';
import type { Api } from './retry.ts';

/** Throws `backup-checksum` when what came is not the file the list names; nothing is left behind then. */
export async function download(api: Api, info: BackupInfo, path: string): Promise<void> {
  const hash = createHash('sha256');
  await writeAtomic(path, async (file) => {
    const answer = await api.stream({
      method: 'GET',
      path: `/v1/backups/${encodeURIComponent(info.id)}/content`,
    });
    for await (const chunk of answer.body) {
      hash.update(chunk);
      await file.writeFile(chunk);
    }
    const sha256 = hash.digest('hex');
    if (sha256 === info.sha256) return;
    throw new RowferryError(
      'backup-checksum',
      `${info.id} came with SHA-256 ${sha256}, expected ${info.sha256}`,
    );
  });
}
