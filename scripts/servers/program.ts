/** Where the programs of this machine are. */
import { accessSync, constants, globSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Debian keeps the servers of PostgreSQL, one folder per version, out of PATH. */
const OTHER_FOLDERS = ['/usr/lib/postgresql/*/bin', '/usr/sbin', '/usr/local/sbin'];

/** The first of these names that is there, as a path; null: none. PATH goes before the folders of servers. */
export function findProgram(...names: readonly string[]): string | null {
  for (const name of names) {
    const path = [...pathFolders(), ...serverFolders()].map((folder) => join(folder, name)).find(executable);
    if (path !== undefined) return path;
  }
  return null;
}

export function onPath(program: string): boolean {
  return pathFolders().some((folder) => executable(join(folder, program)));
}

function pathFolders(): string[] {
  return (process.env.PATH ?? '').split(delimiter);
}

/** The newest version first. */
function serverFolders(): string[] {
  return OTHER_FOLDERS.flatMap((pattern) => globSync(pattern).sort(byNumber).reverse());
}

function byNumber(left: string, right: string): number {
  return left.localeCompare(right, 'en', { numeric: true });
}

function executable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
