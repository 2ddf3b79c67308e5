import type { FileHandle } from 'node:fs/promises';

/** Files as their writers and readers see them, whatever lies between these and the disk. */

export interface ByteSink {
  /** Resolves when all of it is written. `bytes` may be used again then. */
  write(bytes: Uint8Array, position: number): Promise<void>;
}

export interface ByteInput {
  /** The next bytes, up to `length` of them, from `offset` of `buffer` on. Gives how many; 0 only at the end. */
  read(buffer: Uint8Array, offset: number, length: number): Promise<number>;
}

/** A write may take fewer bytes than it was given. */
export function sinkOf(file: FileHandle): ByteSink {
  return {
    async write(bytes, position) {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
        done += bytesWritten;
      }
    },
  };
}

export function inputOf(file: FileHandle, from = 0): ByteInput {
  let position = from;
  return {
    async read(buffer, offset, length) {
      const { bytesRead } = await file.read(buffer, offset, length, position);
      position += bytesRead;
      return bytesRead;
    },
  };
}

/** Reads until `length` bytes came or the file ended. Gives how many came. */
export async function readFully(input: ByteInput, buffer: Uint8Array, length: number): Promise<number> {
  let filled = 0;
  while (filled < length) {
    const bytes = await input.read(buffer, filled, length - filled);
    if (bytes === 0) break;
    filled += bytes;
  }
  return filled;
}
