import type { Connection, Engine } from '../database/database.ts';
import type { RejectRow } from './schema.ts';

/**
 * Rows of rejects by statements that are written out: a batch may have thousands of them, and a builder of queries
 * takes longer for such a row than the database.
 */

export type NewReject = Omit<RejectRow, 'load_id' | 'retry_load'>;

type Insert = (connection: Connection, load: string, rows: readonly NewReject[]) => Promise<void>;

const WAYS: Readonly<Record<Engine['name'], Insert>> = {
  sqlite: insertValues,
  postgres: insertDocument,
  mysql: insertValues,
};

/** Rows that fit in one statement. */
export function insertRejectRows(
  connection: Connection,
  load: string,
  rows: readonly NewReject[],
): Promise<void> {
  return WAYS[connection.engine.name](connection, load, rows);
}

const COLUMNS = 'load_id, record, line, byte_offset, raw, errors, state';
const VALUES = '(?, ?, ?, ?, ?, ?, ?)';
/** Most rows of such an INSERT: more save nothing, and a prepared one takes memory with every parameter. */
const MOST_VALUES = 256;

/** In powers of two, so that few statements are prepared whatever the number of rows. */
async function insertValues(connection: Connection, load: string, rows: readonly NewReject[]): Promise<void> {
  for (let at = 0; at < rows.length; ) {
    const count = Math.min(MOST_VALUES, 2 ** Math.floor(Math.log2(rows.length - at)));
    const values = Array<string>(count).fill(VALUES).join(', ');
    const parameters = rows
      .slice(at, at + count)
      .flatMap((row) => [load, row.record, row.line, row.byte_offset, row.raw, row.errors, row.state]);
    await connection.execute(`INSERT INTO rowferry_rejects (${COLUMNS}) VALUES ${values}`, parameters);
    at += count;
  }
}

const DOCUMENT_SQL = `INSERT INTO rowferry.rejects (${COLUMNS})
  SELECT $1, record, line, byte_offset, decode(raw, 'hex'), errors, state
  FROM json_to_recordset($2) AS r (record bigint, line bigint, byte_offset bigint, raw text, errors text, state text)`;

/** All rows as one JSON document: a server that plans thousands of parameters takes twice as long. */
async function insertDocument(
  connection: Connection,
  load: string,
  rows: readonly NewReject[],
): Promise<void> {
  const document = JSON.stringify(rows.map((row) => ({ ...row, raw: hex(row.raw) })));
  await connection.execute(DOCUMENT_SQL, [load, document]);
}

const hex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
