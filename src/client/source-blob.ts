import { RowferryError } from '../errors.ts';
import { Sha256 } from '../lib/sha256.ts';
import type { Source } from './source.ts';

/** A File that was picked or dropped, or any Blob; read slice by slice. */
export class SourceBlob implements Source {
  readonly path: string;
  readonly name: string;
  readonly size: number;
  readonly #blob: Blob;

  constructor(blob: Blob) {
    this.path = blob instanceof File ? blob.name : 'rows.csv';
    this.name = this.path;
    this.size = blob.size;
    this.#blob = blob;
  }

  newHash(): Sha256 {
    return new Sha256();
  }

  async readAt(position: number, buffer: Uint8Array): Promise<number> {
    const slice = this.#blob.slice(position, position + buffer.length);
    const bytes = new Uint8Array(await slice.arrayBuffer().catch((cause) => this.#refuse(cause)));
    buffer.set(bytes);
    return bytes.length;
  }

  /** A Blob does not change; a File that changed on the disk cannot be read any more. */
  async assertUnchanged(): Promise<void> {}

  async close(): Promise<void> {}

  /** File API, 8.1: reading throws NotReadableError when the file is not the one that was picked. */
  #refuse(cause: unknown): never {
    throw new RowferryError('file-changed', `${this.path} cannot be read: it changed since it was picked`, {
      hint: 'wait until the program that writes it is done, then pick it again',
      cause,
    });
  }
}
