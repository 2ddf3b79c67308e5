import type { Connection } from '../database/database.ts';
import { release } from '../lib/release.ts';
import type { Dialect } from '../model/dialect.ts';
import { PartDecider } from './part-decider.ts';
import { Preparer } from './prepare.ts';
import { type FilePart, PreparedFile, type PreparedFileRequest } from './prepared-file.ts';
import { account, type Place, START, type Written } from './write.ts';

/** What became of a part, without its rows. */
export interface SettledPart {
  readonly written: Written;
  /** Where the next part starts. */
  readonly place: Place;
  readonly columns: readonly string[];
  readonly dialect: Dialect;
  /** Of the whole file, with the last part. */
  readonly sha256: string | null;
}

export function settledPart({ prepared, sha256 }: FilePart, written: Written, from: Place): SettledPart {
  return {
    written,
    place: {
      byte: from.byte + prepared.consumed,
      line: from.line + prepared.lines,
      record: from.record + prepared.records,
    },
    columns: prepared.plan.columns.map(({ name }) => name),
    dialect: prepared.dialect,
    sha256,
  };
}

/** Reads a file part by part and decides what a load would make of it. */
export class DecidedFile {
  readonly #file: PreparedFile;
  readonly #decider: PartDecider;
  #place: Place = START;

  private constructor(file: PreparedFile, decider: PartDecider) {
    this.#file = file;
    this.#decider = decider;
  }

  static async open(request: PreparedFileRequest, connection: Connection): Promise<DecidedFile> {
    const decider = new PartDecider(connection);
    return new DecidedFile(await PreparedFile.open(request, new Preparer(decider)), decider);
  }

  /** Null after the last part; `undecided` when only an insert of the whole file can tell. */
  async next(): Promise<SettledPart | 'undecided' | null> {
    const part = await this.#file.next();
    if (part === null) return null;
    const inserted = await this.#decider.decide(part.prepared);
    if (inserted === null) return 'undecided';
    const settled = settledPart(part, account(part.prepared, inserted, this.#place), this.#place);
    this.#place = settled.place;
    // Rejects have copies of their bytes.
    release(part.prepared.bytes);
    return settled;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
