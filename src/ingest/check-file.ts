import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
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
import { type SettledPart, settledPart } from './decided-file.ts';
import { Dictionary } from './dictionary.ts';
import { decidedParts, hasSeveralParts, type Parts, preparedParts } from './file-parts.ts';
import type { Prepared } from './prepare.ts';
import type { FilePart, PreparedFileRequest } from './prepared-file.ts';
import { addCounts, addReasons } from './reasons.ts';
import { rolledBack } from './rolled-back.ts';
import { sniffedDialect } from './sniff-file.ts';
import { type Place, START, writeStaged } from './write.ts';

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
 * What a load would do, and nothing is written. Rows of a table whose rules the dictionary knows all are decided
 * without the database inserting them, those of others go the same way as in a load, with every batch rolled back.
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
  #first: SettledPart | null = null;
  #strategy: string | null = null;
  #sha256 = EMPTY_SHA256;
  /** Up to which record the rejects were told. */
  #told = 0;

  constructor(connection: Connection, table: Table, request: CheckRequest) {
    this.#connection = connection;
    this.#table = table;
    this.#request = request;
  }

  async run(): Promise<CheckReport> {
    const started = performance.now();
    const { file, dialect = {} } = this.#request;
    const { size } = await stat(file);
    const whole = { file, size, table: this.#table, dialect };
    if (!(await this.#decide(whole))) await this.#tryOut(whole);
    return this.#report(size, started);
  }

  /** False when only an insert can tell. A file of one part is inserted in less time than a thread takes to start. */
  async #decide(whole: PreparedFileRequest): Promise<boolean> {
    if (!hasSeveralParts(whole) || (await this.#connection.hasHiddenRules(this.#table))) return false;
    const parts = decidedParts(whole, this.#request.config.databaseUrl);
    try {
      for (let part = await parts.next(); part !== null; part = await parts.next()) {
        if (part === 'undecided') return false;
        this.#account(part, whole.size);
      }
      return true;
    } finally {
      await parts.close();
    }
  }

  /** From the start: what was told before is not told again. */
  async #tryOut(whole: PreparedFileRequest): Promise<void> {
    this.#counts = NO_COUNTS;
    this.#reasons = [];
    this.#place = START;
    const parts = await preparedParts(whole, this.#request.config.databaseUrl);
    try {
      let part = await parts.next();
      while (part !== null) part = await this.#together(part, parts, whole.size);
    } finally {
      await parts.close();
    }
  }

  /** Tries parts out in one transaction; gives the first part after them, or null. */
  async #together(first: FilePart, parts: Parts<FilePart>, size: number): Promise<FilePart | null> {
    const { engine } = this.#connection;
    const most = Math.min(PARTS_TOGETHER, engine.capabilities.stagedBatches);
    const foreignKeys = engine.foreignKeysBy(first.prepared.plan, 'insert');
    const staged = await this.#stage(first.prepared);
    return rolledBack(this.#connection, { write: true, foreignKeys }, async () => {
      await this.#insert(first, staged, size);
      for (let tried = 1; ; tried++) {
        const part = await parts.next();
        if (part === null || tried === most) return part;
        await this.#insert(part, await this.#stage(part.prepared), size);
      }
    });
  }

  async #stage({ encoded }: Prepared): Promise<Staged> {
    const [staged] = await this.#connection.stage([encoded]);
    if (staged === undefined) throw new RowferryError('internal', 'nothing was staged');
    return staged;
  }

  async #insert(part: FilePart, staged: Staged, size: number): Promise<void> {
    const { prepared } = part;
    const written = await writeStaged(this.#connection, staged, prepared, 'insert', this.#place);
    giveBack(prepared.encoded.data);
    // Rejects have copies of their bytes.
    release(prepared.bytes);
    this.#account(settledPart(part, written, this.#place), size);
  }

  #account(part: SettledPart, size: number): void {
    this.#request.signal?.throwIfAborted();
    const { written, place, sha256 } = part;
    this.#counts = addCounts(this.#counts, written.counts);
    this.#reasons = addReasons(this.#reasons, written.rejects);
    this.#strategy = written.strategy;
    this.#place = place;
    this.#first ??= part;
    this.#sha256 = sha256 ?? this.#sha256;
    if (place.record > this.#told) this.#request.onRejects?.(written.rejects);
    this.#told = Math.max(this.#told, place.record);
    this.#request.onProgress?.(place.byte, size, this.#counts.rejected);
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
      columns: this.#first?.columns ?? null,
      strategy: this.#strategy,
      seconds: Math.round(performance.now() - started) / 1000,
    };
  }
}
