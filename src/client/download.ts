import { RowferryError } from '../errors.ts';
import { backoffMs, pause } from '../lib/backoff.ts';
import type { BackupInfo } from './documents.ts';
import type { Api } from './retry.ts';
import type { Hash } from './source.ts';

/** Cuts in a row without a byte between them. */
const ATTEMPTS = 5;

/**
 * A backup's file in chunks, from `offset` on: `hash` has had the bytes before it. A download that is cut goes on
 * where it stopped. Throws `backup-checksum` at the end when what came is not the file the list names: nothing of it
 * may be kept then.
 */
export async function* backupContent(
  api: Api,
  info: BackupInfo,
  hash: Hash,
  offset = 0,
): AsyncGenerator<Uint8Array> {
  let at = offset;
  for (let attempt = 1; at < info.bytes || attempt === 1; attempt++) {
    try {
      for await (const chunk of await answerFrom(api, info, at)) {
        at += chunk.length;
        attempt = 1;
        hash.update(chunk);
        yield chunk;
      }
      break;
    } catch (error) {
      if (!(error instanceof RowferryError && error.retryable) || attempt === ATTEMPTS) throw error;
      await pause(backoffMs(attempt));
    }
  }
  const sha256 = hash.digest('hex');
  if (sha256 === info.sha256) return;
  throw new RowferryError(
    'backup-checksum',
    `${info.id} came with SHA-256 ${sha256}, expected ${info.sha256}`,
  );
}

async function answerFrom(api: Api, { id }: BackupInfo, offset: number): Promise<AsyncIterable<Uint8Array>> {
  const query = offset === 0 ? {} : { offset };
  return (await api.stream('GET /v1/backups/{id}/content', { path: { id }, query })).body;
}
