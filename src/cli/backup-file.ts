import { basename } from 'node:path';
import { ByteSource } from '../avro/byte-source.ts';
import { readHeader } from '../avro/container-reader.ts';
import { openContent } from '../backup/content-file.ts';
import { fileKeyOfFile } from '../client/file-key.ts';
import { RowferryError } from '../errors.ts';

const OUR_NAME = /^(.+)\.\d{8}T\d{6}Z\.[^.]+\.avro(?:\.age)?$/;

/**
 * The table a backup file is for, from its metadata, else from its name. Only to know what to ask for: the file is
 * proven whole before anything is done with it. Throws what is wrong with the file when neither tells.
 */
export async function tableOfBackupFile(path: string, identities: readonly string[] = []): Promise<string> {
  try {
    return await tableInHeader(path, identities);
  } catch (cause) {
    const table = tableInName(path);
    if (table !== null) return table;
    const code = cause instanceof RowferryError ? cause.code : 'backup-invalid';
    const detail = cause instanceof Error ? cause.message : String(cause);
    const own = code === 'backup-no-key' && cause instanceof RowferryError ? cause.hint : undefined;
    const hint = own ?? 'list the backups: rowferry backups';
    throw new RowferryError(code, `${path}: ${detail}. Nothing was changed.`, { hint, cause });
  }
}

async function tableInHeader(path: string, identities: readonly string[]): Promise<string> {
  await using content = await openContent(path, await fileKeyOfFile(path, identities));
  const { metadata } = await readHeader(new ByteSource(content.input));
  const table: unknown = JSON.parse(metadata.get('rowferry.table')?.toString() ?? 'null');
  if (typeof table === 'string') return table;
  throw new RowferryError('backup-invalid', 'it was not written by rowferry backup');
}

/** Percent-encoded; a long name was cut and cannot be told from it. */
function tableInName(path: string): string | null {
  const name = OUR_NAME.exec(basename(path))?.[1];
  if (name === undefined || name.includes('~')) return null;
  try {
    return decodeURIComponent(name);
  } catch {
    return null;
  }
}
