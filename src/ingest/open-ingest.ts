import { createHash, randomUUID } from 'node:crypto';
import type { Config } from '../config.ts';
import type { Connection } from '../database/database.ts';
import { openDatabase } from '../database/open.ts';
import { type ErrorCode, RowferryError } from '../errors.ts';
import { findAnswer } from '../ledger/answers.ts';
import { listBatches } from '../ledger/batches.ts';
import { findLoad, listLoads, publicLoad } from '../ledger/loads.ts';
import { migrate } from '../ledger/migrate.ts';
import { pageOfRejects, storedRejectDocument } from '../ledger/rejects.ts';
import { Slots } from '../lib/slots.ts';
import type { Logger } from '../log.ts';
import { AUTOMATIC_RETRY, type BatchReceipt, type Load, type PartReceipt } from '../model/receipt.ts';
import type { LedgerBatch, ReconcileReceipt } from '../model/reconciliation.ts';
import type { Table } from '../model/table.ts';
import { dropStaleStaging } from './atomic.ts';
import { Dictionary } from './dictionary.ts';
import { type Followed, FollowUps } from './follow-ups.ts';
import type {
  Announced,
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
  StoredAnswer,
  StoredAnswers,
} from './ingest.ts';
import { LeftAnswers } from './left-answers.ts';
import type { LoadToAnnounce } from './load-life.ts';
import { logRejects } from './log-rejects.ts';
import type { RunAgain } from './persistently.ts';
import { Pool } from './pool.ts';
import { Readiness } from './readiness.ts';
import type { ReconcileSlice } from './reconcile.ts';
import { fittingSchema, Schemas } from './schemas.ts';
import { readReceipts } from './stored-receipts.ts';
import { PartTaker } from './take-parts.ts';
import { warmUp } from './warm-up.ts';
import { shuttingDown } from './writers.ts';

/** Opens the database, brings the ledger up to date and starts the lanes. */
export async function openIngest({ config, log }: { config: Config; log: Logger }): Promise<Ingest> {
  let readiness: Readiness | null = null;
  const onLost = () => void readiness?.watch();
  const connection = await openDatabase(config.databaseUrl, { onLost });
  try {
    await migrate(connection);
    await dropStaleStaging(connection);
  } catch (error) {
    await connection.close();
    throw error;
  }
  readiness = new Readiness(connection);
  return new LaneIngest(connection, readiness, config, log);
}

/** Reads on its own connection, writes through the lanes. */
class LaneIngest implements Ingest {
  readonly answers: StoredAnswers;
  readonly #connection: Connection;
  readonly #pool: Pool;
  readonly #log: Logger;
  readonly #dictionary: Dictionary;
  readonly #schemas: Schemas;
  readonly #parts: PartTaker;
  readonly #listeners = new Set<(load: Load) => void>();
  readonly #retries = new Map<ErrorCode, number>();
  readonly #readiness: Readiness;
  readonly #followUps: FollowUps;
  readonly #leftAnswers: LeftAnswers;
  readonly #maxRows: number;
  readonly #replays = new Slots(1);
  #mayAnswer: () => void = () => {};

