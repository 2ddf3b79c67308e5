import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import { RowferryError } from '../errors.ts';
import { asDiskError } from '../lib/disk-error.ts';

export const KEY_FILE = 'rowferry.key';
const KEY_BYTES = 32;

/**
 * The 32 bytes under which API keys are kept: config.keyEncryptionKey, or the file rowferry.key in home, made on
 * the first call. Throws `config-invalid` for a key of another length and for a file others can read, `disk-full`.
 */
export function loadKeyEncryptionKey(config: Pick<Config, 'home' | 'keyEncryptionKey'>): Buffer {
  const there = readKeyEncryptionKey(config);
  if (there !== null) return there;
  mkdirSync(config.home, { recursive: true });
  return makeKeyFile(join(config.home, KEY_FILE));
}

/** The same without making one: null when there is none yet. */
export function readKeyEncryptionKey(config: Pick<Config, 'home' | 'keyEncryptionKey'>): Buffer | null {
  if (config.keyEncryptionKey !== null) return decode(config.keyEncryptionKey, 'ROWFERRY_KEY_ENCRYPTION_KEY');
  return readKeyFile(join(config.home, KEY_FILE));
}

function readKeyFile(path: string): Buffer | null {
  const file = openIfThere(path);
  if (file === null) return null;
  try {
    refuseOpenFile(path, fstatSync(file).mode);
    return decode(readFileSync(file, 'utf8').trim(), path);
  } finally {
    closeSync(file);
  }
}

function openIfThere(path: string): number | null {
  try {
    return openSync(path, 'r');
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return null;
    throw new RowferryError('config-invalid', `the key file ${path} cannot be read (${errorCode(cause)})`, {
      hint: `it has to belong to the user that runs rowferry: sudo chown "$(id -un)" ${path}`,
      cause,
    });
  }
}

/** Windows keeps no such bits; there the folder's rights guard the file. */
function refuseOpenFile(path: string, mode: number): void {
  if (process.platform === 'win32' || (mode & 0o077) === 0) return;
  const found = (mode & 0o777).toString(8).padStart(4, '0');
  throw new RowferryError('config-invalid', `the key file ${path} has mode ${found}; expected 0600`, {
    hint: `chmod 600 ${path}`,
  });
}

/**
 * Written beside and linked into place: of two processes that start together one wins, and no reader ever finds
 * half a key.
 */
function makeKeyFile(path: string): Buffer {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const file = openSync(temporary, 'wx', 0o600);
    try {
      writeFileSync(file, `${randomBytes(KEY_BYTES).toString('base64')}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    linkIfAbsent(temporary, path);
  } catch (error) {
    throw asDiskError(
      error,
      `no room left for the key file ${path}`,
      'free some space, then type the same again',
    );
  } finally {
    rmSync(temporary, { force: true });
  }
  const key = readKeyFile(path);
  if (key === null)
    throw new RowferryError('config-invalid', `the key file ${path} vanished while it was made`);
  return key;
}

function linkIfAbsent(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

function decode(text: string, place: string): Buffer {
  const key = Buffer.from(text, 'base64');
  if (key.length === KEY_BYTES && /^[A-Za-z0-9+/]{43}=$/.test(text)) return key;
  throw new RowferryError('config-invalid', `${place} does not hold base64 of ${KEY_BYTES} bytes`, {
    hint: 'make one with: openssl rand -base64 32',
  });
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
