import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Scope } from './up-process.ts';

const mayMount = process.getuid?.() === 0 && process.platform === 'linux';
/** For the options of a test. */
export const skip = mayMount ? false : 'only root may make a small disk';

export interface Disk {
  readonly path: string;
  grow(): void;
}

/** A disk of a few MB in a folder that is there, or in one of its own; unmounted and removed at the end. */
export function smallDisk(
  scope: Scope,
  megabytes: number,
  path = mkdtempSync(join(tmpdir(), 'rowferry-disk-')),
): Disk {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=777`, 'tmpfs', path]);
  scope.after(() => {
    execFileSync('umount', ['--lazy', path]);
    rmSync(path, { recursive: true, force: true });
  });
  return { path, grow: () => void execFileSync('mount', ['-o', 'remount,size=400m', path]) };
}

/** Leaves no byte. */
export function fill(path: string, name = '.filling'): void {
  const file = openSync(join(path, name), 'w');
  try {
    for (;;) writeSync(file, Buffer.alloc(4096));
  } catch {
    closeSync(file);
  }
}
