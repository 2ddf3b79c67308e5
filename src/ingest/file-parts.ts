import { engineOf } from '../database/open.ts';
import type { DecideOps } from './decide-thread.ts';
import type { SettledPart } from './decided-file.ts';
import type { FileOps } from './file-ops.ts';
import { LaneThread } from './lane.ts';
import { Preparer } from './prepare.ts';
import { type FilePart, PART_BYTES, PreparedFile, type PreparedFileRequest } from './prepared-file.ts';

/** The parts of a file one after the other. */
export interface Parts<Part> {
  /** Null after the last one. */
  next(): Promise<Part | null>;
  close(): Promise<void>;
}

/** While a part is tried out or accounted for, the next one is read; more only take memory. */
const AHEAD = 1;

/** It is read in a thread of its own; for one part that would take longer to start. */
export const hasSeveralParts = ({ size }: PreparedFileRequest): boolean => size > PART_BYTES;

/** Prepared, to be tried out. */
export async function preparedParts(
  request: PreparedFileRequest,
  databaseUrl: string,
): Promise<Parts<FilePart>> {
  if (!hasSeveralParts(request)) return PreparedFile.open(request, new Preparer(await engineOf(databaseUrl)));
  const thread = new LaneThread<FileOps>('file-thread', databaseUrl);
  const lane = thread.open(() => {});
  // What goes wrong with it, the first part says.
  lane.call('open', request).catch(() => {});
  return new PartsAhead(thread, () => lane.call('next', null));
}

/** Decided without an insert; `undecided` where that cannot be. */
export function decidedParts(
  request: PreparedFileRequest,
  databaseUrl: string,
): Parts<SettledPart | 'undecided'> {
  const thread = new LaneThread<DecideOps>('decide-thread', databaseUrl);
  const lane = thread.open(() => {});
  lane.call('open', request).catch(() => {});
  return new PartsAhead(thread, () => lane.call('next', null));
}

class PartsAhead<Part> implements Parts<Part> {
  readonly #thread: { close(): Promise<void> };
  readonly #nextPart: () => Promise<Part | null>;
  readonly #coming: Promise<Part | null>[] = [];

  constructor(thread: { close(): Promise<void> }, nextPart: () => Promise<Part | null>) {
    this.#thread = thread;
    this.#nextPart = nextPart;
    for (let i = 0; i < AHEAD; i++) this.#ask();
  }

  async next(): Promise<Part | null> {
    const part = (await this.#coming.shift()) ?? null;
    if (part !== null) this.#ask();
    return part;
  }

  close(): Promise<void> {
    return this.#thread.close();
  }

  #ask(): void {
    const part = this.#nextPart();
    // It is awaited later, if ever.
    part.catch(() => {});
    this.#coming.push(part);
  }
}
