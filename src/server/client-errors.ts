import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { RowferryError } from '../errors.ts';
import { PROBLEM_TYPE, toProblem } from './problems.ts';
import type { App } from './services.ts';

/** Answers under way, by connection. */
const underWay = new WeakMap<object, Set<ServerResponse>>();

/** Lets answerClientError know of the answers under way. To be added before all other hooks. */
export function noteAnswers(app: App): void {
  app.addHook('onRequest', (request, { raw }, done) => {
    const { socket } = request.raw;
    const answers = underWay.get(socket) ?? new Set();
    underWay.set(socket, answers.add(raw));
    raw.once('close', () => answers.delete(raw));
    done();
  });
}

/** What the HTTP parser refuses never becomes a request: the answer is written by hand, and the socket ends. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  const answers = [...(underWay.get(socket) ?? [])];
  const begun = answers.some(({ headersSent }) => headersSent);
  if (error.code === 'ECONNRESET' || isOfTls(error) || !socket.writable || begun) {
    socket.destroy();
    return;
  }
  // What was wrong came behind whole requests: their answers must not be taken for a refusal.
  const whole = answers.filter(({ req }) => req.complete);
  if (whole.length > 0) {
    for (const answer of whole) answer.once('close', () => socket.destroySoon());
    return;
  }
  const problem = toRowferryError(error.code);
  const body = JSON.stringify(toProblem(problem, '/'));
  const head = [
    `HTTP/1.1 ${problem.status} ${REASONS[problem.status] ?? 'Bad Request'}`,
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    ...(problem.retryAfterSeconds === undefined ? [] : [`Retry-After: ${problem.retryAfterSeconds}`]),
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroySoon());
}

/** Without a handshake nobody can read an answer, and ending the connection politely would wait for its other end. */
function isOfTls({ code }: NodeJS.ErrnoException): boolean {
  return code?.startsWith('ERR_SSL_') === true || code?.startsWith('ERR_TLS_') === true;
}

const REASONS: Readonly<Record<number, string>> = {
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
};

function toRowferryError(code: string | undefined): RowferryError {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new RowferryError('headers-too-large', 'the header fields are larger than 16 KiB', {
      hint: 'send fewer or shorter header fields',
    });
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new RowferryError('timeout', 'the head of the request did not come in time', {
      hint: 'send the request again',
      retryAfterSeconds: 1,
    });
  }
  return new RowferryError('bad-request', 'the request is not HTTP as it should be', {
    hint: 'check the request line and the header fields',
  });
}