  constructor(connection: Connection, readiness: Readiness, config: Config, log: Logger) {
    const { databaseUrl, lanes } = config;
    const onAgain = (again: RunAgain) => this.#noteAgain(again);
    const mayAnswer = () => this.#mayAnswer();
    const pool = new Pool(databaseUrl, connection.engine, { lanes, onAgain, mayAnswer });
    this.#connection = connection;
    this.#pool = pool;
    this.#log = log;
    this.#dictionary = new Dictionary(connection);
    // While the rest of the server starts; whoever asks next is told what goes wrong.
    this.#dictionary.tables().catch(() => undefined);
    this.#schemas = new Schemas(connection);
    const onFailed = (load: Load) => this.#tell(load);
    this.#parts = new PartTaker({
      connection,
      pool,
      dictionary: this.#dictionary,
      schemas: this.#schemas,
      onFailed,
    });
    this.#readiness = readiness;
    this.#maxRows = config.maxRows;
    this.#followUps = new FollowUps({
      connection,
      afterMs: config.retryOrphansAfterMs,
      tables: () => this.tables(),
      retry: (load) => this.#retryOrphans(load),
      log,
    });
    this.#leftAnswers = new LeftAnswers({
      connection,
      settle: (now) => pool.write('settleLeft', now),
      log,
    });
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

  async announce(announcement: Announcement): Promise<Announced> {
    const announced = await this.#pool.write('announce', await this.#fitting(announcement));
    this.#tell(announced.load);
    return announced;
  }

  async announceOnce(announcement: Announcement, claim: IdempotencyClaim): Promise<Announced | StoredAnswer> {
    const fitting = await this.#fitting(announcement);
    const answer = await this.#pool.write('announceOnce', { ...fitting, claim });
    if ('load' in answer) this.#tell(answer.load);
    return answer;
  }

  /** `table-not-found`; `schema-invalid`. */
  async #fitting({ schema, ...said }: Announcement): Promise<LoadToAnnounce> {
    const table = await this.table(said.table);
    return { ...said, table: table.name, schema: schema === undefined ? null : fittingSchema(table, schema) };
  }

  async part(id: string, part: Part): Promise<PartReceipt> {
    const receipt = await this.#parts.take(id, part);
    if (receipt.state !== 'receiving') logRejects(this.#log, { ...receipt, load: id });
    return this.#tell(receipt);
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
    const { mostBytes, ...filter } = page;
    const { rejects, next } = await pageOfRejects(this.#connection, id, filter, mostBytes);
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
    const receipt = await this.#pool.admit(slice.bytes.length, run);
    if (receipt.resent !== null) this.#tell(await this.load(receipt.resent));
    return receipt;
  }

  async #retryOrphans(id: string): Promise<number> {
    const { table: name, schema, mode, parent } = await this.load(id);
    if (parent !== null) return 0;
    const table = await this.#schemas.refined(await this.table(name), schema);
    const claims = Array.from({ length: FOLLOW_UP_REQUESTS }, () => followUpClaim(id));
    const rows = {
      format: 'csv' as const,
      mode,
      atomic: false,
      maxRows: this.#maxRows,
      name: AUTOMATIC_RETRY,
    };
    const answer = await this.#pool.write('retryOrphans', { ...rows, load: id, table, schema, claims });
    await this.#announceAll({ answer, replayed: false });
    return answer.reduce((sum, { inserted, updated, skipped }) => sum + inserted + updated + skipped, 0);
  }

  followUp(onFollowed: (followed: Followed) => void): void {
    this.#followUps.begin(onFollowed);
  }

  beforeAnswers(mayAnswer: () => void): void {
    this.#mayAnswer = mayAnswer;
  }

  watch(listener: (load: Load) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  ready(): ReturnType<Ingest['ready']> {
    return this.#readiness.look();
  }

  warmUp(): Promise<void> {
    return warmUp(this.#pool, this.#dictionary);
  }

  get retries(): ReadonlyMap<ErrorCode, number> {
    return this.#retries;
  }

  stopWaiting(): void {
    this.#pool.stopWaiting();
  }

  giveUp(): void {
    this.#pool.giveUp();
    this.#parts.giveUp(shuttingDown());
  }

  async close(): Promise<void> {
    await this.#followUps.close();
    await this.#leftAnswers.close();
    await this.#pool.close();
    this.#readiness.close();
    await this.#connection.close();
  }

  async #replay(claim: IdempotencyClaim): Promise<Answered<readonly BatchReceipt[]> | null> {
    const stored = await findAnswer(this.#connection, claim);
    if (stored === null) return null;
    return this.#replays.run(async () => {
      this.#mayAnswer();
      return { answer: await readReceipts(this.#connection, stored.body), replayed: true };
    });
  }

  async #announceAll(
    answered: Answered<readonly BatchReceipt[]>,
  ): Promise<Answered<readonly BatchReceipt[]>> {
    if (answered.replayed) return answered;
    for (const receipt of answered.answer) {
      logRejects(this.#log, { ...receipt, name: 'request' });
      this.#followUps.note(receipt);
      if (this.#listeners.size > 0) this.#tell(await this.load(receipt.load));
    }
    return answered;
  }

  #noteAgain({ code, detail, inDoubt, failed }: RunAgain): void {
    this.#retries.set(code, (this.#retries.get(code) ?? 0) + 1);
    const unless = inDoubt ? ', unless the ledger shows that it was carried out' : '';
    this.#log.warn({ code, detail, failed }, `a transaction is run again${unless}`);
  }

  #tell<T extends Load>(load: T): T {
    this.#followUps.note(load);
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

/** Transactions of one look at the rejects of one load; the next look goes on. */
const FOLLOW_UP_REQUESTS = 20;

/** The program itself asks, each time anew: that nothing is loaded twice rests on the states of the rejects. */
function followUpClaim(load: string): IdempotencyClaim {
  const bodySha256 = createHash('sha256').update('').digest('hex');
  return { owner: 'rowferry', key: randomUUID(), fingerprint: `follow-up ${load}`, bodySha256 };
}

function single({ answer, replayed }: Answered<readonly BatchReceipt[]>): Answered<BatchReceipt> {
  const [receipt] = answer;
  if (receipt === undefined) throw new RowferryError('internal', 'a batch has no receipt');
  return { answer: receipt, replayed };
}
