import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { Config } from '../config.ts';
import type { Told } from '../csv/sniff/content.ts';
import type { Connection, Staged } from '../database/database.ts';
import { openDatabase } from '../database/open.ts';
import { refine } from '../dictionary/schema/refine.ts';
import { readSchema } from '../dictionary/schema/schema.ts';
import { RowferryError } from '../errors.ts';
import { release } from '../lib/release.ts';
import { giveBack } from '../lib/slabs.ts';
import type { Dialect } from '../model/dialect.ts';
import { type Counts, NO_COUNTS, type Reason } from '../model/receipt.ts';
import type { Reject } from '../model/reject.ts';
import type { Table } from '../model/table.ts';
import { Dictionary } from './dictionary.ts';
import { openParts, type Parts } from './file-parts.ts';
import type { Prepared } from './prepare.ts';
import type { FilePart } from './prepared-file.ts';
import { addCounts, addReasons } from './reasons.ts';
import { sniffedDialect } from './sniff-file.ts';
import { type Place, START, type Written, writeStaged } from './write.ts';

export interface CheckRequest {
  readonly config: Config;
  readonly file: string;
  readonly table: string;
  readonly dialect?: Partial<Dialect>;
  /** False: what is not declared of the dialect is RFC 4180. */
  readonly sniff?: boolean;
  /** When a dialect was found that is not RFC 4180. */
  readonly onSniffed?: (told: Told) => void;
  /** A Table Schema descriptor. */
  readonly schema?: unknown;
  /** Bytes done and in all, and the rejects so far. */
  readonly onProgress?: (done: number, size: number, rejected: number) => void;
  /** Called with the rejects of each part, in the order of their lines. */
  readonly onRejects?: (rejects: readonly Reject[]) => void;
  readonly signal?: AbortSignal;
}

/** What a load of the file would do. */
export interface CheckReport extends Counts {
  readonly file: string;
  readonly table: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly reasons: readonly Reason[];
  readonly dialect: Dialect | null;
  readonly columns: readonly string[] | null;
  readonly strategy: string | null;
  readonly seconds: number;
}

/** Keys that stand twice are found among the parts of one transaction; it is not to last, nor its log to grow. */
const PARTS_TOGETHER = 16;

const EMPTY_SHA256 = createHash('sha256').digest('hex');

/**
 * The same way as a load, with every batch rolled back: the database itself says what it would refuse, and nothing
 * is written.
 */
export async function checkFile(request: CheckRequest): Promise<CheckReport> {
  const connection = await openDatabase(request.config.databaseUrl);
  try {
    const live = await new Dictionary(connection).table(request.table);
    const table = request.schema === undefined ? live : refine(live, readSchema(request.schema));
    const dialect = request.sniff === false ? {} : await sniffedDialect(request, table);
    return await new FileCheck(connection, table, { ...request, ...dialect }).run();
  } finally {
    await connection.close();
  }
}

class FileCheck {
  readonly #connection: Connection;
  readonly #table: Table;
  readonly #request: CheckRequest;
  #counts: Counts = NO_COUNTS;
  #reasons: Reason[] = [];
  #place: Place = START;
  #first: Pick<Prepared, 'plan' | 'dialect'> | null = null;
  #strategy: string | null = null;
  #sha256 = EMPTY_SHA256;

  constructor(connection: Connection, table: Table, request: CheckRequest) {
    this.#connection = connection;
    this.#table = table;
    this.#request = request;
  }

  async run(): Promise<CheckReport> {
    const started = performance.now();
    const { config, file, dialect = {} } = this.#request;
    const parts = await openParts({ file, table: this.#table, dialect }, config.databaseUrl);
    try {
      let part = await parts.next();
      while (part !== null) part = await this.#together(part, parts);
      return this.#report(parts.size, started);
    } finally {
      await parts.close();
    }
  }

  /** Tries parts out in one transaction; gives the first part after them, or null. */
  async #together(first: FilePart, parts: Parts): Promise<FilePart | null> {
    const { engine } = this.#connection;
    const most = Math.min(PARTS_TOGETHER, engine.capabilities.stagedBatches);
    const foreignKeys = engine.foreignKeysBy(first.prepared.plan, 'insert');
    const staged = await this.#stage(first.prepared);
    const work = async () => {
      await this.#tryOut(first, staged, parts.size);
      for (let tried = 1; ; tried++) {
        const part = await parts.next();
        if (part === null || tried === most) throw new TriedOut(part);
        await this.#tryOut(part, await this.#stage(part.prepared), parts.size);
      }
    };
    try {
      return await this.#connection.transaction(work, { write: true, foreignKeys });
    } catch (error) {
      if (error instanceof TriedOut) return error.next;
      throw error;
    }
  }

  async #stage({ encoded }: Prepared): Promise<Staged> {
    const [staged] = await this.#connection.stage([encoded]);
    if (staged === undefined) throw new RowferryError('internal', 'nothing was staged');
    return staged;
  }

  async #tryOut({ prepared, sha256 }: FilePart, staged: Staged, size: number): Promise<void> {
    this.#request.signal?.throwIfAborted();
    this.#account(await writeStaged(this.#connection, staged, prepared, 'insert', this.#place), prepared);
    giveBack(prepared.encoded.data);
    // Rejects have copies of their bytes.
    release(prepared.bytes);
    this.#first ??= { plan: prepared.plan, dialect: prepared.dialect };
    this.#sha256 = sha256 ?? this.#sha256;
    this.#request.onProgress?.(this.#place.byte, size, this.#counts.rejected);
  }

  #account(written: Written, prepared: Prepared): void {
    this.#counts = addCounts(this.#counts, written.counts);
    this.#reasons = addReasons(this.#reasons, written.rejects);
    this.#strategy = written.strategy;
    this.#place = {
      byte: this.#place.byte + prepared.consumed,
      line: this.#place.line + prepared.lines,
      record: this.#place.record + prepared.records,
    };
    this.#request.onRejects?.(written.rejects);
  }

  #report(size: number, started: number): CheckReport {
    return {
      file: basename(this.#request.file),
      table: this.#table.name,
      sha256: this.#sha256,
      bytes: size,
      ...this.#counts,
      reasons: this.#reasons,
      dialect: this.#first?.dialect ?? null,
      columns: this.#first?.plan.columns.map((column) => column.name) ?? null,
      strategy: this.#strategy,
      seconds: Math.round(performance.now() - started) / 1000,
    };
  }
}

/** Ends a transaction that is only tried, with the part that comes after it. */
class TriedOut extends Error {
  readonly next: FilePart | null;
  constructor(next: FilePart | null) {
    super('tried out');
    this.next = next;
  }
}
