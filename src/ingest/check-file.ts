import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Config } from '../config.ts';
import { resolveDialect } from '../csv/dialect.ts';
import { cutPlace, partSize } from '../csv/general/cut.ts';
import type { Told } from '../csv/sniff/content.ts';
import type { Connection } from '../database/database.ts';
import { openDatabase } from '../database/open.ts';
import { refine } from '../dictionary/schema/refine.ts';
import { readSchema } from '../dictionary/schema/schema.ts';
import { RowferryError } from '../errors.ts';
import type { Dialect } from '../model/dialect.ts';
import { type Counts, NO_COUNTS, type Reason } from '../model/receipt.ts';
import type { Reject } from '../model/reject.ts';
import type { Table } from '../model/table.ts';
import { Dictionary } from './dictionary.ts';
import { type Prepared, Preparer } from './prepare.ts';
import { addCounts, addReasons } from './reasons.ts';
import { sniffedDialect } from './sniff-file.ts';
import { type Place, START, type Written, writeStaged } from './write.ts';

export interface CheckRequest {
  readonly config: Config;
  readonly file: string;
  readonly table: string;
  readonly dialect?: Partial<Dialect>;
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

/** Keys that stand twice are found within a part, so the parts are large. */
const PART_BYTES = 64 << 20;

/**
 * The same way as a load, with every batch rolled back: the database itself says what it would refuse, and nothing
 * is written.
 */
export async function checkFile(request: CheckRequest): Promise<CheckReport> {
  const connection = await openDatabase(request.config.databaseUrl);
  try {
    const live = await new Dictionary(connection).table(request.table);
    const table = request.schema === undefined ? live : refine(live, readSchema(request.schema));
    const dialect = await sniffedDialect(request, table);
    return await new FileCheck(connection, table, { ...request, ...dialect }).run();
  } finally {
    await connection.close();
  }
}

class FileCheck {
  readonly #connection: Connection;
  readonly #preparer: Preparer;
  readonly #table: Table;
  readonly #request: CheckRequest;
  readonly #hash = createHash('sha256');
  #counts: Counts = NO_COUNTS;
  #reasons: Reason[] = [];
  #place: Place = START;
  #prepared: Prepared | null = null;
  #strategy: string | null = null;

  constructor(connection: Connection, table: Table, request: CheckRequest) {
    this.#connection = connection;
    this.#preparer = new Preparer(connection.engine);
    this.#table = table;
    this.#request = request;
  }

  async run(): Promise<CheckReport> {
    const started = performance.now();
    const file = await open(this.#request.file, 'r');
    try {
      const { size } = await file.stat();
      for (let at = 0; at < size; ) {
        this.#request.signal?.throwIfAborted();
        const buffer = new Uint8Array(partSize(Math.min(PART_BYTES, size - at), size - at));
        const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
        if (bytesRead === 0) throw changed(this.#request.file);
        const consumed = await this.#part(buffer.subarray(0, bytesRead), at + bytesRead >= size);
        at += consumed;
        this.#request.onProgress?.(at, size, this.#counts.rejected);
      }
      return this.#report(size, started);
    } finally {
      await file.close();
    }
  }

  async #part(bytes: Uint8Array<ArrayBuffer>, last: boolean): Promise<number> {
    const end = last ? bytes.length : cutPlace(bytes, this.#dialect());
    // A slice of its own: the preparer looks at all bytes of the buffer it is given.
    const part = bytes.slice(0, end === 0 ? bytes.length : end);
    const prepared = this.#preparer.csv({
      bytes: part,
      table: this.#table,
      last,
      columns: this.#prepared?.plan.columns.map((column) => column.name) ?? null,
      dialect: this.#prepared?.dialect ?? this.#request.dialect ?? {},
    });
    this.#prepared ??= prepared;
    this.#hash.update(part.subarray(0, prepared.consumed));
    this.#account(await this.#tryOut(prepared), prepared);
    return prepared.consumed;
  }

  #dialect(): Dialect {
    return this.#prepared?.dialect ?? resolveDialect(this.#request.dialect ?? {});
  }

  async #tryOut(prepared: Prepared): Promise<Written> {
    const foreignKeys = this.#connection.engine.foreignKeysBy(prepared.plan, 'insert');
    const [staged] = await this.#connection.stage([prepared.encoded]);
    if (staged === undefined) throw new RowferryError('internal', 'nothing was staged');
    const work = async () => {
      throw new TriedOut(await writeStaged(this.#connection, staged, prepared, 'insert', this.#place));
    };
    try {
      return await this.#connection.transaction(work, { write: true, foreignKeys });
    } catch (error) {
      if (error instanceof TriedOut) return error.written;
      throw error;
    }
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
      sha256: this.#hash.digest('hex'),
      bytes: size,
      ...this.#counts,
      reasons: this.#reasons,
      dialect: this.#prepared?.dialect ?? null,
      columns: this.#prepared?.plan.columns.map((column) => column.name) ?? null,
      strategy: this.#strategy,
      seconds: Math.round(performance.now() - started) / 1000,
    };
  }
}

/** Ends a transaction that is only tried, with what it found. */
class TriedOut extends Error {
  readonly written: Written;
  constructor(written: Written) {
    super('tried out');
    this.written = written;
  }
}

function changed(file: string): RowferryError {
  return new RowferryError('file-changed', `${file} became shorter while it was read`, {
    hint: 'check it again',
  });
}
