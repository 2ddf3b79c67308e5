import { execFileSync } from 'node:child_process';
import { chmodSync, closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';

const { EIO, ENOSPC } = constants.errno;

/** A disk that fails when it is told to, for the files below a folder and for the processes with `env`. */
export class Disk implements Disposable {
  readonly env: NodeJS.ProcessEnv;
  readonly #control: number;
  readonly #place: string;

  /** `folder`: what its path begins with. */
  constructor(folder: string) {
    const place = mkdtempSync(join(tmpdir(), 'faults-disk-'));
    this.#place = place;
    const control = join(place, 'control');
    this.#control = openSync(control, 'w+');
    this.heal();
    // The server of a database is another user.
    chmodSync(place, 0o755);
    chmodSync(control, 0o666);
    const library = join(place, 'write-faults.so');
    const source = join(import.meta.dirname, 'write-faults.c');
    execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl']);
    this.env = { LD_PRELOAD: library, FAULT_CONTROL: control, FAULT_FOLDER: folder };
  }

  /** The Nth write from now fails. */
  failOnce(nth: number): void {
    this.#set(nth, 0, EIO);
  }

  /** From the Nth write on there is no room. */
  fill(nth: number): void {
    this.#set(nth, 1, ENOSPC);
  }

  /** Gives how many writes failed. */
  heal(): number {
    const found = Buffer.alloc(16);
    readSync(this.#control, found, 0, 16, 0);
    this.#set(0, 0, 0);
    return found.readInt32LE(12);
  }

  get failed(): number {
    const found = Buffer.alloc(16);
    readSync(this.#control, found, 0, 16, 0);
    return found.readInt32LE(12);
  }

  [Symbol.dispose](): void {
    closeSync(this.#control);
    rmSync(this.#place, { recursive: true, force: true });
  }

  #set(countdown: number, sticky: number, errno: number): void {
    writeSync(this.#control, Buffer.from(new Int32Array([countdown, sticky, errno, 0]).buffer), 0, 16, 0);
  }
}
