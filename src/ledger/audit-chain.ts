import { createHmac } from 'node:crypto';
import { oneLine } from '../log.ts';
import type { AuditDraft, ChainHead } from '../model/audit.ts';
import type { AuditRow } from './schema.ts';

/** What the first entry follows. */
export const CHAIN_START: ChainHead = { sequence: 0, hash: '0'.repeat(64) };

/** Characters of a name or an address; the rest is cut off. */
const MOST_TEXT = 256;

type Unhashed = Omit<AuditRow, 'hash'>;

/**
 * HMAC-SHA256 over the entry as a JSON array of its columns in this order, `detail` as the text that is stored, UTF-8,
 * without spaces (ECMA-262 JSON.stringify). `previous` ties it to all entries before. Hex.
 */
function chainHash(key: Buffer, row: Unhashed): string {
  const { sequence, time, event, owner, key_id, address, subject, detail, previous } = row;
  const fields = [sequence, time, event, owner, key_id, address, subject, detail, previous];
  return createHmac('sha256', key).update(JSON.stringify(fields)).digest('hex');
}

/** The row that follows `head`. */
export function nextRow(key: Buffer, head: ChainHead, draft: AuditDraft): AuditRow {
  const { owner, keyId, address } = draft.actor;
  const row = {
    sequence: head.sequence + 1,
    time: new Date(draft.at ?? Date.now()).toISOString(),
    event: draft.event,
    owner: plain(owner),
    key_id: plain(keyId),
    address: plain(address),
    subject: plain(draft.subject),
    detail: JSON.stringify(draft.detail, (_name, value) =>
      typeof value === 'string' ? plain(value) : value,
    ),
    previous: head.hash,
  };
  return { ...row, hash: chainHash(key, row) };
}

/** What does not fit in a row that should follow `head`; null when it does. */
export function faultIn(key: Buffer, head: ChainHead, row: AuditRow): string | null {
  const expected = head.sequence + 1;
  if (Number(row.sequence) !== expected) return `entry ${expected} is missing; ${row.sequence} comes next`;
  if (row.previous !== head.hash) return `entry ${expected} does not follow the entry before it`;
  if (row.hash === hashOf(key, row)) return null;
  return `entry ${expected} is not as it was written`;
}

/** Null for a row with a value that no entry has, such as a BLOB or an integer past 2^53. */
function hashOf(key: Buffer, row: AuditRow): string | null {
  const odd = Object.values(row).some((value) => typeof value === 'object' && value !== null);
  return odd ? null : chainHash(key, { ...row, sequence: Number(row.sequence) });
}

/**
 * Whatever a stranger chose stands in one line and without escape sequences. A lone surrogate would come back from the
 * database as U+FFFD, and the hash would not hold.
 */
function plain<T extends string | null>(text: T): T | string {
  return text === null ? text : oneLine(text.slice(0, MOST_TEXT).toWellFormed());
}
