import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { RowferryError } from '../errors.ts';
import type { IdempotencyClaim } from '../ingest/ingest.ts';
import { identityOf } from './auth.ts';
import { mediaType } from './body-rules.ts';
import { PROBLEM_TYPE, pathOf, toProblem } from './problems.ts';
import type { Reply, Request, Services } from './services.ts';

const UNSAFE = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
const EMPTY_SHA256 = createHash('sha256').digest('hex');

/** Throws `idempotency-key-missing` or `idempotency-key-invalid`. */
export function checkIdempotencyKey(request: IncomingMessage): void {
  if (UNSAFE.has(request.method ?? '')) idempotencyKey(request);
}

/** Bare, or as the quoted string of RFC 8941. */
function idempotencyKey(request: IncomingMessage): string {
  const value = request.headers['idempotency-key'];
  if (value === undefined || value === '') {
    throw new RowferryError('idempotency-key-missing', `${request.method} needs an Idempotency-Key`, {
      hint: 'send Idempotency-Key: <new UUID> and repeat it with every retry of the same request',
    });
  }
  const [, bare, quoted] = /^(?:([A-Za-z0-9_-]{16,64})|"([A-Za-z0-9_-]{16,64})")$/.exec(String(value)) ?? [];
  const key = bare ?? quoted;
  if (key !== undefined) return key;
  throw new RowferryError(
    'idempotency-key-invalid',
    'the Idempotency-Key is not 16 to 64 of A–Z a–z 0–9 _ -',
    {
      hint: 'a UUID will do',
    },
  );
}

/** Scope and fingerprint of the request; its body was read before. */
export function claimOf(request: Request, bodySha256 = request.bodySha256): IdempotencyClaim {
  const target = [request.method, request.raw.url ?? '', mediaType(request.raw)].join('\n');
  return {
    owner: identityOf(request).owner,
    key: idempotencyKey(request.raw),
    fingerprint: createHash('sha256').update(target).digest('hex'),
    bodySha256: bodySha256 ?? EMPTY_SHA256,
  };
}

/** A restore may run longer than a lease. */
const RENEW_EVERY_MS = 20_000;

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  /** What a replay answers in place of `body`, where that holds a secret. */
  readonly stored?: unknown;
}

export interface Outcome {
  readonly status: number;
  readonly body: string;
  readonly replayed: boolean;
}

/**
 * Runs the work once for each Idempotency-Key: the same request again gets the stored answer. An answer of 2xx and a
 * refused content (422) are stored; other failures give the key free.
 */
export async function runOnce(
  request: Request,
  { ingest, log }: Services,
  claim: IdempotencyClaim,
  work: () => Promise<Answer>,
): Promise<Outcome> {
  const claimed = await ingest.answers.claim(claim);
  if (claimed.kind === 'done') return { status: claimed.status, body: claimed.body, replayed: true };
  const held = setInterval(() => {
    ingest.answers.renew(claim, claimed.fence).catch((error: unknown) => {
      log.warn({ err: error }, 'the lease of a request was not renewed');
    });
  }, RENEW_EVERY_MS);
  const answer = await work()
    .catch(async (error: unknown): Promise<Answer> => {
      if (error instanceof RowferryError && error.status === 422) {
        return { status: 422, body: toProblem(error, pathOf(request.url)) };
      }
      await ingest.answers.release(claim, claimed.fence).catch((second: unknown) => {
        log.warn({ err: second }, 'an Idempotency-Key was not given free; its lease will expire');
      });
      throw error;
    })
    .finally(() => clearInterval(held));
  const stored = JSON.stringify('stored' in answer ? answer.stored : answer.body);
  await ingest.answers.complete(claim, claimed.fence, answer.status, stored);
  return { status: answer.status, body: JSON.stringify(answer.body), replayed: false };
}

/**
 * Runs work that takes its key itself, in the transaction of all that it does: a failure leaves nothing. `run` gives
 * the answer, also a stored one. Only a refused content is stored here, as by `runOnce`.
 */
export async function runWhole(
  request: Request,
  services: Services,
  run: (claim: IdempotencyClaim) => Promise<Outcome>,
): Promise<Outcome> {
  const claim = claimOf(request);
  return run(claim).catch((error: unknown) => {
    if (!(error instanceof RowferryError) || error.status !== 422) throw error;
    return runOnce(request, services, claim, () => Promise.reject(error));
  });
}

export function sendOutcome(reply: Reply, { status, body, replayed }: Outcome): Reply {
  const type = status < 400 ? 'application/json; charset=utf-8' : PROBLEM_TYPE;
  markReplayed(reply, replayed);
  return reply.code(status).type(type).send(body);
}

export function markReplayed(reply: Reply, replayed: boolean): void {
  if (replayed) reply.header('idempotency-replayed', 'true');
}
