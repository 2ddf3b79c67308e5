import { RowferryError } from '../errors.ts';
import { type BackoffOptions, backoffMs, pause } from '../lib/backoff.ts';
import { decodeText, gather } from '../lib/bytes.ts';
import { type Answer, type AnyRequest, callOf, type Operation, type RequestOf } from './operations.ts';
import type { Patience } from './patience.ts';
import { parseObject, problemToError } from './problem.ts';
import type { StreamBody, Transport, WireAnswer } from './transport.ts';

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
  /** Longest silence of the server. Milliseconds; default 5 minutes. */
  readonly timeoutMs?: number;
  /** Ends the waiting between attempts and stops further ones; a request under way is answered first. */
  readonly signal?: AbortSignal | undefined;
}

export interface ApiOptions {
  readonly transport: Transport;
  readonly backoff?: BackoffOptions;
  /** Failures that it bears are tried again whatever `attempts` says. */
  readonly patience?: Patience;
}

const MINUTES = 60_000;

/** Of what is waited for, however long. A server that answers says itself when to come again. Milliseconds. */
const PATIENT_CAP_MS = 500;

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

  async #repeat<T>(call: Call, read: (answer: WireAnswer) => Promise<T>): Promise<T> {
    let headers = this.#headers(call);
    const { patience, backoff = {} } = this.#options;
    for (let attempt = 1; ; attempt++) {
      call.signal?.throwIfAborted();
      try {
        const result = await read(await this.#once(call, headers));
        patience?.end();
        return result;
      } catch (error) {
        if (!isRepeatable(error)) throw error;
        const borne = this.#wasAnswered && patience?.bears(error) === true;
        if (!borne && attempt >= (call.attempts ?? 5)) throw error;
        const isHeld = call.idempotent === true && error.code === 'request-running';
        if (isHeld) headers = this.#headers(call);
        const asked = isHeld ? 0 : (error.retryAfterSeconds ?? 0) * 1000;
        const capMs = borne ? Math.min(PATIENT_CAP_MS, backoff.capMs ?? PATIENT_CAP_MS) : backoff.capMs;
        const wait = backoffMs(attempt, capMs === undefined ? backoff : { ...backoff, capMs });
        await pause(Math.max(asked, wait), call.signal);
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
    throw problemToError(answer.status, await textOf(answer), answer.header('retry-after'));
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
