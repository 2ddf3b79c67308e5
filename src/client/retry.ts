import { RowferryError } from '../errors.ts';
import { type BackoffOptions, backoffMs, pause } from '../lib/backoff.ts';
import { decodeText, gather } from '../lib/bytes.ts';
import { type Answer, type AnyRequest, callOf, type Operation, type RequestOf } from './operations.ts';
import type { Patience } from './patience.ts';
import { parseObject, problemToError, retryAfterOf } from './problem.ts';
import { hasNoAnswer, type StreamBody, type Transport, type WireAnswer } from './transport.ts';

/** One thing asked of the API, however many attempts it takes. */
export interface Call {
  readonly method: string;
  readonly path: string;
  /** Texts, numbers and flags; what is undefined is left out. */
  readonly query?: object;
  readonly body?: Uint8Array | StreamBody;
  readonly contentType?: string;
  /** Default: a new one for each call, the same for all its attempts. */
  readonly idempotencyKey?: string;
  /**
   * Asked again under another key it comes to the same. It need not wait for a server that died with its key, whose
   * lease lasts a minute.
   */
  readonly idempotent?: boolean;
  /** Default 5. */
  readonly attempts?: number;
  /** One that got no answer is not sent again here: its caller asks what became of it. */
  readonly sentOnce?: boolean;
  /** False: that it is answered does not end the wait of a Patience. */
  readonly endsWait?: boolean;
  /** Longest silence of the server. Milliseconds; default 5 minutes. */
  readonly timeoutMs?: number;
  /** Ends the waiting between attempts and stops further ones; a request under way is answered first. */
  readonly signal?: AbortSignal | undefined;
}

/** A failed attempt among those that there may be. */
export interface Attempts extends Pick<Call, 'attempts' | 'signal'> {
  /** From 1. */
  readonly attempt: number;
  /** The next attempt need not wait for what holds the key of this one. */
  readonly isHeld?: boolean;
  /** How long the failed one was under way. Milliseconds. */
  readonly tookMs?: number;
}

export interface ApiOptions {
  readonly transport: Transport;
  readonly backoff?: BackoffOptions;
  /** Failures that it bears are tried again whatever `attempts` says. */
  readonly patience?: Patience;
  /**
   * Before a pause of two seconds or more, and before the first one of a request that finds nobody, unless a Patience
   * tells of it. Milliseconds.
   */
  readonly onPause?: ((reason: RowferryError, waitMs: number) => void) | undefined;
}

const MINUTES = 60_000;
/** What a server asks for beyond that is not waited for without patience: the failure says when to come again. */
const MOST_ASKED_MS = 60_000;
const TOLD_MS = 2000;
/** All attempts together last some seconds, in which one who waits shall know for what. */
const TOLD_AT_ONCE = new Set(['database-unavailable', 'unreachable']);

/** Load-file answers this one itself, by going on from the offset the server names. */
const NEVER_REPEATED = new Set(['offset-mismatch']);

/** What this client sealed was doubled or changed on the way: the next attempt has a seal of its own. */
const ALWAYS_REPEATED = new Set(['seal-replayed', 'seal-body-invalid']);

/**
 * Calls with retries: network errors and retryable problems are tried again with the same Idempotency-Key, after a
 * wait that grows and is never shorter than the server's Retry-After. Each attempt is sealed anew. Every failure is a RowferryError.
 */
export class Api {
  readonly #options: ApiOptions;
  /** A server that never answered may be a mistyped URL: it is not waited for. */
  #wasAnswered = false;

  constructor(options: ApiOptions) {
    this.#options = options;
  }

  /** The same server, asked with patience. */
  with(patience: Patience): Api {
    const api = new Api({ ...this.#options, patience });
    api.#wasAnswered = this.#wasAnswered;
    return api;
  }

  /** One operation of the API and its answer, whose shape is what /openapi.json promises. */
  call<O extends Operation>(operation: O, request: RequestOf<O> & AnyRequest): Promise<Answer<O>> {
    const call = callOf(operation, request);
    return this.#repeat(call, async (answer) => {
      const body = parseObject(await textOf(answer));
      if (body === undefined) throw notJson(call, answer);
      return body as Answer<O>;
    });
  }

