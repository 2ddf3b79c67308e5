import type { Connection } from '../database/database.ts';
import { patiently } from './patience.ts';
import { firstOf, ledgerOf, rowsOf, run, takeTurn } from './queries.ts';
import type { KeyRow } from './schema.ts';

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

export async function listKeys(connection: Connection): Promise<StoredKey[]> {
  const keys = ledgerOf(connection).selectFrom('rowferry_keys').selectAll();
  return (await rowsOf(connection, keys.orderBy('created_at', 'desc').orderBy('id'))).map(toStoredKey);
}

export async function findKey(connection: Connection, id: string): Promise<StoredKey | null> {
  const query = ledgerOf(connection).selectFrom('rowferry_keys').selectAll().where('id', '=', id);
  const row = await firstOf(connection, query);
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
  const insert = async (): Promise<boolean> => {
    await takeTurn(connection, 'keys');
    if ((await liveKeys(connection, key.owner, key.createdAt)) >= most) return false;
    await run(connection, ledgerOf(connection).insertInto('rowferry_keys').values(toRow(key)));
    await also();
    return true;
  };
  return patiently(() => connection.transaction(insert, { write: true }));
}

async function liveKeys(connection: Connection, owner: string, at: string): Promise<number> {
  const query = ledgerOf(connection)
    .selectFrom('rowferry_keys')
    .select((select) => select.fn.countAll<number>().as('live'))
    .where('owner', '=', owner)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', at);
  return (await firstOf(connection, query))?.live ?? 0;
}

/** Revokes the key unless it is; what `also` writes, then only, in one transaction with it. */
export async function markRevoked(
  connection: Connection,
  id: string,
  at: string,
  also: () => Promise<unknown>,
): Promise<void> {
  const update = ledgerOf(connection)
    .updateTable('rowferry_keys')
    .set({ revoked_at: at })
    .where('id', '=', id)
    .where('revoked_at', 'is', null);
  const revoke = async (): Promise<void> => {
    if ((await run(connection, update)) > 0) await also();
  };
  await patiently(() => connection.transaction(revoke, { write: true }));
}

/** One attempt only: that a key was used is worth no wait. */
export async function markUsed(connection: Connection, id: string, at: string): Promise<void> {
  const update = ledgerOf(connection)
    .updateTable('rowferry_keys')
    .set({ last_used_at: at })
    .where('id', '=', id);
  await run(connection, update);
}

function toRow(key: StoredKey): KeyRow {
  return {
    id: key.id,
    owner: key.owner,
    name: key.name,
    scopes: JSON.stringify(key.scopes),
    wrapped: key.wrapped,
    sealed_only: key.sealedOnly ? 1 : 0,
    created_at: key.createdAt,
    expires_at: key.expiresAt,
    revoked_at: key.revokedAt,
    last_used_at: key.lastUsedAt,
  };
}

function toStoredKey(row: KeyRow): StoredKey {
  return {
    id: row.id,
    owner: row.owner,
    name: row.name,
    scopes: toScopes(row.scopes),
    wrapped: row.wrapped,
    sealedOnly: row.sealed_only === 1,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    lastUsedAt: row.last_used_at,
  };
}

function toScopes(text: string): string[] {
  const parsed: unknown = JSON.parse(text);
  return Array.isArray(parsed) ? parsed.filter((scope) => typeof scope === 'string') : [];
}
