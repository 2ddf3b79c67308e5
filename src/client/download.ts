import { RowferryError } from '../errors.ts';
import type { BackupInfo } from './documents.ts';
import type { Api } from './retry.ts';
import type { Hash } from './source.ts';

/**
 * A backup's Avro file in chunks. Throws `backup-checksum` at the end when what came is not the file the list names:
 * nothing of it may be kept then.
 */
export async function* backupContent(api: Api, info: BackupInfo, hash: Hash): AsyncGenerator<Uint8Array> {
  const answer = await api.stream('GET /v1/backups/{id}/content', { path: { id: info.id } });
  for await (const chunk of answer.body) {
    hash.update(chunk);
    yield chunk;
  }
  const sha256 = hash.digest('hex');
  if (sha256 === info.sha256) return;
  throw new RowferryError(
    'backup-checksum',
    `${info.id} came with SHA-256 ${sha256}, expected ${info.sha256}`,
  );
}
