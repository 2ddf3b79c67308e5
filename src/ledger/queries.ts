import type { Compilable, Insertable, Kysely, SelectQueryBuilder } from 'kysely';
import type { Connection, SqlRow, SqlValue } from '../database/database.ts';
import { RowferryError } from '../errors.ts';
import { COMPILERS } from './compilers.ts';
import type { LedgerSchema } from './schema.ts';

/** Writes statements for the engine of the connection; `run`, `rowsOf` and `firstOf` run them on it. */
export function ledgerOf(connection: Connection): Kysely<LedgerSchema> {
  return COMPILERS[connection.engine.name].queries;
}

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

type LedgerTable = keyof LedgerSchema & string;

/**
 * False when a row with this unique key is there already. The key decides, not a look before; while another
 * transaction is about to insert the same, this waits for its end.
 */
export async function insertNew<T extends LedgerTable>(
  connection: Connection,
  table: T,
  row: Insertable<LedgerSchema[T]>,
  key: ReadonlyArray<keyof LedgerSchema[T] & string>,
): Promise<boolean> {
  const insert = ledgerOf(connection).insertInto(table).values(row);
  const query =
    COMPILERS[connection.engine.name].passesOver === 'insert-ignore'
      ? insert.ignore()
      : insert.onConflict((conflict) => conflict.columns([...key]).doNothing());
  return (await run(connection, query)) === 1;
}

/**
 * The rows stay locked until the transaction ends. Where only one connection can write, its write transaction has
 * locked them all.
 */
export function locked<Tables extends LedgerTable, Row>(
  connection: Connection,
  query: SelectQueryBuilder<LedgerSchema, Tables, Row>,
): SelectQueryBuilder<LedgerSchema, Tables, Row> {
  return connection.engine.capabilities.singleWriter ? query : query.forUpdate();
}

/** Of what has no row to lock yet. */
export type Turn = LedgerSchema['rowferry_turns']['name'];

/** In a write transaction: those of all processes that name the same turn run one after the other. */
export async function takeTurn(connection: Connection, name: Turn): Promise<void> {
  if (connection.engine.capabilities.singleWriter) return;
  const turn = ledgerOf(connection).selectFrom('rowferry_turns').select('name').where('name', '=', name);
  await rowsOf(connection, turn.forUpdate());
}

function values(parameters: readonly unknown[]): SqlValue[] {
  return parameters.map((value) => {
    if (value === null || typeof value === 'number' || typeof value === 'string') return value;
    if (typeof value === 'bigint' || value instanceof Uint8Array) return value;
    throw new RowferryError('internal', `a ${typeof value} cannot be a parameter of a statement`);
  });
}
