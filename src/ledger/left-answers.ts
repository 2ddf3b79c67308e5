import type { Connection } from '../database/database.ts';
import { firstOf, ledgerOf, rowsOf, run } from './queries.ts';

/** Idempotency-Keys that nobody comes back to: requests past their lease expire, answers older than 30 days go. */

/** As of Stripe's API v2. An equal request that comes later is a new one. */
export const ANSWERS_KEPT_MS = 30 * 24 * 60 * 60 * 1000;
/** Of one statement, so that no transaction holds many of them. */
const MOST = 1000;

/** Whether `expireAnswers` or `forgetAnswers` would find something. Two looks into an index. */
export async function hasLeftAnswers(connection: Connection, now = Date.now()): Promise<boolean> {
  const answers = ledgerOf(connection).selectFrom('rowferry_answers').select('state').limit(1);
  const left = answers.where('lease', '<=', timeOf(now));
  const old = answers
    .where('created_at', '<=', timeOf(now - ANSWERS_KEPT_MS))
    .where('state', '<>', 'running');
  return (await firstOf(connection, left)) !== undefined || (await firstOf(connection, old)) !== undefined;
}

/**
 * Requests past their lease become `expired`. Their fences stay: whoever held one may still answer until another
 * takes the key over, and not after. Gives their number.
 */
export async function expireAnswers(connection: Connection, now = Date.now()): Promise<number> {
  const past = ledgerOf(connection)
    .selectFrom('rowferry_answers')
    .select(['owner', 'idempotency_key', 'fence'])
    .where('state', '=', 'running')
    .where('lease', '<=', timeOf(now))
    .limit(MOST);
  let expired = 0;
  // Each by its key: a range would lock the gaps that new requests go into.
  for (const { owner, idempotency_key, fence } of await rowsOf(connection, past)) {
    const expire = ledgerOf(connection)
      .updateTable('rowferry_answers')
      .set({ state: 'expired', lease: null })
      .where('owner', '=', owner)
      .where('idempotency_key', '=', idempotency_key)
      .where('fence', '=', fence)
      .where('state', '=', 'running')
      .where('lease', '<=', timeOf(now));
    expired += await run(connection, expire);
  }
  return expired;
}

/** Drops what is older than ANSWERS_KEPT_MS and not running. Gives their number. */
export async function forgetAnswers(connection: Connection, now = Date.now()): Promise<number> {
  const horizon = timeOf(now - ANSWERS_KEPT_MS);
  let forgotten = 0;
  for (;;) {
    const edge = ledgerOf(connection)
      .selectFrom('rowferry_answers')
      .select('created_at')
      .where('created_at', '<=', horizon)
      .orderBy('created_at')
      .limit(1)
      .offset(MOST - 1);
    const last = await firstOf(connection, edge);
    const forget = ledgerOf(connection)
      .deleteFrom('rowferry_answers')
      .where('created_at', '<=', last?.created_at ?? horizon)
      .where('state', '<>', 'running');
    const dropped = await run(connection, forget);
    forgotten += dropped;
    if (last === undefined || dropped === 0) return forgotten;
  }
}

const timeOf = (ms: number): string => new Date(ms).toISOString();
