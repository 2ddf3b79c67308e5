import { type FileHandle, stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { RowferryError } from '../errors.ts';
import { plainName } from '../lib/input-name.ts';
import { headOf, headOfOpen } from './expander.ts';
import type { Input, Inputs } from './input.ts';
import { kindOf } from './kind.ts';
import type { Spooled } from './spool.ts';

/**
 * What one file holds, by its first bytes. `label`: what it is called instead of its path; `opened`: the file, where it
 * is open already. A file that is none (not there, a folder, a pipe) is given as plain: whoever opens it says what is
 * wrong. Throws `file-unreadable`.
 */
export async function inputsOf(path: string, label = path, opened?: FileHandle): Promise<Inputs> {
  const head = opened === undefined ? await headIfFile(path) : await headOfOpen(opened);
  const kind = head === null ? 'plain' : kindOf(label, head);
  if (kind !== 'zip') {
    const name = basename(label);
    return {
      inputs: [
        { label, name, plainName: plainName(label), path, kind, archive: null, member: null, sha256: null },
      ],
      ignored: [],
    };
  }
  const { zipMembers } = await import('./zip.ts');
  const { names, ignored } = await zipMembers(path, label);
  return { inputs: names.map((member) => inputOfMember(path, label, member)), ignored };
}

/** The same of a content that was spooled: standard input. */
export async function inputsOfSpooled({ path, sha256 }: Spooled, label: string): Promise<Inputs> {
  const { inputs, ignored } = await inputsOf(path, label);
  return { inputs: inputs.map((input) => (input.kind === 'plain' ? { ...input, sha256 } : input)), ignored };
}

/** One member of a file named like `hr.zip!jobs.csv`; null when the name is not of this form. */
export function memberNamed(name: string): { readonly archive: string; readonly member: string } | null {
  const [, archive, member] = /^(.+\.zip)!(.+)$/i.exec(name) ?? [];
  return archive === undefined || member === undefined ? null : { archive, member };
}

/** The archive stands for a folder, so that jobs.zip may hold 2020.csv and 2021.csv. */
function inputOfMember(path: string, archive: string, member: string): Input {
  const label = `${archive}!${member}`;
  const folder = basename(archive, extname(archive));
  const name = `${basename(archive)}!${member}`;
  return { label, name, plainName: `${folder}/${member}`, path, kind: 'zip', archive, member, sha256: null };
}

async function headIfFile(path: string): Promise<Uint8Array | null> {
  const facts = await stat(path).catch(() => null);
  if (!facts?.isFile()) return null;
  return headOf(path).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'EACCES' ? 'may not be read by this user' : `cannot be read: ${cause.message}`;
    throw new RowferryError('file-unreadable', `${path} ${why}`, { cause });
  });
}
