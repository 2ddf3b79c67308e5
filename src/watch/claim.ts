import { type BigIntStats, constants } from 'node:fs';
import {
  appendFile,
  type FileHandle,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rmdir,
  unlink,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RowferryError } from '../errors.ts';
import { failpoint } from '../lib/failpoint.ts';
import { isUlid } from '../lib/ulid.ts';
import type { Folders } from './folders.ts';
import { MARKER } from './names.ts';
import type { Shape, Sighting } from './poll.ts';

/**
 * A file that was taken out of incoming, in a folder of its own: data/work/<ulid>/<name>, or <ulid>/<subfolder>/<name>.
 * The place is the whole state: what lies in data/work at the start is taken up again.
 */
export interface Claim {
  readonly id: string;
  readonly folder: string;
  /** Relative to incoming, as it was dropped. */
  readonly name: string;
  readonly path: string;
  /** The loads that it was announced as, by this process or by the one before it. */
  readonly loads: Set<string>;
}

/** Begins with a dot, as no claimed file does. Holds the ids of the file's loads, a line each, as soon as it has some. */
const LOAD_FILE = '.load';

/** Takes the file by rename. Null when it is gone; `changed` when it was written to since it was last looked at. */
export async function claim(
  folders: Folders,
  sighting: Sighting,
  path: Buffer,
  id: string,
): Promise<Claim | 'changed' | null> {
  const folder = join(folders.work, id);
  const { name } = sighting;
  const claimed: Claim = { id, folder, name, path: join(folder, name), loads: new Set() };
  await mkdir(dirname(claimed.path), { recursive: true });
  try {
    if (sighting.marked && !(await takeMarker(sighting, path))) {
      await release(claimed);
      return 'changed';
    }
    await rename(path, claimed.path);
  } catch (error) {
    await release(claimed);
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
  try {
    failpoint('after_claim');
    const isTaken = (await isAsSeen(claimed.path, sighting.shape)) || !(await putBack(claimed, path));
    return isTaken ? claimed : 'changed';
  } catch (error) {
    // Left in work it would lie there until the next start.
    if (await putBack(claimed, path)) throw error;
    return claimed;
  }
}

/**
 * Before the file: left behind, it would declare the next file of this name complete. False, and it stays, where the
 * file is not what it was when it was declared complete.
 */
async function takeMarker({ shape }: Sighting, path: Buffer): Promise<boolean> {
  if (!(await isAsSeen(path, shape))) return false;
  await unlink(Buffer.concat([path, Buffer.from(MARKER)]));
  return true;
}

/** ctime is left out: the rename itself changes it. */
async function isAsSeen(path: string | Buffer, seen: Shape): Promise<boolean> {
  const found = await lstat(path, { bigint: true });
  return found.ino === seen.ino && found.size === seen.size && found.mtimeNs === seen.mtimeNs;
}

/** False when another file has taken its place in incoming meanwhile. */
async function putBack(claimed: Claim, path: Buffer): Promise<boolean> {
  if (await exists(path)) return false;
  await rename(claimed.path, path);
  await release(claimed);
  return true;
}

/** Removes the claim's folder once its file has left. rmdir never removes a file. */
export async function release(claimed: Pick<Claim, 'folder' | 'path'>): Promise<void> {
  await unlink(join(claimed.folder, LOAD_FILE)).catch(unlessMissing);
  if (dirname(claimed.path) !== claimed.folder) await removeFolder(dirname(claimed.path));
  await removeFolder(claimed.folder);
}

async function removeFolder(folder: string): Promise<void> {
  await rmdir(folder).catch(unlessMissing);
}

function unlessMissing(error: unknown): void {
  if (errnoOf(error) !== 'ENOENT') throw error;
}

/** Claims that an earlier process left, oldest first. Folders of claims whose file has left are removed. */
export async function claimsLeft(folders: Folders): Promise<Claim[]> {
  const claims: Claim[] = [];
  for (const id of (await readdir(folders.work)).filter(isUlid).sort()) {
    const folder = join(folders.work, id);
    const name = await nameIn(folder);
    if (name === null) continue;
    claims.push({ id, folder, name, path: join(folder, name), loads: await notedLoads(folder) });
  }
  return claims;
}

async function nameIn(folder: string): Promise<string | null> {
  const [entry] = (await readdir(folder, { withFileTypes: true })).filter(
    (each) => !each.name.startsWith('.'),
  );
  if (entry === undefined) {
    await release({ folder, path: join(folder, 'none') });
    return null;
  }
  if (!entry.isDirectory()) return entry.name;
  const [file] = await readdir(join(folder, entry.name));
  if (file !== undefined) return join(entry.name, file);
  await release({ folder, path: join(folder, entry.name, 'none') });
  return null;
}

/** Not fsynced: should it be lost with the power, the worst is a receipt that says `duplicate`. */
export async function noteLoad(claimed: Claim, load: string): Promise<void> {
  await appendFile(join(claimed.folder, LOAD_FILE), `${load}\n`);
  claimed.loads.add(load);
}

async function notedLoads(folder: string): Promise<Set<string>> {
  try {
    return new Set((await readFile(join(folder, LOAD_FILE), 'utf8')).split('\n'));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return new Set();
    throw error;
  }
}

export interface OpenClaim {
  readonly claimed: Claim;
  readonly file: FileHandle;
  readonly stat: BigIntStats;
}

/** Throws `file-unreadable` for all but an ordinary file with one name. The caller closes it. */
export async function openClaim(claimed: Claim): Promise<OpenClaim> {
  // Opening a device can set it in motion, so the kind is known before; O_NOFOLLOW and fstat hold it to that.
  refuseUnlessOrdinary(await lstat(claimed.path, { bigint: true }), claimed.name);
  const file = await openReadOnly(claimed);
  try {
    const stat = await file.stat({ bigint: true });
    refuseUnlessOrdinary(stat, claimed.name);
    return { claimed, file, stat };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function openReadOnly(claimed: Claim): Promise<FileHandle> {
  try {
    return await open(claimed.path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    if (errnoOf(cause) !== 'EACCES' && errnoOf(cause) !== 'EPERM') throw cause;
    const owner = `the user that rowferry runs as (uid ${process.getuid?.() ?? 'unknown'})`;
    throw new RowferryError('file-unreadable', `${claimed.name} may not be read by ${owner}`, {
      hint: 'give that user the right to read it, then move it to data/incoming again',
      cause,
    });
  }
}

function refuseUnlessOrdinary(stat: BigIntStats, name: string): void {
  const found = kindOf(stat);
  if (found === null) return;
  throw new RowferryError('file-unreadable', `${name} is ${found}; expected an ordinary file with one name`, {
    hint: stat.isDirectory()
      ? 'put the files into data/incoming itself or into data/incoming/<table>'
      : 'copy the file itself into data/incoming',
  });
}

function kindOf(stat: BigIntStats): string | null {
  if (stat.isSymbolicLink()) return 'a symbolic link';
  if (stat.isDirectory()) return 'a folder that lies too deep';
  if (stat.isFIFO()) return 'a named pipe';
  if (stat.isSocket()) return 'a socket';
  if (!stat.isFile()) return 'a device';
  return stat.nlink > 1n ? `a file with ${stat.nlink} names (hard links)` : null;
}

export function errnoOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/** Of the name itself: a symbolic link to nothing is there. */
export async function exists(path: string | Buffer): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}
