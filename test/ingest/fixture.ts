import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after } from 'node:test';
import { type ConfigInput, loadConfig } from '../../src/config.ts';
import type { Announcement, BatchRequest, IdempotencyClaim, Ingest } from '../../src/ingest/ingest.ts';
import { openIngest } from '../../src/ingest/open-ingest.ts';
import { createLog } from '../../src/log.ts';
import type { BatchReceipt, Counts, Load, PartReceipt } from '../../src/model/receipt.ts';

export interface Home {
  readonly ingest: Ingest;
  readonly path: string;
  /** Ends what is open and opens it anew, as after a restart. */
  reopen(): Promise<Ingest>;
  /** Values of a query, one array per row. */
  values(sql: string): unknown[][];
  /** Statements by another program. */
  outside(sql: string): void;
}

/** A real database file with these tables and an open ingest; both go away when the file's tests have ended. */
export async function openHome(ddl: string, config: ConfigInput = {}): Promise<Home> {
  const home = mkdtempSync(join(tmpdir(), 'rowferry-ingest-'));
  const path = join(home, 'data', 'rowferry.sqlite');
  mkdirSync(join(home, 'data'));
  const outside = (sql: string): void => withDatabase(path, (db) => db.exec(sql));
  outside(`PRAGMA journal_mode=WAL; ${ddl}`);
  const settings = loadConfig({ home, ...config }, {});
  const open = () => openIngest({ config: settings, log: createLog({ destination: { write: () => {} } }) });
  let ingest = await open();
  after(async () => {
    await ingest.close();
    rmSync(home, { recursive: true, maxRetries: 3 });
  });
  return {
    get ingest() {
      return ingest;
    },
    path,
    reopen: async () => {
      await ingest.close();
      ingest = await open();
      return ingest;
    },
    values: (sql) =>
      withDatabase(path, (db) =>
        db
          .prepare(sql)
          .all()
          .map((row) => Object.values(row)),
      ),
    outside,
  };
}

function withDatabase<T>(path: string, work: (db: DatabaseSync) => T): T {
  const db = new DatabaseSync(path, { timeout: 10_000 });
  try {
    return work(db);
  } finally {
    db.close();
  }
}

export const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export function claimOf(body: Uint8Array, key: string = randomUUID()): IdempotencyClaim {
  return { owner: 'tester', key, fingerprint: 'POST /v1/tables/t/rows?', bodySha256: sha256(body) };
}

export type RowsOptions = Partial<Omit<BatchRequest, 'body' | 'claim'>> & { readonly key?: string };

/** A request: a text goes as it is, anything else as JSON. */
export function requestOf(body: unknown, options: RowsOptions = {}): BatchRequest {
  const bytes = body instanceof Uint8Array ? new Uint8Array(body) : utf8(textOf(body));
  const { key, ...rest } = options;
  const claim = claimOf(bytes, key);
  return {
    table: 't',
    format: 'json',
    mode: 'insert',
    atomic: false,
    maxRows: 1000,
    ...rest,
    body: bytes,
    claim,
  };
}

const textOf = (body: unknown): string => (typeof body === 'string' ? body : JSON.stringify(body));

export async function send(ingest: Ingest, body: unknown, options: RowsOptions = {}): Promise<BatchReceipt> {
  return (await ingest.batch(requestOf(body, options))).answer;
}

export const summary = ({ read, inserted, updated, skipped, rejected }: Counts): string =>
  `${read} = ${inserted} + ${updated} + ${skipped} + ${rejected}`;

/** "index code column" of every error. */
export const errorsOf = ({ rejects }: Pick<BatchReceipt | PartReceipt, 'rejects'>): string[] =>
  rejects.flatMap(({ index, errors }) =>
    errors.map(({ code, column }) => [index, code, ...(column === null ? [] : [column])].join(' ')),
  );

export type AnnounceOptions = Partial<Omit<Announcement, 'size' | 'sha256'>>;

export async function announce(
  ingest: Ingest,
  content: Uint8Array,
  options: AnnounceOptions = {},
): Promise<Load> {
  const said = { table: 't', name: 'file.csv', owner: 'tester', ...options };
  return (await ingest.announce({ ...said, size: content.length, sha256: sha256(content) })).load;
}

/** The part of a content from `from` to `to`. */
export function sendPart(
  ingest: Ingest,
  load: string,
  content: Uint8Array,
  from: number,
  to: number = content.length,
): Promise<PartReceipt> {
  const bytes = new Uint8Array(content.subarray(from, to));
  return ingest.part(load, { offset: from, bytes, last: to === content.length });
}

/** Announces a content and sends it in parts of so many bytes, each from where the load stands. */
export async function loadContent(
  ingest: Ingest,
  content: string | Uint8Array,
  options: AnnounceOptions & { readonly partBytes?: () => number } = {},
): Promise<Load> {
  const { partBytes = () => 1 << 20, ...said } = options;
  const bytes = typeof content === 'string' ? utf8(content) : content;
  let load = await announce(ingest, bytes, said);
  let size = partBytes();
  while (load.state === 'receiving' && load.offset < bytes.length) {
    const before = load.offset;
    load = await sendPart(ingest, load.id, bytes, before, Math.min(bytes.length, before + size));
    size = load.offset === before ? size * 2 : partBytes();
  }
  return load.state === 'receiving' ? ingest.finish(load.id) : load;
}

/** All rejects of a load. */
export async function allRejects(ingest: Ingest, load: string) {
  return (await ingest.rejects(load, { limit: 1_000_000 })).rejects;
}

/** The promise of the program, held against ledger and table: each load's balance, rejects and batches. */
export function ledgerFaults(home: Home): unknown[][] {
  return home.values(`SELECT id FROM rowferry_loads l WHERE read <> inserted + updated + skipped + rejected
    OR (rejected <> (SELECT count(*) FROM rowferry_rejects r WHERE r.load_id = l.id))
    OR (request = '' AND read <> (SELECT coalesce(sum(read), 0) FROM rowferry_batches b WHERE b.load_id = l.id))`);
}
