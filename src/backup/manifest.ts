import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { RowferryError } from '../errors.ts';
import { writeAtomic } from '../lib/atomic-file.ts';
import type { Codec, Profile } from '../model/avro-options.ts';
import type { TableFacts } from '../model/stored-table.ts';
import type { BackupState, Encryption } from './backups.ts';

/** What a backup says of itself, in its file's metadata and in the manifest beside it, signed in both. */

export const FORMAT_VERSION = 1;

/** The facts that stand in the file itself too, each as `rowferry.<name>`. */
export interface BackupFacts extends TableFacts {
  readonly formatVersion: number;
  readonly id: string;
  /** The tables of one run share it. */
  readonly run: string;
  readonly engine: string;
  readonly engineVersion: string;
  /** The id of the database, as its ledger has it. */
  readonly database?: string;
  /** RFC 3339. */
  readonly snapshotAt: string;
  readonly rows: number;
  readonly codec: Codec;
  /** Left out: iceberg. */
  readonly profile?: Profile;
  readonly contentDigest: string;
  readonly blocks: number;
  readonly bodyBytes: number;
  readonly bodySha256: string;
}

export interface Manifest extends BackupFacts {
  readonly state: BackupState;
  /** RFC 3339; null: never. */
  readonly verifiedAt: string | null;
  /** RFC 3339; left out: never. */
  readonly testRestoredAt?: string;
  /** Nothing deletes it until it is released; left out: false. */
  readonly held?: boolean;
  /** Why the state is `corrupt`; null otherwise. */
  readonly problem: string | null;
  readonly bytes: number;
  /** Of the file, hex. */
  readonly sha256: string;
  /** Of the Avro file inside; the same as long as the file is not encrypted. */
  readonly plaintextSha256: string;
  /** Left out: the file is not encrypted. */
  readonly encryption?: Encryption;
}

/** Signs under a key of its own, derived from the key-encryption key (RFC 5869). */
export class Signer {
  readonly #key: Buffer;

  constructor(keyEncryptionKey: Uint8Array) {
    const salt = Buffer.alloc(0);
    this.#key = Buffer.from(hkdfSync('sha256', keyEncryptionKey, salt, 'rowferry-backup-1 signature', 32));
  }

  /** Hex; `what` keeps the signature of a header from passing as that of a manifest. */
  sign(what: 'header' | 'manifest', bytes: Buffer | string): string {
    return createHmac('sha256', this.#key).update(`${what}\0`).update(bytes).digest('hex');
  }

  isSigned(what: 'header' | 'manifest', bytes: Buffer | string, signature: string): boolean {
    const expected = Buffer.from(this.sign(what, bytes));
    const found = Buffer.from(signature);
    return found.length === expected.length && timingSafeEqual(found, expected);
  }
}

export async function writeManifest(path: string, manifest: Manifest, signer: Signer): Promise<void> {
  const signature = signer.sign('manifest', JSON.stringify(manifest));
  const text = `${JSON.stringify({ ...manifest, signature }, null, 2)}\n`;
  await writeAtomic(path, async (file) => file.writeFile(text), { mode: 0o600 });
}

/** Null when there is none. `backup-invalid` when it is not a manifest, `backup-signature` when it is not ours. */
export async function readManifest(path: string, signer: Signer): Promise<Manifest | null> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  });
  return text === null ? null : parseManifest(text, signer);
}

const WHAT = 'the manifest beside the backup';

function parseManifest(text: string, signer: Signer): Manifest {
  const parsed = parseObject(text);
  if (parsed === null) throw new RowferryError('backup-invalid', `${WHAT} is none`);
  const { signature, ...manifest } = parsed;
  if (typeof signature !== 'string' || !signer.isSigned('manifest', JSON.stringify(manifest), signature)) {
    throw notOurs(WHAT);
  }
  if (!isFacts(manifest) || !isManifest(manifest)) throw otherVersion(WHAT, manifest.formatVersion);
  return manifest;
}

/** Null when the text is not a JSON object. */
export function parseObject(text: string): Record<string, unknown> | null {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? { ...parsed } : null;
  } catch {
    return null;
  }
}

export function notOurs(what: string): RowferryError {
  return new RowferryError(
    'backup-signature',
    `${what} does not carry the signature of this installation: it was changed, or another installation made it`,
    {
      hint: 'use another backup; for one of another installation, put its rowferry.key into the home folder (or its key into ROWFERRY_KEY_ENCRYPTION_KEY)',
    },
  );
}

export function otherVersion(what: string, found: unknown): RowferryError {
  return new RowferryError(
    'backup-invalid',
    `${what} has format version ${JSON.stringify(found)}; this program reads version ${FORMAT_VERSION}`,
    { hint: 'use the version of rowferry that made the backup, or a newer one' },
  );
}

/** Only for what carries our signature: the version tells the shape, so not every member is looked at. */
export function isFacts(value: object): value is BackupFacts {
  return (
    'formatVersion' in value &&
    value.formatVersion === FORMAT_VERSION &&
    ['id', 'run', 'table', 'engine', 'snapshotAt', 'contentDigest', 'createTable'].every((name) =>
      hasType(value, name, 'string'),
    ) &&
    ['rows', 'blocks', 'bodyBytes'].every((name) => hasType(value, name, 'number')) &&
    'columns' in value &&
    Array.isArray(value.columns)
  );
}

function isManifest(value: BackupFacts): value is Manifest {
  return (
    ['state', 'sha256'].every((name) => hasType(value, name, 'string')) && hasType(value, 'bytes', 'number')
  );
}

function hasType(value: object, name: string, type: 'string' | 'number'): boolean {
  return typeof Object.entries(value).find(([each]) => each === name)?.[1] === type;
}
