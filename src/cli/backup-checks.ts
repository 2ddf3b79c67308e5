import { checkRecipients } from '../age/header.ts';
import type { Config } from '../config.ts';
import { bad, type Check, good, soon } from './checks.ts';
import { plural } from './format.ts';

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
