import { createHash } from 'node:crypto';
import type { Config } from '../config.ts';
import type { Connection } from '../database/database.ts';
import { openDatabase } from '../database/open.ts';
import { type ErrorCode, RowferryError } from '../errors.ts';
import { findAnswer } from '../ledger/answers.ts';
import { listBatches } from '../ledger/batches.ts';
import { findLoad, listLoads, publicLoad } from '../ledger/loads.ts';
import { migrate } from '../ledger/migrate.ts';
import { listRejects, storedRejectDocument } from '../ledger/rejects.ts';
import { giveBack } from '../lib/slabs.ts';
import type { Logger } from '../log.ts';
import type { BatchReceipt, Load, PartReceipt } from '../model/receipt.ts';
import type { LedgerBatch, ReconcileReceipt } from '../model/reconciliation.ts';
import type { Table } from '../model/table.ts';
import { mayGoAhead } from './ahead.ts';
import { dropStaleStaging } from './atomic.ts';
import { finished } from './commit-part.ts';
import { Dictionary } from './dictionary.ts';
import type {
  Announcement,
  Answered,
  BatchRequest,
  IdempotencyClaim,
  Ingest,
  LoadFilter,
  MultiBatchReceipt,
  MultiBatchRequest,
  Part,
  RejectPage,
  RejectQuery,
  RetryRequest,
  StoredAnswers,
} from './ingest.ts';
import { logRejects } from './log-rejects.ts';
import { park } from './parked.ts';
import type { RunAgain } from './persistently.ts';
import { Pool } from './pool.ts';
import { transferables } from './prepare.ts';
import { Readiness } from './readiness.ts';
import type { ReconcileSlice } from './reconcile.ts';
import { fittingSchema, Schemas } from './schemas.ts';
import { readReceipts } from './stored-receipts.ts';
import { type Place, Turns } from './turns.ts';

/** Opens the database, brings the ledger up to date and starts the lanes. */
export async function openIngest({ config, log }: { config: Config; log: Logger }): Promise<Ingest> {
  const connection = await openDatabase(config.databaseUrl);
  try {
    await migrate(connection);
    await dropStaleStaging(connection);
  } catch (error) {
    await connection.close();
    throw error;
  }
  return new LaneIngest(connection, config, log);
}

const UNREADABLE: ReadonlySet<string> = new Set<ErrorCode>([
  'header-invalid',
  'dialect-invalid',
  'encoding-unsupported',
  'record-too-long',
  'table-unsupported',
  'schema-invalid',
]);

const OVERTAKEN: ReadonlySet<string> = new Set<ErrorCode>(['offset-mismatch', 'load-finished']);

interface HashedPart extends Part {
  /** Hex. */
  readonly sha256: string;
}

/** Reads on its own connection, writes through the lanes. */
class LaneIngest implements Ingest {
  readonly answers: StoredAnswers;
  readonly #connection: Connection;
  readonly #pool: Pool;
  readonly #log: Logger;
  readonly #dictionary: Dictionary;
  readonly #schemas: Schemas;
  readonly #turns = new Turns();
  readonly #listeners = new Set<(load: Load) => void>();
  readonly #retries = new Map<ErrorCode, number>();
  readonly #readiness: Readiness;

  constructor(connection: Connection, { databaseUrl, lanes }: Config, log: Logger) {
    const onAgain = (again: RunAgain) => this.#noteAgain(again);
    const pool = new Pool(databaseUrl, connection.engine, { lanes, onAgain });
    this.#connection = connection;
    this.#pool = pool;
    this.#log = log;
    this.#dictionary = new Dictionary(connection);
    this.#schemas = new Schemas(connection);
    this.#readiness = new Readiness(connection);
    this.answers = {
      claim: (key) => pool.write('claim', key),
      complete: (key, fence, status, body) => pool.write('complete', { key, fence, status, body }),
      renew: (key, fence) => pool.write('renew', { key, fence }),
      release: (key, fence) => pool.write('release', { key, fence }),
    };
  }

  tables(): Promise<readonly Table[]> {
    return this.#dictionary.tables();
  }

  table(name: string): Promise<Table> {
    return this.#dictionary.table(name);
  }

  rowCount(table: string): Promise<number> {
    return this.#dictionary.rowCount(table);
  }

