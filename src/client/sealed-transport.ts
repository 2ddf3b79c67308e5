import { ERROR_CODES, RowferryError } from '../errors.ts';
import { concat, decodeText } from '../lib/bytes.ts';
import type { Head } from '../seal/head.ts';
import { splitTarget } from '../seal/received-head.ts';
import { type Gzip, pack } from './compress.ts';
import { isErrorCode, parseObject, retryAfterOf } from './problem.ts';
import type { Sealer } from './sealer.ts';
import type { Transport, WireAnswer, WireRequest } from './transport.ts';

const CODING = 'aes128gcm';
const COMPRESSED_CODING = 'gzip, aes128gcm';
/** What is read of an answer that nobody vouches for. */
const MOST_UNSEALED_BYTES = 65_536;
/** An answer that nobody vouches for must not keep a client waiting for ever. Seconds. */
const MOST_UNSEALED_WAIT = 60;
/**
 * What a proxy says while the server behind it is away, and a server to an address that asks too often: as when nobody
 * answers at all, which those who could have made it up can bring about too.
 */
const AWAY: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/**
 * Seals every request that goes through a Transport and opens its answer. What is not sealed as the answer to this very
 * request tells nothing, whatever it says: `answer-invalid`, which is retried, or `unreachable`, which may be waited for
 * longer. One exception: an unsealed 401 `seal-invalid` is how a server refuses a key it does not know, since it has
 * nothing to seal it with.
 *
 * With `gzip`, bodies are compressed before they are sealed. The path below the server's URL is signed, since a proxy
 * that serves it below another path strips that off.
 */
export function sealedTransport(transport: Transport, sealer: Sealer, gzip: Gzip | null = null): Transport {
  return {
    async send(request) {
      const packed = await pack(request.body, gzip);
      const coding = packed.compressed ? COMPRESSED_CODING : CODING;
      const { fields, body, open, onSent } = await sealer.seal(headOf(request, coding), packed.body);
      const headers = {
        ...request.headers,
        ...fields,
        ...(body === undefined ? {} : { 'content-encoding': coding, 'content-length': String(body.length) }),
      };
      const { body: _content, ...rest } = request;
      const sealed = { ...rest, headers, ...(body === undefined ? {} : { body }) };
      const answer = await transport.send({ ...sealed, ...(onSent === undefined ? {} : { onSent }) });
      const contentEncoding = answer.header('content-encoding') ?? null;
      if (contentEncoding !== CODING) throw await untrusted(answer);
      const contentType = answer.header('content-type') ?? '';
      return { ...answer, body: open({ status: answer.status, contentType, contentEncoding }, answer.body) };
    },
    close: () => transport.close(),
  };
}

function headOf({ method, path, headers, body }: WireRequest, coding: string): Head {
  return {
    method,
    ...splitTarget(path),
    contentType: body === undefined ? null : (headers['content-type'] ?? null),
    contentEncoding: body === undefined ? null : coding,
    idempotencyKey: headers['idempotency-key'] ?? null,
  };
}

async function untrusted(answer: WireAnswer): Promise<RowferryError> {
  const { status } = answer;
  const code = codeIn(await beginningOf(answer));
  if (status === 401 && code === 'seal-invalid') return keyRefused();
  const wait = retryAfterOf(answer) ?? 0;
  const isAway = AWAY.has(status);
  const said = isAway ? unsealedWords(status, code) : null;
  const named = code === null ? '' : `, calling itself ${code}`;
  const unsaid = `${isAway ? 'the server was not reached: ' : ''}an answer came that is not sealed (${status}${named})`;
  return new RowferryError(
    isAway ? 'unreachable' : 'answer-invalid',
    `${said ?? unsaid}: nothing is known to be done`,
    {
      hint: code === 'database-unavailable' && isAway ? NO_KEYS : BETWEEN,
      retryAfterSeconds: Math.min(wait, MOST_UNSEALED_WAIT),
    },
  );
}

const BETWEEN =
  'look at what stands between here and the server: a proxy, another program on the port, or an older rowferry';
const NO_KEYS =
  'start the database of the server: without it, it finds no key to seal with; its /health/ready and log.txt tell more';

/** What is away, in words: an answer that nobody vouches for says no more than who may have given it. */
function unsealedWords(status: number, code: string | null): string | null {
  if (code === null || !isErrorCode(code)) return null;
  const says = `says "${ERROR_CODES[code].title}" (${status} ${code}, not sealed)`;
  return `the server, or what stands before it, ${says}`;
}

function keyRefused(): RowferryError {
  return new RowferryError('seal-invalid', 'the server does not take the seal of this key', {
    hint: 'is the key one of this server, and neither expired nor revoked? rowferry keys list, where the server runs; and set the clock of this machine',
  });
}

/** Small and plain, since it may come from anyone: it is printed. */
function codeIn(text: string): string | null {
  const code = parseObject(text)?.code;
  return typeof code === 'string' && /^[a-z-]{1,40}$/.test(code) ? code : null;
}

async function beginningOf(answer: WireAnswer): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of answer.body) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MOST_UNSEALED_BYTES) break;
  }
  return decodeText(concat(chunks));
}