  /** The answer with its body still to be read; a failure while reading is the caller's. */
  stream<O extends Operation>(operation: O, request: RequestOf<O> & AnyRequest): Promise<WireAnswer> {
    return this.#repeat(callOf(operation, request), async (answer) => answer);
  }

  close(): void {
    this.#options.transport.close();
  }

  /** Waits as befits failure number `attempt` in a row; throws the failure when it is not to be tried again. */
  async beforeNext(error: unknown, attempts: Attempts): Promise<void> {
    if (!isRepeatable(error)) throw error;
    const { attempt, attempts: most = 5, isHeld = false, tookMs = 0, signal } = attempts;
    const { patience, backoff = {} } = this.#options;
    const askedMs = isHeld ? 0 : (error.retryAfterSeconds ?? 0) * 1000;
    const borne = this.#wasAnswered && patience?.bears(error, askedMs, tookMs) === true;
    if (!borne && (attempt >= most || askedMs > MOST_ASKED_MS)) throw error;
    const capMs = borne ? Math.min(patience.pauseMs, backoff.capMs ?? patience.pauseMs) : backoff.capMs;
    const wait = backoffMs(attempt, capMs === undefined ? backoff : { ...backoff, capMs });
    const waitMs = Math.max(askedMs, wait);
    const isTold = waitMs >= TOLD_MS || (attempt === 1 && TOLD_AT_ONCE.has(error.code));
    if (!borne && isTold) this.#options.onPause?.(error, waitMs);
    await pause(waitMs, signal);
  }

  async #repeat<T>(call: Call, read: (answer: WireAnswer) => Promise<T>): Promise<T> {
    let headers = this.#headers(call);
    for (let attempt = 1; ; attempt++) {
      call.signal?.throwIfAborted();
      const sentAt = performance.now();
      try {
        const result = await read(await this.#once(call, headers));
        if (call.endsWait !== false) this.#options.patience?.end();
        return result;
      } catch (error) {
        if (call.sentOnce === true && hasNoAnswer(error)) throw error;
        const isHeld = call.idempotent === true && isRunning(error);
        if (isHeld) headers = this.#headers(call);
        await this.beforeNext(error, { ...call, attempt, isHeld, tookMs: performance.now() - sentAt });
      }
    }
  }

  async #once(call: Call, headers: Record<string, string>): Promise<WireAnswer> {
    const answer = await this.#options.transport.send({
      method: call.method,
      path: call.path + queryOf(call),
      headers,
      timeoutMs: call.timeoutMs ?? 5 * MINUTES,
      ...(call.body === undefined ? {} : { body: call.body }),
    });
    this.#wasAnswered = true;
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw problemToError(answer.status, await textOf(answer), retryAfterOf(answer));
  }

  #headers(call: Call): Record<string, string> {
    const headers: Record<string, string> = {
      accept: 'application/json, application/problem+json, */*;q=0.1',
    };
    if (call.contentType !== undefined) headers['content-type'] = call.contentType;
    if (call.method !== 'GET') headers['idempotency-key'] = `"${call.idempotencyKey ?? crypto.randomUUID()}"`;
    return headers;
  }
}

const isRunning = (error: unknown): boolean =>
  error instanceof RowferryError && error.code === 'request-running';

function isRepeatable(error: unknown): error is RowferryError {
  if (!(error instanceof RowferryError) || NEVER_REPEATED.has(error.code)) return false;
  return error.retryable || ALWAYS_REPEATED.has(error.code);
}

function queryOf(call: Call): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(call.query ?? {})) {
    if (value !== undefined) query.set(name, String(value));
  }
  return query.size === 0 ? '' : `?${query}`;
}

async function textOf(answer: WireAnswer): Promise<string> {
  return decodeText(await gather(answer.body));
}

function notJson(call: Call, answer: WireAnswer): RowferryError {
  const type = answer.header('content-type') ?? 'no content type';
  return new RowferryError('answer-invalid', `${call.method} ${call.path} answered ${type}, expected JSON`, {
    hint: 'is this the URL of a rowferry server?',
  });
}