  async batch(request: BatchRequest): Promise<Answered<BatchReceipt>> {
    const stored = await this.#replay(request.claim);
    if (stored !== null) return single(stored);
    const table = await this.table(request.table);
    const { maxRows, ...rest } = request;
    const run = () => this.#pool.write('batch', { ...rest, maxRows, table }, [request.body.buffer]);
    return single(await this.#announceAll(await this.#pool.admit(request.body.length, run)));
  }

  async batches(request: MultiBatchRequest): Promise<Answered<MultiBatchReceipt>> {
    const { authorize, ...rest } = request;
    const names = await this.#pool.write('tablesOf', request.body);
    // Before the dictionary is asked, whose near names may be of tables the key must not know of.
    for (const name of names) await authorize(name);
    const tables = await Promise.all(names.map((name) => this.table(name)));
    const stored = await this.#replay(request.claim);
    if (stored !== null) return { answer: { receipts: stored.answer }, replayed: true };
    const run = () => this.#pool.write('batches', { ...rest, tables }, [request.body.buffer]);
    const { answer, replayed } = await this.#announceAll(await this.#pool.admit(request.body.length, run));
    return { answer: { receipts: answer }, replayed };
  }

  async announce(announcement: Announcement): Promise<{ load: Load; existing: boolean }> {
    const table = await this.table(announcement.table);
    const { schema, ...said } = announcement;
    const kept = schema === undefined ? null : fittingSchema(table, schema);
    const announced = await this.#pool.write('announce', { ...said, schema: kept, table: table.name });
    this.#tell(announced.load);
    return announced;
  }

  async part(id: string, part: Part): Promise<PartReceipt> {
    const { fence, ...known } = await findLoad(this.#connection, id);
    const load = publicLoad({ ...known, fence });
    refuseBeyond(load, part);
    const sha256 = createHash('sha256').update(part.bytes).digest('hex');
    if (part.offset < load.offset) return this.#again(load, part, sha256);
    const position = () => this.#position(id);
    const work = async (place: Place) => {
      const result = await this.#commit(load, fence, { ...part, sha256 }, place);
      return { result, position: result.offset };
    };
    const receipt = await this.#turns
      .take(id, { offset: part.offset, end: part.offset + part.bytes.length }, position, (place) =>
        this.#pool.admit(part.bytes.length, () => work(place)),
      )
      .catch((error) => this.#fail({ id, part, sha256 }, error));
    if (receipt.state !== 'receiving') logRejects(this.#log, { ...receipt, load: id });
    return this.#tell(receipt);
  }

  /** Where a load stands that takes parts; `load-finished` when it takes none any more. */
  async #position(id: string): Promise<number> {
    const load = await this.load(id);
    if (load.state !== 'receiving') throw finished(load);
    return load.offset;
  }

  async #again(load: Load, part: Part, sha256: string): Promise<PartReceipt> {
    const key = { load: load.id, offset: part.offset, sha256 };
    const receipt = await this.#pool.write('committedPart', key);
    if (receipt !== null) return receipt;
    throw new RowferryError(
      'offset-mismatch',
      `the part starts at ${part.offset}; the load stands at ${load.offset}`,
      {
        hint: `send the next part with offset=${load.offset}`,
        extra: { offset: load.offset },
      },
    );
  }

  async #commit(load: Load, fence: number, part: HashedPart, place: Place): Promise<PartReceipt> {
    const { id } = load;
    const { columns, dialect, schema } = await this.#withColumns(load, part, place);
    const { table: live, version: schemaVersion } = await this.#dictionary.recent(load.table);
    const table = await this.#schemas.refined(live, schema);
    const { bytes, last, offset, sha256 } = part;
    const prepared = await this.#pool.prepare({ bytes, table, last, columns, dialect: dialect ?? {} }, [
      bytes.buffer,
    ]);
    if (part.offset === 0 && prepared.consumed > 0) {
      place.tell({
        columns: prepared.plan.columns.map((column) => column.name),
        dialect: prepared.dialect,
      });
    }
    const mayGo = this.#pool.severalWriters && mayGoAhead(load, prepared.plan);
    const aheadOf = await place.handOver(mayGo).catch((error: unknown) => {
      giveBack(prepared.encoded.data);
      throw error;
    });
    const transfer = transferables(prepared);
    const { bytes: read, ...rest } = prepared;
    const parked = park(read);
    const commit = { load: id, offset, fence, sha256, last, schemaVersion, prepared: rest, aheadOf };
    const done = await this.#pool.write('commitPart', { ...commit, bytes: parked }, [
      ...transfer.filter((buffer) => !buffer.detached),
      parked,
    ]);
    if (done.wentBack) place.stayInTurn();
    return done.receipt;
  }

  /** The first part finds the columns in the table as it is now, so the others wait for it before they are scanned. */
  async #withColumns(load: Load, part: Part, place: Place): Promise<Load> {
    if (load.columns !== null) return load;
    const found = part.offset === 0 ? null : await place.found();
    if (found !== null) return { ...load, ...found };
    await place.turn();
    this.#dictionary.forget();
    return this.load(load.id);
  }

  /**
   * A content that cannot be read at all ends its load: sending it again would change nothing. A part that another
   * request committed meanwhile has that one's receipt.
   */
  async #fail(sent: { id: string; part: Part; sha256: string }, error: unknown): Promise<PartReceipt> {
    const { id, part, sha256 } = sent;
    if (error instanceof RowferryError && error.code === 'database-schema-changed') this.#dictionary.forget();
    if (error instanceof RowferryError && OVERTAKEN.has(error.code)) {
      const load = await this.load(id);
      if (part.offset < load.offset) return this.#again(load, part, sha256);
    }
    if (error instanceof RowferryError && UNREADABLE.has(error.code)) {
      const detail = error.hint === undefined ? error.detail : `${error.detail} (${error.hint})`;
      this.#tell(await this.#pool.write('abort', { id, detail, state: 'failed' }));
    }
    throw error;
  }

  async finish(id: string): Promise<Load> {
    const { state } = await this.load(id);
    const load = this.#tell(await this.#pool.write('finish', id));
    if (state === 'receiving') logRejects(this.#log, { ...load, load: id });
    return load;
  }

  async abort(id: string, detail: string): Promise<Load> {
    return this.#tell(await this.#pool.write('abort', { id, detail, state: 'aborted' }));
  }

  async load(id: string): Promise<Load> {
    return publicLoad(await findLoad(this.#connection, id));
  }

  async loads(filter: LoadFilter): Promise<readonly Load[]> {
    return (await listLoads(this.#connection, filter)).map(publicLoad);
  }

  async rejects(id: string, page: RejectQuery): Promise<RejectPage> {
    await this.load(id);
    const rejects = await listRejects(this.#connection, id, page);
    const next = rejects.length < page.limit ? null : (rejects.at(-1)?.index ?? null);
    return { rejects: rejects.map(storedRejectDocument), next };
  }

  async retry(id: string, request: RetryRequest): Promise<Answered<BatchReceipt>> {
    const stored = await this.#replay(request.claim);
    if (stored !== null) return single(stored);
    const { table: name, schema, parent } = await this.load(id);
    const load = parent ?? id;
    const table = await this.#schemas.refined(await this.table(name), schema);
    const run = () => this.#pool.write('retry', { ...request, load, table, schema });
    return single(await this.#announceAll(await this.#pool.admit(request.body?.length ?? 0, run)));
  }

  async batchesOf(id: string, page: { after?: number; limit: number }): Promise<readonly LedgerBatch[]> {
    const batches = await listBatches(this.#connection, id, page);
    return batches.map(({ load: _load, ...batch }) => batch);
  }

  async reconcile(id: string, slice: ReconcileSlice): Promise<ReconcileReceipt> {
    const { table: name, schema } = await this.load(id);
    const table = await this.#schemas.refined(await this.table(name), schema);
    const run = () =>
      this.#pool.write('reconcile', { ...slice, load: id, table, schema }, [slice.bytes.buffer]);
    return this.#pool.admit(slice.bytes.length, run);
  }

  watch(listener: (load: Load) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  ready(): ReturnType<Ingest['ready']> {
    return this.#readiness.look();
  }

  get retries(): ReadonlyMap<ErrorCode, number> {
    return this.#retries;
  }

  stopWaiting(): void {
    this.#pool.stopWaiting();
  }

  async close(): Promise<void> {
    await this.#pool.close();
    await this.#connection.close();
  }

  async #replay(claim: IdempotencyClaim): Promise<Answered<readonly BatchReceipt[]> | null> {
    const stored = await findAnswer(this.#connection, claim);
    if (stored === null) return null;
    return { answer: await readReceipts(this.#connection, stored.body), replayed: true };
  }

  async #announceAll(
    answered: Answered<readonly BatchReceipt[]>,
  ): Promise<Answered<readonly BatchReceipt[]>> {
    if (answered.replayed) return answered;
    for (const receipt of answered.answer) {
      logRejects(this.#log, { ...receipt, name: 'request' });
      if (this.#listeners.size > 0) this.#tell(await this.load(receipt.load));
    }
    return answered;
  }

  #noteAgain({ code, detail, failed }: RunAgain): void {
    this.#retries.set(code, (this.#retries.get(code) ?? 0) + 1);
    this.#log.warn({ code, detail, failed }, 'a transaction is run again');
  }

  #tell<T extends Load>(load: T): T {
    for (const listener of this.#listeners) {
      try {
        listener(load);
      } catch (error) {
        this.#log.error({ err: error }, 'a listener of loads failed');
      }
    }
    return load;
  }
}

function single({ answer, replayed }: Answered<readonly BatchReceipt[]>): Answered<BatchReceipt> {
  const [receipt] = answer;
  if (receipt === undefined) throw new RowferryError('internal', 'a batch has no receipt');
  return { answer: receipt, replayed };
}

function refuseBeyond(load: Load, part: Part): void {
  const end = part.offset + part.bytes.length;
  if (part.last ? end === load.size : end <= load.size) return;
  const expected = part.last ? `the last part must end at ${load.size}` : `${load.size} were announced`;
  throw new RowferryError('content-mismatch', `the part ends at byte ${end}; ${expected}`, {
    hint: 'announce the file anew if it has changed',
  });
}
