import { RowferryError } from '../errors.ts';
import { type Manifest, readManifest, type Signer, writeManifest } from './manifest.ts';
import { manifestPath } from './paths.ts';

/** Holds a backup, or releases it: its manifest says so, signed, and goes with it wherever it is copied. */
export async function holdBackup(path: string, held: boolean, signer: Signer): Promise<Manifest> {
  const manifest = await readManifest(manifestPath(path), signer);
  if (manifest === null)
    throw new RowferryError('backup-not-found', 'the manifest of the backup is not there');
  const recorded: Manifest = { ...manifest, held };
  if (manifest.held !== held) await writeManifest(manifestPath(path), recorded, signer);
  return recorded;
}
