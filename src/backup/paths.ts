import { createHash } from 'node:crypto';
import { join } from 'node:path';

/** Where backups lie: `backups/<table>/<table>.20261122T143000Z.<run8>.avro`, the manifest beside it. */

export const FOLDER = 'backups';
/** Of files as they are, and of encrypted ones. */
const EXTENSION = '.avro';
const ENCRYPTED = '.avro.age';
export const PARTIAL = '.partial';
export const MANIFEST = '.manifest.json';
/** File names end at 255 bytes; time, run and extensions need up to 60. */
const MOST_NAME = 120;

export function backupsFolder(home: string): string {
  return join(home, FOLDER);
}

/** Percent-encoded so that no name leaves its folder, hides or needs quoting; a long one ends in its hash. */
export function fileNameOf(table: string): string {
  const safe = [...Buffer.from(table)].map(encodeByte).join('');
  if (safe.length <= MOST_NAME) return safe;
  return `${safe.slice(0, MOST_NAME - 17)}~${createHash('sha256').update(table).digest('hex').slice(0, 16)}`;
}

function encodeByte(byte: number): string {
  const character = String.fromCharCode(byte);
  if (/[A-Za-z0-9_-]/.test(character)) return character;
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}

/** 20261122T143000Z: ISO 8601, basic format. */
function timeStamp(time: Date): string {
  return time.toISOString().replace(/\.\d+|[-:]/g, '');
}

/** The id of a backup is its file's name without the extension. */
export function backupId(table: string, takenAt: Date, run: string): string {
  return `${fileNameOf(table)}.${timeStamp(takenAt)}.${run}`;
}

/** Relative to the home folder, with / on every system. */
export function backupFile(table: string, id: string, isEncrypted: boolean): string {
  return `${FOLDER}/${fileNameOf(table)}/${id}${isEncrypted ? ENCRYPTED : EXTENSION}`;
}

export function manifestPath(file: string): string {
  return file.replace(/\.avro(\.age)?$/, '') + MANIFEST;
}
