import { open } from 'node:fs/promises';
import type { BackupInfo } from './documents.ts';

/**
 * The key of one encrypted file, found with the identities of a recipient: these stay here, and only what opens this
 * file is sent, sealed. Null for a file that is not encrypted, and without identities: what the server then says of it
 * is what there is to say. `backup-no-key` when the file is for others.
 */
export async function fileKeyOfBackup(
  { encryption }: BackupInfo,
  identities: readonly string[],
): Promise<Uint8Array | null> {
  if (encryption === null || identities.length === 0) return null;
  const { fileKeyOf } = await import('../age/header.ts');
  return fileKeyOf(Buffer.from(encryption.header, 'base64'), identities);
}

const START_BYTES = 64;

export async function fileKeyOfFile(path: string, identities: readonly string[]): Promise<Uint8Array | null> {
  const [{ readAgeHeader }, { fileKeyOf, isAge }] = await Promise.all([
    import('../age/age-input.ts'),
    import('../age/header.ts'),
  ]);
  const file = await open(path);
  try {
    const start = Buffer.alloc(START_BYTES);
    await file.read(start, 0, start.length, 0);
    if (!isAge(start) || identities.length === 0) return null;
    return await fileKeyOf(await readAgeHeader(file), identities);
  } finally {
    await file.close();
  }
}
