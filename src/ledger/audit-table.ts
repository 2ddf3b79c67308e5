import type { Connection } from '../database/database.ts';
import type { AuditDraft, AuditEntry, AuditFilter, ChainHead } from '../model/audit.ts';
import { CHAIN_START, nextRow } from './audit-chain.ts';
import { firstOf, ledgerOf, rowsOf, run, takeTurn } from './queries.ts';
import type { AuditRow } from './schema.ts';

const DEFAULT_LIMIT = 100;

/**
 * Adds entries at the end of the chain; answers its new head. To be called inside a write transaction: the writers of
 * all processes take turns, so that each finds the head it follows.
 */
export async function appendEntries(
  connection: Connection,
  key: Buffer,
  drafts: readonly AuditDraft[],
): Promise<ChainHead> {
  await takeTurn(connection, 'audit');
  let head = await readHead(connection);
  for (const draft of drafts) {
    const row = nextRow(key, head, draft);
    await run(connection, ledgerOf(connection).insertInto('rowferry_audit').values(row));
    head = { sequence: row.sequence, hash: row.hash };
  }
  return head;
}

export async function readHead(connection: Connection): Promise<ChainHead> {
  const query = ledgerOf(connection)
    .selectFrom('rowferry_audit')
    .select(['sequence', 'hash'])
    .orderBy('sequence', 'desc');
  return (await firstOf(connection, query.limit(1))) ?? CHAIN_START;
}

/** Newest first. */
export async function listEntries(connection: Connection, filter: AuditFilter): Promise<AuditEntry[]> {
  const { limit = DEFAULT_LIMIT, before, event } = filter;
  let query = ledgerOf(connection)
    .selectFrom('rowferry_audit')
    .selectAll()
    .orderBy('sequence', 'desc')
    .limit(limit);
  if (before !== undefined) query = query.where('sequence', '<', before);
  if (event !== undefined) query = query.where('event', '=', event);
  return (await rowsOf(connection, query)).map(toEntry);
}

/** In the order of the chain; from the first row on, whatever its number, with `sequence` 0. */
export function rowsAfter(connection: Connection, sequence: number, limit: number): Promise<AuditRow[]> {
  const query = ledgerOf(connection)
    .selectFrom('rowferry_audit')
    .selectAll()
    .orderBy('sequence')
    .limit(limit);
  return rowsOf(connection, sequence === 0 ? query : query.where('sequence', '>', sequence));
}

function toEntry({ key_id: keyId, detail, ...row }: AuditRow): AuditEntry {
  return { ...row, keyId, detail: toDetail(detail) };
}

/** A row that was tampered with is shown too, and may hold anything. */
function toDetail(text: string): AuditEntry['detail'] {
  try {
    return { ...Object(JSON.parse(text)) };
  } catch {
    return { unreadable: String(text) };
  }
}
