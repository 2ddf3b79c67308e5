import type { Connection } from '../database/database.ts';
import { RowferryError } from '../errors.ts';
import { firstOf, insertNew, ledgerOf, run } from './queries.ts';
import type { AnswerRow } from './schema.ts';

/** Scope and fingerprint of an Idempotency-Key (IETF draft-ietf-httpapi-idempotency-key-header). */
export interface AnswerKey {
  readonly owner: string;
  readonly key: string;
  readonly fingerprint: string;
  readonly bodySha256: string;
}

export type Claim =
  | { readonly kind: 'new'; readonly fence: number }
  | { readonly kind: 'done'; readonly status: number; readonly body: string };

/** A request that runs longer than this was left by a process that died; another may take it over. */
export const LEASE_MS = 60_000;

/** Not answered yet. `expired`: left for longer than its lease, so that nobody takes it for running; as good as one. */
const OPEN = ['running', 'expired'];

/**
 * Takes the key for this request. The unique key decides who is first. Throws `idempotency-key-reused` for another
 * request under the same key, `request-running` while the first one runs.
 */
export async function claimAnswer(connection: Connection, key: AnswerKey, now = Date.now()): Promise<Claim> {
  const answer = {
    owner: key.owner,
    idempotency_key: key.key,
    fingerprint: key.fingerprint,
    body_sha256: key.bodySha256,
    state: 'running',
    fence: 1,
    lease: new Date(now + LEASE_MS).toISOString(),
    created_at: new Date(now).toISOString(),
  };
  const isNew = await insertNew(connection, 'rowferry_answers', answer, ['owner', 'idempotency_key']);
  if (isNew) return { kind: 'new', fence: 1 };
  const row = await readAnswer(connection, key);
  if (row === undefined) return claimAnswer(connection, key, now);
  return settleClaim(connection, key, row, now);
}

/** The stored answer of an equal request that is done; null otherwise. Throws `idempotency-key-reused`. */
export async function findAnswer(
  connection: Connection,
  key: AnswerKey,
): Promise<{ status: number; body: string } | null> {
  const row = await readAnswer(connection, key);
  if (row === undefined) return null;
  refuseOther(row, key);
  return row.state === 'done' ? { status: row.status ?? 200, body: row.body ?? '' } : null;
}

async function settleClaim(
  connection: Connection,
  key: AnswerKey,
  row: AnswerRow,
  now: number,
): Promise<Claim> {
  refuseOther(row, key);
  if (row.state === 'done') return { kind: 'done', status: row.status ?? 200, body: row.body ?? '' };
  const lease = Date.parse(row.lease ?? '');
  if (lease > now) {
    throw new RowferryError(
      'request-running',
      `the request with Idempotency-Key ${key.key} is still running`,
      {
        retryAfterSeconds: Math.ceil((lease - now) / 1000),
      },
    );
  }
  const takeOver = ledgerOf(connection)
    .updateTable('rowferry_answers')
    .set({ state: 'running', fence: row.fence + 1, lease: new Date(now + LEASE_MS).toISOString() })
    .where('owner', '=', key.owner)
    .where('idempotency_key', '=', key.key)
    .where('fence', '=', row.fence);
  if ((await run(connection, takeOver)) === 1) return { kind: 'new', fence: row.fence + 1 };
  throw new RowferryError('request-running', `the request with Idempotency-Key ${key.key} was taken over`);
}

function refuseOther(row: AnswerRow, key: AnswerKey): void {
  if (row.fingerprint === key.fingerprint && row.body_sha256 === key.bodySha256) return;
  throw new RowferryError(
    'idempotency-key-reused',
    `Idempotency-Key ${key.key} was used for another request`,
    {
      hint: 'use a new key for every new request, and the same key only to repeat the same request',
    },
  );
}

/** Stores the answer; throws `request-running` when the fence no longer holds. */
export async function completeAnswer(
  connection: Connection,
  key: AnswerKey,
  fence: number,
  answer: { status: number; body: string },
): Promise<void> {
  const query = ledgerOf(connection)
    .updateTable('rowferry_answers')
    .set({ state: 'done', lease: null, status: answer.status, body: answer.body })
    .where('owner', '=', key.owner)
    .where('idempotency_key', '=', key.key)
    .where('fence', '=', fence)
    .where('state', 'in', OPEN);
  if ((await run(connection, query)) !== 1) {
    throw new RowferryError('request-running', `the request with Idempotency-Key ${key.key} was taken over`);
  }
}

/** Holds the key for another lease while its request runs on. Nothing happens when the fence no longer holds. */
export async function renewAnswer(
  connection: Connection,
  key: AnswerKey,
  fence: number,
  now = Date.now(),
): Promise<void> {
  const query = ledgerOf(connection)
    .updateTable('rowferry_answers')
    .set({ state: 'running', lease: new Date(now + LEASE_MS).toISOString() })
    .where('owner', '=', key.owner)
    .where('idempotency_key', '=', key.key)
    .where('fence', '=', fence)
    .where('state', 'in', OPEN);
  await run(connection, query);
}

export async function releaseAnswer(connection: Connection, key: AnswerKey, fence: number): Promise<void> {
  const query = ledgerOf(connection)
    .deleteFrom('rowferry_answers')
    .where('owner', '=', key.owner)
    .where('idempotency_key', '=', key.key)
    .where('fence', '=', fence)
    .where('state', 'in', OPEN);
  await run(connection, query);
}

function readAnswer(connection: Connection, key: AnswerKey): Promise<AnswerRow | undefined> {
  const query = ledgerOf(connection)
    .selectFrom('rowferry_answers')
    .selectAll()
    .where('owner', '=', key.owner)
    .where('idempotency_key', '=', key.key);
  return firstOf(connection, query);
}
