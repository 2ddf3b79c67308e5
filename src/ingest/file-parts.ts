import { stat } from 'node:fs/promises';
import { engineOf } from '../database/open.ts';
import type { FileOps } from './file-ops.ts';
import { type Lane, LaneThread } from './lane.ts';
import { Preparer } from './prepare.ts';
import { type FilePart, PART_BYTES, PreparedFile, type PreparedFileRequest } from './prepared-file.ts';

/** The parts of a file one after the other, prepared. */
export interface Parts {
  /** Bytes of the file. */
  readonly size: number;
  /** Null after the last one. */
  next(): Promise<FilePart | null>;
  close(): Promise<void>;
}

/** While a part is tried out, the next one is prepared; more only take memory. */
const AHEAD = 1;

/** A file of several parts is prepared in a thread of its own; for one part that would take longer to start. */
export async function openParts(
  request: Omit<PreparedFileRequest, 'size'>,
  databaseUrl: string,
): Promise<Parts> {
  const { size } = await stat(request.file);
  if (size > PART_BYTES) return new PartsAhead({ ...request, size }, databaseUrl);
  return PreparedFile.open({ ...request, size }, new Preparer(await engineOf(databaseUrl)));
}

class PartsAhead implements Parts {
  readonly size: number;
  readonly #thread: LaneThread<FileOps>;
  readonly #lane: Lane<FileOps>;
  readonly #coming: Promise<FilePart | null>[] = [];

  constructor(request: PreparedFileRequest, databaseUrl: string) {
    this.size = request.size;
    this.#thread = new LaneThread<FileOps>('file-thread', databaseUrl);
    this.#lane = this.#thread.open(() => {});
    // What goes wrong with it, the first part says.
    this.#lane.call('open', request).catch(() => {});
    for (let i = 0; i < AHEAD; i++) this.#ask();
  }

  async next(): Promise<FilePart | null> {
    const part = (await this.#coming.shift()) ?? null;
    if (part !== null) this.#ask();
    return part;
  }

  close(): Promise<void> {
    return this.#thread.close();
  }

  #ask(): void {
    const part = this.#lane.call('next', null);
    // It is awaited later, if ever.
    part.catch(() => {});
    this.#coming.push(part);
  }
}
