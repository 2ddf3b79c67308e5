import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Rowferry, type RowferryOptions } from '../../src/client/client.ts';
import { deriveKeys, makeToken } from '../../src/seal/keys.ts';
import { openRequestBody, type VerifiedHead, verifyHead } from '../../src/seal/open.ts';
import { receiveHead } from '../../src/seal/received-head.ts';
import { sealResponseBody } from '../../src/seal/seal.ts';

/** What a client receives: an answer in the clear, or one sealed for its request. */
export type Answer = (request: IncomingMessage, response: ServerResponse, seal: Seal) => void;

interface SealedAnswer {
  readonly status?: number;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Seal {
  /** Sends the whole, sealed as the server does. */
  (answer: SealedAnswer): void;
  /** Only the sealed bytes. */
  bytes(answer: SealedAnswer): Buffer;
}

export interface Stage extends AsyncDisposable {
  readonly client: Rowferry;
  readonly url: string;
  readonly token: string;
  /** Idempotency-Key of each request that came. */
  readonly keys: (string | undefined)[];
  /** Opened. */
  readonly bodies: string[];
  /** As they travelled. */
  readonly raw: Buffer[];
  readonly heads: VerifiedHead[];
}

/** A server that gives the answers in turn, the last one for ever: a fake, since these are faults. */
export async function stage(
  answers: readonly Answer[],
  options: Partial<RowferryOptions> = {},
): Promise<Stage> {
  const token = makeToken();
  const keys = deriveKeys(token);
  const seen: Pick<Stage, 'keys' | 'bodies' | 'raw' | 'heads'> = { keys: [], bodies: [], raw: [], heads: [] };
  const server = createServer(async (request, response) => {
    const received = receiveHead({
      method: request.method ?? '',
      target: request.url ?? '',
      rawHeaders: request.rawHeaders,
    });
    if (received === null) return void response.writeHead(400).end('not sealed');
    const head = await verifyHead(received, async (keyId) => (keyId === token.keyId ? keys : null));
    const raw = Buffer.concat(await request.toArray());
    seen.keys.push(request.headers['idempotency-key']?.toString());
    seen.heads.push(head);
    seen.raw.push(raw);
    seen.bodies.push(String(openRequestBody(head, raw) ?? ''));
    (answers[seen.keys.length - 1] ?? answers.at(-1))?.(request, response, sealFor(head, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const backoff = { baseMs: 1, capMs: 5 };
  const client = new Rowferry({ url, key: token.token, backoff, ...options });
  return {
    client,
    url,
    token: token.token,
    ...seen,
    [Symbol.asyncDispose]: async () => {
      client.close();
      server.closeAllConnections();
      server.close();
    },
  };
}

function sealFor(head: VerifiedHead, response: ServerResponse): Seal {
  const bytes = ({ status = 200, type = 'application/json', body }: SealedAnswer): Buffer =>
    sealResponseBody(head, { status, contentType: type }, Buffer.from(body));
  const send = (answer: SealedAnswer): void => {
    const { status = 200, type = 'application/json', headers = {} } = answer;
    const fields = { 'content-type': type, 'content-encoding': 'aes128gcm', ...headers };
    response.writeHead(status, fields).end(bytes(answer));
  };
  return Object.assign(send, { bytes });
}

export const ok: Answer = (_request, _response, seal) => seal({ body: '{"load":"L","tables":[]}' });

export function problemBody(code: string, status: number): string {
  const told = { status, code, detail: `said ${code}`, hint: 'do so', receipt: 7 };
  return JSON.stringify({ type: `/problems/${code}`, ...told });
}

export function problem(code: string, status: number, headers: Record<string, string> = {}): Answer {
  const type = 'application/problem+json';
  return (_request, _response, seal) => seal({ status, type, headers, body: problemBody(code, status) });
}

/** The same in the clear: what anyone on the way could have made. */
export function forged(code: string, status: number, headers: Record<string, string> = {}): Answer {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/problem+json', ...headers });
    response.end(problemBody(code, status));
  };
}
