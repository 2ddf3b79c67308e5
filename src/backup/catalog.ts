import { existsSync } from 'node:fs';
import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { RowferryError } from '../errors.ts';
import type { BackupInfo } from './backups.ts';
import { type Manifest, readManifest, type Signer } from './manifest.ts';
import { backupFile, backupsFolder, MANIFEST, manifestPath } from './paths.ts';

/** The backups there are, as their manifests name them. */
export class Catalog {
  readonly #home: string;
  readonly #signer: Signer;

  constructor(home: string, signer: Signer) {
    this.#home = home;
    this.#signer = signer;
  }

  /** Newest first. What no manifest of ours names is left out, and so is a manifest without its file. */
  async list(filter: { table?: string } = {}): Promise<readonly BackupInfo[]> {
    const paths = await this.#manifests();
    const found = await Promise.all(paths.map((path) => this.#info(path)));
    const wanted = filter.table?.toLowerCase();
    return found
      .filter((info) => info !== null)
      .filter((info) => wanted === undefined || info.table.toLowerCase() === wanted)
      .sort((a, b) => compare(b.snapshotAt, a.snapshotAt) || compare(a.table, b.table));
  }

  async find(id: string): Promise<BackupInfo> {
    const info = (await this.list()).find((each) => each.id === id);
    if (info !== undefined) return info;
    throw notThere(id);
  }

  /** Absolute path of the file. */
  async path(id: string): Promise<string> {
    return join(this.#home, (await this.find(id)).file);
  }

  /**
   * From `offset` on; `bad-request` when it lies behind the end. The file is open from here on: who reads it gets all of
   * it, even when it is deleted meanwhile.
   */
  async content(id: string, offset = 0): Promise<{ info: BackupInfo; stream: Readable }> {
    const info = await this.find(id);
    const file = await openListed(join(this.#home, info.file), info);
    try {
      const { size } = await file.stat();
      // The length is announced before the first byte, so a file that is too short would leave its reader waiting.
      if (size !== info.bytes) throw notAsLong(info, size);
      if (offset > size) {
        throw new RowferryError('bad-request', `offset is ${offset}; the file has ${size} bytes`);
      }
      return { info, stream: file.createReadStream({ start: offset }) };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async #manifests(): Promise<string[]> {
    const folder = backupsFolder(this.#home);
    if (!existsSync(folder)) return [];
    const names = await readdir(folder, { recursive: true });
    return names.filter((name) => name.endsWith(MANIFEST)).map((name) => join(folder, name));
  }

  async #info(path: string): Promise<BackupInfo | null> {
    const manifest = await this.#manifest(path);
    if (manifest === null) return null;
    const info = infoOf(manifest);
    const file = join(this.#home, info.file);
    // A manifest that was moved or copied elsewhere names a file that is not the one beside it.
    return manifestPath(file) === path && existsSync(file) ? info : null;
  }

  async #manifest(path: string): Promise<Manifest | null> {
    try {
      return await readManifest(path, this.#signer);
    } catch (error) {
      if (error instanceof RowferryError) return null;
      throw error;
    }
  }
}

export function infoOf(manifest: Manifest): BackupInfo {
  const { id, table, run, engine, snapshotAt, rows, bytes, sha256, contentDigest } = manifest;
  const { state, verifiedAt, problem } = manifest;
  const { encryption = null } = manifest;
  const file = backupFile(table, id, encryption !== null);
  const facts = { id, table, file, run, engine, snapshotAt, rows, bytes, sha256, encryption, contentDigest };
  const { database = null, held = false, testRestoredAt = null } = manifest;
  return { ...facts, state, verifiedAt, testRestoredAt, held, database, problem };
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Retention may have taken it away since it was listed. */
async function openListed(path: string, { id }: BackupInfo): Promise<FileHandle> {
  try {
    return await open(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') throw notThere(id);
    throw error;
  }
}

function notThere(id: string): RowferryError {
  return new RowferryError('backup-not-found', `there is no backup ${id}`, {
    hint: 'see what there is: rowferry backups',
  });
}

function notAsLong({ id, file, bytes }: BackupInfo, size: number): RowferryError {
  return new RowferryError('backup-truncated', `${file} has ${size} bytes; its manifest says ${bytes}`, {
    hint: `see what is wrong with it: rowferry verify ${id}`,
  });
}
