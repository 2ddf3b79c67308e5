import { existsSync } from 'node:fs';
import { checkRecipients } from '../age/header.ts';
import { type BackupAge, backupAges, overdueAfterMs } from '../backup/backup-age.ts';
import { Catalog } from '../backup/catalog.ts';
import { Signer } from '../backup/manifest.ts';
import type { Config } from '../config.ts';
import { openDatabase } from '../database/open.ts';
import { shellWord } from '../lib/shell-word.ts';
import { oneLine } from '../log.ts';
import { readKeyEncryptionKey } from '../seal/key-file.ts';
import { deriveManifestKey } from '../seal/keys.ts';
import { bad, type Check, good, soon } from './checks.ts';
import { plural } from './format.ts';
import { databaseFile } from './local-server.ts';

const HOUR_MS = 3_600_000;

/** How old the newest verified backups are. None where something else is at fault that is told of anyway. */
export async function checkBackups(config: Config, now = Date.now()): Promise<Check[]> {
  try {
    const tables = await tablesOf(config);
    const key = readKeyEncryptionKey(config);
    const backups =
      key === null ? [] : await new Catalog(config.home, new Signer(deriveManifestKey(key))).list();
    return tables.length === 0
      ? []
      : [judge(backupAges(tables, backups, now), overdueAfterMs(config.backupSchedule, now))];
  } catch {
    return [];
  }
}

async function tablesOf(config: Config): Promise<readonly string[]> {
  const file = databaseFile(config);
  if (file !== null && !existsSync(file)) return [];
  const connection = await openDatabase(config.databaseUrl, { readOnly: true, lockTimeoutMs: 2000 });
  try {
    return (await connection.introspect()).map(({ name }) => name);
  } finally {
    await connection.close();
  }
}

function judge(ages: readonly BackupAge[], limitMs: number): Check {
  const check = 'backups';
  const late = ages.filter(({ ageMs }) => ageMs !== null && ageMs > limitMs);
  const never = ages.filter(({ ageMs }) => ageMs === null);
  const type = (of: readonly BackupAge[]) =>
    `rowferry backup ${of.map(({ table }) => oneLine(shellWord(table))).join(' ')}`;
  if (late.length > 0) {
    const told = late.map(({ table, ageMs }) => `${oneLine(table)} ${hours(ageMs ?? 0)}`).join(', ');
    return bad(check, `the newest verified backup is overdue: ${told} old`, type([...late, ...never]));
  }
  if (never.length > 0) {
    const names = never.map(({ table }) => oneLine(table)).join(', ');
    return soon(check, `no verified backup of ${names}`, type(never));
  }
  const oldest = Math.max(...ages.map(({ ageMs }) => ageMs ?? 0));
  return good(
    check,
    `${plural(ages.length, 'table')} backed up and verified, the oldest ${hours(oldest)} ago`,
  );
}

function hours(ms: number): string {
  if (ms < HOUR_MS) return 'less than an hour';
  return ms < 48 * HOUR_MS
    ? plural(Math.floor(ms / HOUR_MS), 'hour')
    : plural(Math.floor(ms / HOUR_MS / 24), 'day');
}

/** What `rowferry doctor` looks at of the encryption of backups. */
export async function checkEncryption({ backupRecipients }: Config): Promise<Check> {
  const check = 'encryption';
  try {
    await checkRecipients(backupRecipients);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return bad(check, detail, 'age-keygen -o key.txt   (and its public key into backupRecipients)');
  }
  if (backupRecipients.length === 0) return good(check, 'backups are not encrypted (backupRecipients)');
  const detail = `backups are encrypted for ${plural(backupRecipients.length, 'recipient')}`;
  if (new Set(backupRecipients).size > 1) return good(check, detail);
  const mend =
    'age-keygen -o recovery.txt   (and its public key into backupRecipients; keep the file elsewhere)';
  return soon(check, `${detail}: when that identity is lost, so are they`, mend);
}
