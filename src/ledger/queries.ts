import {
  type Compilable,
  DummyDriver,
  Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { Connection, SqlRow, SqlValue } from '../database/database.ts';
import { RowferryError } from '../errors.ts';
import type { LedgerSchema } from './schema.ts';

/**
 * Kysely writes the ledger's statements; they run on the connection of the lane, inside the transaction of the
 * batch, so no driver of Kysely's is used.
 */
export const ledger = new Kysely<LedgerSchema>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
});

/** Rows of a query, typed by the query itself. */
export async function rowsOf<T>(connection: Connection, query: Compilable<T>): Promise<T[]> {
  const { sql, parameters } = query.compile();
  return (await connection.query(sql, values(parameters))) as (SqlRow & T)[];
}

export async function firstOf<T>(connection: Connection, query: Compilable<T>): Promise<T | undefined> {
  return (await rowsOf(connection, query))[0];
}

/** Rows affected. */
export async function run(connection: Connection, query: Compilable): Promise<number> {
  const { sql, parameters } = query.compile();
  return connection.execute(sql, values(parameters));
}

function values(parameters: readonly unknown[]): SqlValue[] {
  return parameters.map((value) => {
    if (value === null || typeof value === 'number' || typeof value === 'string') return value;
    if (typeof value === 'bigint' || value instanceof Uint8Array) return value;
    throw new RowferryError('internal', `a ${typeof value} cannot be a parameter of a statement`);
  });
}
