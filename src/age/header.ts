import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { RowferryError } from '../errors.ts';

/**
 * The header of age-encryption.org/v1: who can open a file, each with the file's key sealed for them. The package
 * age-encryption makes and opens it; it is read only where backups are encrypted.
 */

export const FILE_KEY_BYTES = 16;
/** A header is a line of text, three lines for each recipient, and its MAC. */
export const MAX_HEADER_BYTES = 1 << 16;
const START = 'age-encryption.org/v1\n';
const MAC_LINE = '\n--- ';
/** Base64 without padding of 32 bytes, and the end of the line. */
const MAC_LENGTH = 43 + 1;

export interface AgeHeader {
  readonly bytes: Buffer;
  /** Opens this one file. */
  readonly fileKey: Buffer;
}

/** A header with a new key. `config-invalid` for a recipient that is none. */
export async function makeHeader(recipients: readonly string[]): Promise<AgeHeader> {
  const { Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  for (const recipient of recipients) addTo(encrypter, recipient);
  let fileKey = Buffer.alloc(0);
  // One that adds nothing to the header: the way to the key for a payload that is sealed elsewhere.
  encrypter.addRecipient({
    wrapFileKey: (key) => {
      fileKey = Buffer.from(key);
      return [];
    },
  });
  const file = Buffer.from(await encrypter.encrypt(new Uint8Array()));
  return { bytes: file.subarray(0, headerLength(file) ?? 0), fileKey };
}

/** As they were configured; `config-invalid` for the first that is none. */
export async function checkRecipients(recipients: readonly string[]): Promise<void> {
  if (recipients.length === 0) return;
  const { Encrypter } = await import('age-encryption');
  for (const recipient of recipients) addTo(new Encrypter(), recipient);
}

interface TakesRecipients {
  addRecipient(recipient: string): void;
}

/** Debian's age knows no others. */
const X25519 = /^age1[0-9a-z]{58}$/;

function addTo(encrypter: TakesRecipients, recipient: string): void {
  try {
    if (!X25519.test(recipient)) throw new TypeError('not an X25519 recipient');
    encrypter.addRecipient(recipient);
  } catch {
    // A secret key may stand there by mistake: it is not repeated, and neither is the library's message.
    const found = recipient.startsWith('age1')
      ? JSON.stringify(recipient)
      : 'a text that does not begin with age1';
    throw new RowferryError(
      'config-invalid',
      `backupRecipients holds ${found}, which is no recipient of age`,
      {
        hint: 'give public keys as age-keygen prints them: age1…',
      },
    );
  }
}

export function isAge(start: Uint8Array): boolean {
  return Buffer.from(start.subarray(0, START.length)).toString('latin1') === START;
}

/** Bytes of the header that `start` begins with, null when it does not end there. */
export function headerLength(start: Buffer): number | null {
  const at = start.indexOf(MAC_LINE, START.length - 1, 'latin1');
  const end = at + MAC_LINE.length + MAC_LENGTH;
  return at < 0 || end > start.length ? null : end;
}

/** Whether the header was made with this key, and not changed since. */
export function isHeaderOf(header: Buffer, fileKey: Uint8Array): boolean {
  const macAt = header.length - MAC_LENGTH;
  const key = Buffer.from(hkdfSync('sha256', fileKey, Buffer.alloc(0), 'header', 32));
  // Everything up to the dashes, without the space behind them.
  const mac = createHmac('sha256', key)
    .update(header.subarray(0, macAt - 1))
    .digest('base64');
  const expected = Buffer.from(`${mac.replace('=', '')}\n`);
  return timingSafeEqual(expected, header.subarray(macAt));
}

/** The key of the file with this header. `backup-no-key` when none of the identities is for it. */
export async function fileKeyOf(header: Uint8Array, identities: readonly string[]): Promise<Buffer> {
  const { Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  try {
    for (const identity of identities) decrypter.addIdentity(identity);
    return Buffer.from(await decrypter.decryptHeader(Uint8Array.from(header)));
  } catch {
    // The library's message may quote the identity.
    const detail = 'the backup is encrypted, and not for this identity; or its header was changed';
    throw new RowferryError('backup-no-key', detail, {
      hint: 'give the identity of one of its recipients: --identity FILE',
    });
  }
}

/** The identities of a file that age-keygen wrote: one a line, comments aside. */
export function identitiesIn(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

export function keyNeeded(): RowferryError {
  return new RowferryError('backup-no-key', 'the backup is encrypted, and no key for it was given', {
    hint: 'type it where the identity of one of its recipients is: rowferry restore ID --identity FILE',
  });
}
