/** Test 19 of the security tests: what two programs in a row could read as two different requests. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { Load } from '../../src/model/receipt.ts';
import { eventually, startTestServer } from '../server/harness.ts';
import { type Sealed, seal, signerOf } from '../server/sealed.ts';
import { Wire } from '../server/wire.ts';
import { headLines } from './sealed-wire.ts';

const { url, token, config, call } = await startTestServer();
const key = token('tables:*:*');
const signer = signerOf(key);
const JOBS = '/v1/tables/jobs/rows';
const LINE = `POST ${JOBS} HTTP/1.1`;
const CHUNKED = 'Transfer-Encoding: chunked';

let nextId = 5000;
/** One row whose name tells where it came from. */
const row = (name: string): string => {
  nextId += 1;
  return `${nextId},${name}\n`;
};

/** A request that would load a row, up to the fields that frame its body. */
interface Message {
  readonly fields: readonly string[];
  readonly body: string;
}

const WAYS: Readonly<Record<string, (name: string) => Message>> = {
  Bearer: (name) => ({
    fields: [
      'Host: test',
      `Authorization: Bearer ${key}`,
      `Idempotency-Key: ${randomUUID()}`,
      'Content-Type: text/csv',
    ],
    body: row(name),
  }),
  sealed: (name) => {
    const sealed: Sealed = seal(signer, 'POST', JOBS, { body: row(name), type: 'text/csv' });
    return { fields: headLines(sealed), body: sealed.body?.toString('latin1') ?? assert.fail() };
  },
};

const textOf = (...lines: string[]): string => `${lines.join('\r\n')}\r\n\r\n`;
const hex = (body: string): string => body.length.toString(16);
const chunksOf = (body: string): string => `${hex(body)}\r\n${body}\r\n0\r\n\r\n`;
const lengthOf = (body: string): string => `Content-Length: ${body.length}`;

const byLength = ({ fields, body }: Message): string => textOf(LINE, ...fields, lengthOf(body)) + body;
/** The body in chunks, with these fields in the place of Transfer-Encoding. */
const framedBy =
  (...framing: string[]) =>
  ({ fields, body }: Message): string =>
    textOf(LINE, ...fields, ...framing) + chunksOf(body);
/** A length that is none. */
const withLength =
  (...framing: string[]) =>
  ({ fields, body }: Message): string =>
    textOf(LINE, ...fields, ...framing) + body;
const withField = (field: string) => (message: Message) =>
  byLength({ ...message, fields: [...message.fields, field] });
const withLine = (line: string) => (message: Message) => byLength(message).replace(LINE, line);
/** Chunked, with a body of one's own. */
const withChunks =
  (make: (body: string) => string) =>
  ({ fields, body }: Message): string =>
    textOf(LINE, ...fields, CHUNKED) + make(body);

