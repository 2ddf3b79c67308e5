import { after } from 'node:test';
import type { Connection, ConnectOptions } from '../../src/database/database.ts';
import { openDatabase } from '../../src/database/open.ts';
import type { BatchesToCommit } from '../../src/ingest/commit-batches.ts';
import type { PartToCommit } from '../../src/ingest/commit-part.ts';
import { Dictionary } from '../../src/ingest/dictionary.ts';
import { announceLoad } from '../../src/ingest/load-life.ts';
import { Preparer } from '../../src/ingest/prepare.ts';
import { findLoad } from '../../src/ledger/loads.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { claimOf, sha256, utf8 } from '../ingest/fixture.ts';
import type { NewTarget, Target } from './engines.ts';

/** A fresh database with order 1, and what transactions are run on and disturbed by. */
export interface Bench {
  readonly target: Target;
  /** The one under test. */
  readonly connection: Connection;
  /** Of another program. */
  readonly other: Connection;
  /** What the ledger's tables begin with. */
  readonly ledger: string;
  count(table: string): Promise<number>;
  /** A whole file of order_lines, announced and prepared. */
  part(content: string, said?: { readonly atomic?: boolean }): Promise<PartToCommit>;
  batches(content: string): Promise<BatchesToCommit>;
}

export async function openBench(newTarget: NewTarget, options: ConnectOptions = {}): Promise<Bench> {
  const target = await newTarget();
  const other = await openDatabase(target.url);
  const connection = await openDatabase(target.url, options);
  after(async () => {
    await connection.close();
    await other.close();
  });
  await migrate(other);
  await other.execute("INSERT INTO orders VALUES (1, 'one')");
  return {
    target,
    connection,
    other,
    ledger: target.engine === 'postgres' ? 'rowferry.' : 'rowferry_',
    count: async (table) => Number((await other.query(`SELECT count(*) AS n FROM ${table}`))[0]?.n),
    part: async (content, said = {}) => {
      const known = { size: content.length, sha256: sha256(utf8(content)) };
      const file = { table: 'order_lines', name: 'f.csv', owner: 'tester', ...known, ...said };
      const { load } = await announceLoad(other, file);
      const prepared = await prepare(connection, content);
      const { fence, mode, atomic } = await findLoad(other, load.id);
      return { load: load.id, offset: 0, fence, mode, atomic, sha256: known.sha256, last: true, ...prepared };
    },
    batches: async (content) => {
      const { prepared } = await prepare(connection, content);
      const claim = claimOf(utf8(content));
      return { prepared: [prepared], mode: 'insert', atomic: false, claim, retryOf: null };
    },
  };
}

async function prepare(connection: Connection, content: string) {
  const dictionary = new Dictionary(connection);
  const schemaVersion = await dictionary.version();
  const table = await dictionary.table('order_lines');
  const part = { bytes: utf8(content), table, last: true, columns: null, dialect: {} };
  return { schemaVersion, prepared: new Preparer(connection.engine).csv(part) };
}

/** The same connection, with something around the calls of `method`. */
export function wrapped(
  connection: Connection,
  method: keyof Connection,
  around: (call: () => Promise<unknown>) => Promise<unknown>,
): Connection {
  return new Proxy(connection, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: readonly unknown[]) => {
        const call = async (): Promise<unknown> => Reflect.apply(value, target, args);
        return name === method ? around(call) : call();
      };
    },
  });
}

/** The same connection; the first call of `method` is followed by a fault. */
export function faultyOnce(
  connection: Connection,
  method: keyof Connection,
  fault: () => Promise<void>,
): Connection {
  let left = 1;
  return wrapped(connection, method, async (call) => {
    const result = await call();
    if (left-- > 0) await fault();
    return result;
  });
}

/** Deletes order 1, until it is told to let go: then all of it is taken back. */
export async function holdOrder({ other }: Pick<Bench, 'other'>): Promise<() => Promise<void>> {
  const held = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const work = async (): Promise<void> => {
    await other.execute('DELETE FROM orders WHERE id = 1');
    held.resolve();
    await released.promise;
  };
  const ended = other.transaction(work, { write: true }).catch((error) => {
    if (error !== undefined) throw error;
  });
  await Promise.race([held.promise, ended]);
  return () => {
    released.reject();
    return ended;
  };
}

/** Ends a connection in the database, as an operator does. */
export async function kill({ connection, target }: Bench): Promise<void> {
  const [ask, end] =
    target.engine === 'postgres'
      ? ['SELECT pg_backend_pid() AS id', (id: number) => `SELECT pg_terminate_backend(${id}, 10000)`]
      : ['SELECT CONNECTION_ID() AS id', (id: number) => `KILL ${id}`];
  const [row] = await connection.query(ask);
  await target.run(end(Number(row?.id)));
}
