import { readFileSync, statSync } from 'node:fs';
import type { Command } from 'commander';
import { identitiesIn } from '../age/header.ts';
import type { Config } from '../config.ts';
import { RowferryError } from '../errors.ts';

/** The identities of age that open encrypted backups: `--identity FILE`, else the file that ROWFERRY_IDENTITY names. */

export interface IdentityFlags {
  readonly identity?: string;
}

export function withIdentity(command: Command): Command {
  return command.option(
    '--identity <file>',
    'opens encrypted backups: a file of age-keygen (default: ROWFERRY_IDENTITY); it is not sent anywhere',
  );
}

/** A file of identities is a few lines. */
const MAX_BYTES = 1 << 16;

/** None where no file is named. `file-unreadable`. */
export function identitiesOf({ identity }: Config): readonly string[] {
  if (identity === null) return [];
  const found = identitiesIn(textOf(identity));
  if (found.length > 0) return found;
  throw new RowferryError('file-unreadable', `${identity} holds no identity of age`, {
    hint: 'give the file that age-keygen wrote',
  });
}

function textOf(path: string): string {
  try {
    if (statSync(path).size <= MAX_BYTES) return readFileSync(path, 'utf8');
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new RowferryError('file-unreadable', `the identity cannot be read: ${detail}`, { cause });
  }
  throw new RowferryError('file-unreadable', `${path} is too large for a file of identities`);
}
