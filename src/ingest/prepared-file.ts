import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { resolveDialect } from '../csv/dialect.ts';
import { cutPlace, partSize } from '../csv/general/cut.ts';
import { RowferryError } from '../errors.ts';
import type { Dialect } from '../model/dialect.ts';
import type { Table } from '../model/table.ts';
import type { Prepared, Preparer } from './prepare.ts';

/** A file that is to be read and prepared part by part. */
export interface PreparedFileRequest {
  readonly file: string;
  /** Bytes. */
  readonly size: number;
  readonly table: Table;
  readonly dialect: Partial<Dialect>;
}

export interface FilePart {
  readonly prepared: Prepared;
  /** Of the whole file, with the last part. */
  readonly sha256: string | null;
}

/** As the client cuts a file. Several of them are in memory at a time. */
export const PART_BYTES = 4 << 20;

/** Reads a file part by part and prepares each, as a client and a server do together. */
export class PreparedFile {
  readonly #file: FileHandle;
  readonly #request: PreparedFileRequest;
  readonly #preparer: Preparer;
  readonly #hash = createHash('sha256');
  /** Read into again and again. */
  #buffer = new Uint8Array(0);
  #at = 0;
  /** What the first part found. */
  #found: { readonly columns: readonly string[]; readonly dialect: Dialect } | null = null;

  private constructor(file: FileHandle, request: PreparedFileRequest, preparer: Preparer) {
    this.#file = file;
    this.#request = request;
    this.#preparer = preparer;
  }

  static async open(request: PreparedFileRequest, preparer: Preparer): Promise<PreparedFile> {
    return new PreparedFile(await open(request.file, 'r'), request, preparer);
  }

  get size(): number {
    return this.#request.size;
  }

  /** Null after the last one. `file-changed` when there are fewer bytes than there were. */
  async next(): Promise<FilePart | null> {
    const remaining = this.size - this.#at;
    if (remaining <= 0) return null;
    const wanted = partSize(Math.min(PART_BYTES, remaining), remaining);
    if (this.#buffer.length < wanted) this.#buffer = new Uint8Array(wanted);
    const { bytesRead } = await this.#file.read(this.#buffer, 0, wanted, this.#at);
    if (bytesRead === 0) throw changed(this.#request.file);
    const prepared = this.#prepare(this.#buffer.subarray(0, bytesRead), bytesRead >= remaining);
    this.#hash.update(prepared.bytes.subarray(0, prepared.consumed));
    this.#at += prepared.consumed;
    return { prepared, sha256: this.#at >= this.size ? this.#hash.digest('hex') : null };
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  #prepare(bytes: Uint8Array<ArrayBuffer>, last: boolean): Prepared {
    const dialect = this.#found?.dialect ?? resolveDialect(this.#request.dialect);
    const end = last ? bytes.length : cutPlace(bytes, dialect);
    const prepared = this.#preparer.csv({
      // A slice of its own: the preparer looks at all bytes of the buffer it is given.
      bytes: bytes.slice(0, end === 0 ? bytes.length : end),
      table: this.#request.table,
      last,
      columns: this.#found?.columns ?? null,
      dialect: this.#found?.dialect ?? this.#request.dialect,
    });
    this.#found ??= { columns: prepared.plan.columns.map(({ name }) => name), dialect: prepared.dialect };
    return prepared;
  }
}

function changed(file: string): RowferryError {
  return new RowferryError('file-changed', `${file} became shorter while it was read`, {
    hint: 'check it again',
  });
}
