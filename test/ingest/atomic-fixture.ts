import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TestContext } from 'node:test';
import { loadConfig } from '../../src/config.ts';
import type { Announcement, Ingest } from '../../src/ingest/ingest.ts';
import { openIngest } from '../../src/ingest/open-ingest.ts';
import { createLog } from '../../src/log.ts';
import type { Load, PartReceipt } from '../../src/model/receipt.ts';

/** Small, so that a test's file has several. */
export const PART_BYTES = 300;

export interface AtomicRig {
  readonly home: string;
  readonly url: string;
  readonly db: DatabaseSync;
  readonly ingest: Ingest;
  announce(content: string, more?: Partial<Announcement>): Promise<Load>;
  /** Sends parts from where the load stands until it ends, or `stopAt` of them are sent. */
  send(load: Load, content: string, stopAt?: number): Promise<PartReceipt>;
  /** Sends all of it, without saying that it is the end: as a load is left by a crash before its rows are moved. */
  sendOpen(load: Load, content: string): Promise<PartReceipt>;
  /** Announced, sent, finished. */
  load(content: string, more?: Partial<Announcement>): Promise<Load>;
  /** Closes it and opens it again, as a new process would. */
  reopen(): Promise<void>;
  count(table?: string): number;
  stagingTables(): number;
}

/** A real SQLite file with these tables, and its lanes. */
export async function openRig(t: TestContext, ddl: string, table = 't'): Promise<AtomicRig> {
  const home = mkdtempSync(join(tmpdir(), 'rowferry-atomic-'));
  const db = new DatabaseSync(join(home, 'x.sqlite'), { timeout: 10_000 });
  db.exec(`PRAGMA journal_mode=WAL; ${ddl}`);
  let ingest = await openIngestOf(home);
  t.after(async () => {
    await ingest.close();
    db.close();
    rmSync(home, { recursive: true });
  });
  const announce = async (content: string, more: Partial<Announcement> = {}) =>
    (await ingest.announce(announcementOf(content, { table, ...more }))).load;
  const send = (load: Load, content: string, stopAt = Number.POSITIVE_INFINITY) =>
    sendParts(ingest, load, content, { stopAt, ends: true });
  const numberOf = (sql: string) => Number(db.prepare(sql).get()?.n);
  return {
    home,
    url: urlOf(home),
    db,
    get ingest() {
      return ingest;
    },
    announce,
    send,
    sendOpen: (load, content) =>
      sendParts(ingest, load, content, { stopAt: Number.POSITIVE_INFINITY, ends: false }),
    load: async (content, more) => {
      const load = await announce(content, more);
      const sent = content === '' ? load : await send(load, content);
      return sent.state === 'receiving' ? ingest.finish(load.id) : ingest.load(load.id);
    },
    reopen: async () => {
      await ingest.close();
      ingest = await openIngestOf(home);
    },
    count: (name = table) => numberOf(`SELECT count(*) AS n FROM ${name}`),
    stagingTables: () =>
      numberOf("SELECT count(*) AS n FROM sqlite_schema WHERE name LIKE '%rowferry_staging%'"),
  };
}

const urlOf = (home: string): string => `sqlite:${join(home, 'x.sqlite')}`;

export function openIngestOf(home: string): Promise<Ingest> {
  const config = loadConfig({ home, databaseUrl: urlOf(home) }, {});
  return openIngest({ config, log: createLog({ destination: { write: () => undefined } }) });
}

export function announcementOf(content: string, more: Partial<Announcement> = {}): Announcement {
  const sha256 = createHash('sha256').update(content).digest('hex');
  const size = Buffer.byteLength(content);
  return { table: 't', name: 'file.csv', size, sha256, owner: 'test', atomic: true, ...more };
}

export async function sendParts(
  ingest: Ingest,
  load: Load,
  content: string,
  how: { readonly stopAt: number; readonly ends: boolean; readonly partBytes?: number },
): Promise<PartReceipt> {
  const { stopAt, ends, partBytes = PART_BYTES } = how;
  const bytes = Buffer.from(content);
  for (let { offset } = load, sent = 1; ; sent++) {
    const end = Math.min(bytes.length, offset + partBytes);
    const part = {
      offset,
      bytes: Uint8Array.from(bytes.subarray(offset, end)),
      last: ends && end === bytes.length,
    };
    const receipt = await ingest.part(load.id, part);
    if (sent === stopAt || receipt.state !== 'receiving' || receipt.offset === receipt.size) return receipt;
    offset = receipt.offset;
  }
}

/** `count` records from id `from` on, each with these further fields. */
export function records(count: number, more: (id: number) => string = (id) => `row ${id}`, from = 1): string {
  return Array.from({ length: count }, (_, i) => `${from + i},${more(from + i)}\n`).join('');
}

export const countsOf = ({ read, inserted, updated, skipped, rejected }: Load): number[] => [
  read,
  inserted,
  updated,
  skipped,
  rejected,
];

/** Refuses an empty text by a rule that rowferry knows, `bad` by one that only the database knows. */
export const TABLE = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT NOT NULL CHECK (a <> 'bad'))";

export function assertNothingRemains(rig: AtomicRig, rows = 0): void {
  assert.equal(rig.count(), rows);
  assert.equal(rig.stagingTables(), 0);
}

export const codesOf = async (rig: AtomicRig, id: string) => {
  const { rejects } = await rig.ingest.rejects(id, { limit: 100 });
  return rejects.flatMap(({ line, errors }) => errors.map(({ code, column }) => `${line} ${code} ${column}`));
};