const SMUGGLED: Readonly<Record<string, (message: Message) => string>> = {
  'a length and chunks': framedBy('Content-Length: 5', CHUNKED),
  'chunks and a length': framedBy(CHUNKED, 'Content-Length: 5'),
  'two lengths': withLength('Content-Length: 3', 'Content-Length: 400'),
  'one length twice': (message) => withLength(lengthOf(message.body), lengthOf(message.body))(message),
  'a list of lengths': withLength('Content-Length: 10, 10'),
  'a length with a sign': withLength('Content-Length: +10'),
  'a negative length': withLength('Content-Length: -1'),
  'a length in hex': withLength('Content-Length: 0xa'),
  'a length with a space in it': withLength('Content-Length: 1 0'),
  'a fraction as length': withLength('Content-Length: 10.0'),
  'no number as length': withLength('Content-Length: '),
  'a length over 2^64': withLength('Content-Length: 18446744073709551626'),
  'chunked twice in one field': framedBy('Transfer-Encoding: chunked, chunked'),
  'chunked in two fields': framedBy(CHUNKED, CHUNKED),
  'chunked after gzip': framedBy('Transfer-Encoding: gzip, chunked'),
  'chunked after identity': framedBy('Transfer-Encoding: identity, chunked'),
  'chunked before identity': framedBy('Transfer-Encoding: chunked, identity'),
  'identity alone': framedBy('Transfer-Encoding: identity'),
  'gzip alone': framedBy('Transfer-Encoding: gzip'),
  'no transfer coding': framedBy('Transfer-Encoding: '),
  'chunked, and then none': framedBy(CHUNKED, 'Transfer-Encoding: '),
  xchunked: framedBy('Transfer-Encoding: xchunked'),
  'chunked in quotes': framedBy('Transfer-Encoding: "chunked"'),
  'chunked with a parameter': framedBy('Transfer-Encoding: chunked;q=1'),
  'chunked behind a vertical tab': framedBy('Transfer-Encoding:\u000bchunked'),
  'chunked behind a NUL': framedBy('Transfer-Encoding:\u0000chunked'),
  'a space before the colon of Transfer-Encoding': framedBy('Transfer-Encoding : chunked'),
  'a space before the colon of Content-Length': withLength('Content-Length : 10'),
  'a tab before the colon': withLength('Content-Length\t: 10'),
  'a folded Transfer-Encoding': framedBy('Transfer-Encoding:', ' chunked'),
  'a folded field': withField('X: a\r\n b'),
  'a field folded by a tab': withField('X: a\r\n\tb'),
  'a first field that begins with a space': (message) => byLength(message).replace('\r\nHost', '\r\n Host'),
  'bare LF for every CRLF': (message) => byLength(message).replaceAll('\r\n', '\n'),
  'a bare LF in a field': withField('X: a\nContent-Length: 400'),
  'a bare LF at the end of the head': (message) => byLength(message).replace('\r\n\r\n', '\n\n'),
  'a bare CR in a field': withField('X: a\rContent-Length: 400'),
  'a bare CR at the end of the head': (message) => byLength(message).replace('\r\n\r\n', '\r\n\r'),
  'a NUL in a name': withField('X\u0000: a'),
  'a NUL in a value': withField('X: a\u0000b'),
  'a field without a name': withField(': a'),
  'a field without a colon': withField('Xyz'),
  'HTTP/0.9': withLine(`POST ${JOBS}`),
  'HTTP/0.9, said so': withLine(`POST ${JOBS} HTTP/0.9`),
  'HTTP/1.2': withLine(`POST ${JOBS} HTTP/1.2`),
  'HTTP/2.0': withLine(`POST ${JOBS} HTTP/2.0`),
  'the preface of HTTP/2': (message) => `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${byLength(message)}`,
  'chunks in HTTP/1.0': (message) => framedBy(CHUNKED)(message).replace('HTTP/1.1', 'HTTP/1.0'),
  'chunks in HTTP/1.0, kept alive': (message) =>
    framedBy('Connection: keep-alive', CHUNKED)(message).replace('HTTP/1.1', 'HTTP/1.0'),
  'a target with a host': withLine(`POST http://test${JOBS} HTTP/1.1`),
  'a target with another host': withLine(`POST https://elsewhere.test${JOBS} HTTP/1.1`),
  'an asterisk as target': withLine('POST * HTTP/1.1'),
  'a target without a slash': withLine(`POST ${JOBS.slice(1)} HTTP/1.1`),
  'a space in the target': withLine(`POST ${JOBS} x HTTP/1.1`),
  'a tab in the request line': withLine(`POST\t${JOBS} HTTP/1.1`),
  'a NUL in the target': withLine(`POST ${JOBS}\u0000 HTTP/1.1`),
  'a method in lower case': withLine(`post ${JOBS} HTTP/1.1`),
  'no Host': (message) => byLength(message).replace('Host: test\r\n', ''),
  'two Hosts': withField('Host: elsewhere.test'),
  'a chunk over 2^64': withChunks((body) => `1000000000000000${hex(body)}\r\n${body}\r\n0\r\n\r\n`),
  'a chunk of seventeen digits': withChunks((body) => `FFFFFFFFFFFFFFFFF\r\n${body}\r\n0\r\n\r\n`),
  'a negative chunk': withChunks((body) => `-${hex(body)}\r\n${body}\r\n0\r\n\r\n`),
  'a chunk size with 0x': withChunks((body) => `0x${hex(body)}\r\n${body}\r\n0\r\n\r\n`),
  'a chunk without a size': withChunks((body) => `\r\n${body}\r\n0\r\n\r\n`),
  'a space before a chunk size': withChunks((body) => ` ${chunksOf(body)}`),
  'a space behind a chunk size': withChunks((body) => `${hex(body)} \r\n${body}\r\n0\r\n\r\n`),
  'a bare LF behind a chunk size': withChunks((body) => `${hex(body)}\n${body}\r\n0\r\n\r\n`),
  'a bare LF behind a chunk': withChunks((body) => `${hex(body)}\r\n${body}\n0\r\n\r\n`),
  'bare LFs behind the last chunk': withChunks((body) => `${hex(body)}\r\n${body}\r\n0\n\n`),
  'a chunk longer than its size': withChunks((body) => `5\r\n${body}\r\n0\r\n\r\n`),
  'a chunk extension that ends in a bare LF': withChunks((body) => `${hex(body)};x\n${body}\r\n0\r\n\r\n`),
  'a bare CR in a chunk extension': withChunks((body) => `${hex(body)};x\ry\r\n${body}\r\n0\r\n\r\n`),
  'a quote left open in a chunk extension': withChunks((body) => `${hex(body)};x="\r\n${body}\r\n0\r\n\r\n`),
  'a chunk extension of 20 KB': withChunks(
    (body) => `${hex(body)};${'x'.repeat(20_000)}\r\n${body}\r\n0\r\n\r\n`,
  ),
  'a length in a trailer': withChunks((body) => chunksOf(body).replace(/\r\n$/, 'Content-Length: 5\r\n\r\n')),
  'a space before the colon of a trailer': withChunks((body) =>
    chunksOf(body).replace(/\r\n$/, 'X : y\r\n\r\n'),
  ),
};

