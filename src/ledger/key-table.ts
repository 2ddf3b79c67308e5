import type { Connection, SqlRow, SqlValue } from '../database/database.ts';
import { patiently } from './patience.ts';

/** A row of rowferry_keys. Times are RFC 3339 in UTC, so their text order is their order in time. */
export interface StoredKey {
  readonly id: string;
  readonly owner: string;
  readonly name: string;
  readonly scopes: readonly string[];
  /** `K_mac ‖ K_seal` under the key-encryption key. */
  readonly wrapped: Uint8Array;
  readonly sealedOnly: boolean;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly revokedAt: string | null;
  readonly lastUsedAt: string | null;
}

const COLUMNS =
  'id, owner, name, scopes, wrapped, sealed_only, created_at, expires_at, revoked_at, last_used_at';
const INSERT = `INSERT INTO rowferry_keys (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)`;
const LIVE_OF_OWNER =
  'SELECT count(*) AS live FROM rowferry_keys WHERE owner = ? AND revoked_at IS NULL AND expires_at > ?';

export async function listKeys(connection: Connection): Promise<StoredKey[]> {
  const rows = await connection.query(`SELECT ${COLUMNS} FROM rowferry_keys ORDER BY created_at DESC, id`);
  return rows.map(toStoredKey);
}

export async function findKey(connection: Connection, id: string): Promise<StoredKey | null> {
  const [row] = await connection.query(`SELECT ${COLUMNS} FROM rowferry_keys WHERE id = ?`, [id]);
  return row === undefined ? null : toStoredKey(row);
}

/**
 * Inserts unless the owner has `most` live keys, and tells whether it did. Counted, inserted and what `also` writes in
 * one transaction.
 */
export async function insertKey(
  connection: Connection,
  key: StoredKey,
  most: number,
  also: () => Promise<unknown>,
): Promise<boolean> {
  const { id, owner, name, wrapped, sealedOnly } = key;
  const values = [id, owner, name, JSON.stringify(key.scopes), wrapped, sealedOnly ? 1 : 0];
  const insert = async (): Promise<boolean> => {
    const [row] = await connection.query(LIVE_OF_OWNER, [key.owner, key.createdAt]);
    if (Number(row?.live ?? 0) >= most) return false;
    await connection.execute(INSERT, [...values, key.createdAt, key.expiresAt]);
    await also();
    return true;
  };
  return patiently(() => connection.transaction(insert, { write: true }));
}

/** Revokes the key unless it is; what `also` writes, then only, in one transaction with it. */
export async function markRevoked(
  connection: Connection,
  id: string,
  at: string,
  also: () => Promise<unknown>,
): Promise<void> {
  const sql = 'UPDATE rowferry_keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL';
  const revoke = async (): Promise<void> => {
    if ((await connection.execute(sql, [at, id])) > 0) await also();
  };
  await patiently(() => connection.transaction(revoke, { write: true }));
}

/** One attempt only: that a key was used is worth no wait. */
export async function markUsed(connection: Connection, id: string, at: string): Promise<void> {
  await connection.execute('UPDATE rowferry_keys SET last_used_at = ? WHERE id = ?', [at, id]);
}

function toStoredKey(row: SqlRow): StoredKey {
  return {
    id: String(row.id),
    owner: String(row.owner),
    name: String(row.name),
    scopes: toScopes(row.scopes),
    wrapped: row.wrapped instanceof Uint8Array ? row.wrapped : new Uint8Array(),
    sealedOnly: Number(row.sealed_only) === 1,
    createdAt: String(row.created_at),
    expiresAt: String(row.expires_at),
    revokedAt: toTime(row.revoked_at),
    lastUsedAt: toTime(row.last_used_at),
  };
}

function toScopes(value: SqlValue | undefined): string[] {
  const parsed: unknown = JSON.parse(String(value));
  return Array.isArray(parsed) ? parsed.filter((scope) => typeof scope === 'string') : [];
}

function toTime(value: SqlValue | undefined): string | null {
  return value === null || value === undefined ? null : String(value);
}
