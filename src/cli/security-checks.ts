import { existsSync } from 'node:fs';
import type { Config } from '../config.ts';
import { openDatabase } from '../database/open.ts';
import { RowferryError } from '../errors.ts';
import { listKeys, type StoredKey } from '../ledger/key-table.ts';
import { LEDGER_VERSION, ledgerVersion } from '../ledger/migrate.ts';
import { readKeyEncryptionKey } from '../seal/key-file.ts';
import { unwrapKeys } from '../seal/keys.ts';
import { certificateEnd, loadTls, RENEW_DAYS } from '../server/tls.ts';
import { bad, type Check, good, soon } from './checks.ts';
import { moment, plural } from './format.ts';
import { isLive, lifeOf } from './key-life.ts';
import { databaseFile } from './local-server.ts';

/** The checks of `rowferry doctor` of certificates and keys. `now` is milliseconds since 1970. */

/** Clocks of a cluster differ by seconds; what is further ahead was written before the clock was set back. */
const AHEAD_MS = 300_000;

export function checkTls(config: Config, now = Date.now()): Check {
  const check = 'tls';
  try {
    const tls = loadTls(config, now);
    if (tls === null)
      return good(check, 'none: plain HTTP; elsewhere than here only sealed requests are taken');
    const { at, days } = certificateEnd(tls, now);
    const detail = `${config.tlsCert}, TLS 1.3 only, expires ${moment(at.toISOString())}`;
    return days < RENEW_DAYS
      ? soon(check, detail, 'renew it where it came from, then start rowferry again')
      : good(check, detail);
  } catch (error) {
    return failed(check, error, 'rowferry up --help');
  }
}

export function checkKeyFile(config: Config): Check {
  const check = 'key file';
  try {
    const key = readKeyEncryptionKey(config);
    if (config.keyEncryptionKey !== null)
      return good(check, 'the key-encryption key comes from the settings');
    return good(check, key === null ? 'will be made at the first start' : 'rowferry.key, for its owner only');
  } catch (error) {
    return failed(check, error, 'ls -l rowferry.key');
  }
}

/** None where the database or the ledger is not there yet: checkDatabase tells of those. */
export async function checkKeys(config: Config, now = Date.now()): Promise<Check[]> {
  const stored = await readKeys(config).catch(() => null);
  if (stored === null) return [];
  const live = stored.filter((key) => isLive(lifeOf(key, now)));
  return [checkClock(stored, now), checkLive(live, readKeyOr(config), now)];
}

async function readKeys(config: Config): Promise<StoredKey[] | null> {
  const { databaseUrl } = config;
  const file = databaseFile(config);
  if (file !== null && !existsSync(file)) return null;
  const connection = await openDatabase(databaseUrl, {
    readOnly: true,
    lockTimeoutMs: 2000,
  });
  try {
    return (await ledgerVersion(connection)) === LEDGER_VERSION ? await listKeys(connection) : null;
  } finally {
    await connection.close();
  }
}

/** checkKeyFile tells of one that cannot be read. */
function readKeyOr(config: Config): Buffer | null {
  try {
    return readKeyEncryptionKey(config);
  } catch {
    return null;
  }
}

function checkLive(live: readonly StoredKey[], keyEncryptionKey: Buffer | null, now: number): Check {
  const check = 'keys';
  const foreign = live.filter(
    ({ id, wrapped }) => keyEncryptionKey === null || unwrapKeys(wrapped, id, keyEncryptionKey) === null,
  );
  if (foreign.length > 0) {
    const detail = `${foreign.length} of ${live.length} live keys cannot be opened: made under another rowferry.key`;
    return bad(check, detail, 'put that rowferry.key back; or revoke them, and: rowferry keys create');
  }
  if (live.length === 0) return good(check, 'none live; programs need one (rowferry keys create)');
  const [next, ...more] = live
    .filter((key) => lifeOf(key, now) === 'expires soon')
    .toSorted((a, b) => Date.parse(a.expiresAt) - Date.parse(b.expiresAt));
  if (next === undefined) return good(check, plural(live.length, 'live key'));
  const others = more.length === 0 ? '' : `, and ${more.length} more soon after`;
  const detail = `${next.id} of ${next.owner} expires ${moment(next.expiresAt)}${others}`;
  return soon(check, detail, `rowferry keys rotate ${next.id}`);
}

/** A key made or used in the future was so before the clock was set back; then keys live too long. */
function checkClock(stored: readonly StoredKey[], now: number): Check {
  const check = 'clock';
  const latest = stored
    .flatMap(({ createdAt, lastUsedAt }) => [createdAt, lastUsedAt ?? createdAt])
    .sort()
    .at(-1);
  if (latest === undefined || Date.parse(latest) - now <= AHEAD_MS)
    return good(check, new Date(now).toISOString());
  const detail = `it is ${new Date(now).toISOString()}, but a key was made or used at ${latest}`;
  return bad(check, detail, 'sudo timedatectl set-ntp true');
}

function failed(check: string, error: unknown, otherwise: string): Check {
  if (error instanceof RowferryError) return bad(check, error.detail, error.hint ?? otherwise);
  return bad(check, error instanceof Error ? error.message : String(error), otherwise);
}