const SECOND = 'Second';
/** What would be run as the next request if the first one ended where it must not. */
const second = (): string => byLength((WAYS.Bearer ?? assert.fail())(SECOND));

/** Names of the rows that were loaded. */
function loaded(): string[] {
  const database = new DatabaseSync(config.databaseUrl.slice('sqlite:'.length), { readOnly: true });
  const rows = database.prepare('SELECT job FROM jobs WHERE id > 5000 ORDER BY id').all();
  database.close();
  return rows.map(({ job }) => String(job));
}

const statusesOf = ({ received }: Wire): string[] => received.match(/HTTP\/1\.1 \d{3}/g) ?? [];

for (const [way, make] of Object.entries(WAYS)) {
  test(`${way}: what smuggles is 400 and the end of its connection, and nothing behind it is run`, async () => {
    const before = loaded();
    const refusal = async ([what, smuggle]: [string, (message: Message) => string]): Promise<void> => {
      const wire = await Wire.to(url);
      wire.send(smuggle(make(what)) + second());
      const { text } = await wire.answer();
      assert.deepEqual(statusesOf(wire), ['HTTP/1.1 400'], `${what}: ${text}`);
      assert.match(text, /^connection: close\r$/im, what);
      assert.match(text, /^content-type: application\/problem\+json/im, what);
    };
    await Promise.all(Object.entries(SMUGGLED).map(refusal));
    assert.deepEqual(loaded(), before);
  });

  test(`${way}: two well-formed requests on one connection are both run`, async () => {
    for (const [what, frame] of Object.entries({ length: byLength, chunks: framedBy(CHUNKED) })) {
      const before = loaded();
      const wire = await Wire.to(url);
      wire.send(frame(make(what)) + second());
      await eventually(() => statusesOf(wire).length === 2, 'both are answered');
      assert.deepEqual(statusesOf(wire), ['HTTP/1.1 200', 'HTTP/1.1 200'], wire.received);
      assert.deepEqual(loaded().slice(before.length).sort(), [SECOND, what].sort());
      wire.socket.destroy();
    }
  });
}

test('a body that is refused unread is not run as a request', async () => {
  const before = loaded();
  const hidden = second();
  const heads = [
    textOf(LINE, 'Host: test', 'Content-Type: text/csv', lengthOf(hidden)),
    textOf('GET /v1/tables HTTP/1.1', 'Host: test', `Authorization: Bearer ${key}`, lengthOf(hidden)),
    textOf('POST /nowhere HTTP/1.1', 'Host: test', lengthOf(hidden)),
  ];
  for (const head of heads) {
    const wire = await Wire.to(url);
    wire.send(head);
    await eventually(() => wire.received.endsWith('}'), 'it is refused by its head');
    wire.send(hidden);
    await wire.answer();
    assert.equal(statusesOf(wire).length, 1, wire.received);
  }
  assert.deepEqual(loaded(), before);
});

test('what is no HTTP behind a request is never written into the answer under way', async () => {
  const announced = { table: 'jobs', name: 'jobs.csv', size: 100, sha256: '0'.repeat(64) };
  const { json } = await call<Load>('POST', '/v1/loads', { body: announced });
  const wire = await Wire.to(url);
  wire.head(`GET /v1/loads/${json.id}/events HTTP/1.1`, 'Host: test', `Authorization: Bearer ${key}`);
  await eventually(() => wire.received.includes('event: load'), 'the stream is open');
  wire.send('no HTTP\r\n\r\n');
  await wire.answer();
  assert.deepEqual(statusesOf(wire), ['HTTP/1.1 200']);
  assert.doesNotMatch(wire.received, /problem/);
});
