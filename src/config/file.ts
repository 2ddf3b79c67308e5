import { readFileSync } from 'node:fs';
import { RowferryError } from '../errors.ts';

/** The settings that stand in the configuration file of a home. */

export const CONFIG_FILE = 'rowferry.config.json';

const KNOWN = new Set<string>([
  'databaseUrl',
  'host',
  'port',
  'tlsCert',
  'tlsKey',
  'key',
  'server',
  'keyEncryptionKey',
  'completion',
  'quietMs',
  'pollMs',
  'backupSchedule',
  'backupRecipients',
  'backupCodec',
  'backupProfile',
  'backupRetention',
  'testRestoreSchedule',
  'mapping',
  'dialects',
  'schemas',
  'maxExpandedBytes',
  'maxExpansion',
  'maxBodyBytes',
  'maxRows',
  'lanes',
  'retryOrphansAfterMs',
  'waitMs',
]);

export function readConfigFile(file: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new RowferryError(
      'config-invalid',
      `${file} is not JSON: ${cause instanceof Error ? cause.message : cause}`,
      {
        hint: 'mend the file, or move it away and run: rowferry init',
        cause,
      },
    );
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new RowferryError('config-invalid', `${file} holds no object`, { hint: 'run: rowferry init' });
  }
  for (const name of Object.keys(parsed)) {
    if (!KNOWN.has(name)) {
      throw new RowferryError('config-invalid', `${file}: unknown setting "${name}"`, {
        hint: `known settings: ${[...KNOWN].join(', ')}`,
      });
    }
  }
  return parsed as Record<string, unknown>;
}
