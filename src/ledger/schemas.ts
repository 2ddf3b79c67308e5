import type { Connection } from '../database/database.ts';
import { RowferryError } from '../errors.ts';
import { firstOf, insertNew, ledgerOf } from './queries.ts';

/** A Table Schema as it was announced. */
export interface KeptSchema {
  /** Of the document, hex: what loads name it by. */
  readonly sha256: string;
  /** JSON. */
  readonly document: string;
}

/** Each is kept once, whatever the number of loads. */
export async function keepSchema(connection: Connection, schema: KeptSchema): Promise<void> {
  await insertNew(connection, 'rowferry_schemas', { ...schema }, ['sha256']);
}

export async function findSchema(connection: Connection, sha256: string): Promise<KeptSchema> {
  const query = ledgerOf(connection).selectFrom('rowferry_schemas').selectAll().where('sha256', '=', sha256);
  const row = await firstOf(connection, query);
  if (row === undefined)
    throw new RowferryError('internal', `the ledger names a schema ${sha256} and has none`);
  return { sha256: row.sha256, document: row.document };
}
