import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { Rowferry, type RowferryOptions } from '../../src/client/client.ts';
import { RowferryError } from '../../src/errors.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

interface Stage extends AsyncDisposable {
  readonly client: Rowferry;
  /** Idempotency-Key of each request that came. */
  readonly keys: (string | undefined)[];
  readonly bodies: string[];
}

/** A server that gives the answers in turn, the last one for ever: a fake, since these are faults. */
async function stage(answers: readonly Answer[], options: Partial<RowferryOptions> = {}): Promise<Stage> {
  const keys: (string | undefined)[] = [];
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    keys.push(request.headers['idempotency-key']?.toString());
    let body = '';
    for await (const chunk of request) body += chunk;
    bodies.push(body);
    (answers[keys.length - 1] ?? answers.at(-1))?.(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const backoff = { baseMs: 1, capMs: 5 };
  const client = new Rowferry({ url: `http://127.0.0.1:${port}`, key: 'rfk_test', backoff, ...options });
  return {
    client,
    keys,
    bodies,
    [Symbol.asyncDispose]: async () => {
      client.close();
      server.closeAllConnections();
      server.close();
    },
  };
}

const ok: Answer = (_request, response) => {
  response.setHeader('content-type', 'application/json').end('{"load":"L","tables":[]}');
};

function problem(code: string, status: number, headers: Record<string, string> = {}): Answer {
  const type = 'application/problem+json';
  const body = { type: `/problems/${code}`, status, code, detail: `said ${code}`, hint: 'do so', receipt: 7 };
  return (_request, response) => {
    response.writeHead(status, { 'content-type': type, ...headers }).end(JSON.stringify(body));
  };
}

const cut: Answer = (request) => request.socket.destroy();
const half: Answer = (request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
  response.write('{"load":', () => request.socket.destroy());
};

test('retryable problems and cut connections are tried again with the same Idempotency-Key and body', async () => {
  await using at = await stage([problem('overloaded', 503), cut, half, problem('request-running', 409), ok]);
  await at.client.table('jobs').insert([{ id: 1n, job: 'x' }]);
  assert.equal(at.keys.length, 5);
  assert.equal(new Set(at.keys).size, 1);
  assert.match(at.keys[0] ?? '', /^"[A-Za-z0-9_-]{16,64}"$/);
  assert.deepEqual(new Set(at.bodies), new Set(['[{"id":"1","job":"x"}]']));
});

test('two calls have two keys; a given key is used as it is', async () => {
  await using at = await stage([ok]);
  await at.client.table('jobs').insert([]);
  await at.client.table('jobs').insert([]);
  await at.client.table('jobs').insert([], { idempotencyKey: 'my-own-key-000001' });
  assert.notEqual(at.keys[0], at.keys[1]);
  assert.equal(at.keys[2], '"my-own-key-000001"');
});

test('the wait is never shorter than Retry-After', async () => {
  await using at = await stage([problem('rate-limited', 429, { 'retry-after': '1' }), ok]);
  const startedAt = performance.now();
  await at.client.tables();
  assert.ok(performance.now() - startedAt >= 990);
});

test('an abort ends the waiting', async () => {
  await using at = await stage([problem('rate-limited', 429, { 'retry-after': '600' })]);
  const reason = new Error('enough');
  const signal = AbortSignal.timeout(50);
  const failed = await at.client
    .table('jobs')
    .insert([], { signal })
    .catch((error) => error);
  assert.equal(failed.name, 'TimeoutError');
  const early = at.client.table('jobs').insert([], { signal: AbortSignal.abort(reason) });
  await assert.rejects(early, reason);
  assert.equal(at.keys.length, 1);
});

test('what cannot succeed is not tried again, and comes with all it said', async () => {
  await using at = await stage([problem('rows-rejected', 422)]);
  const error = await at.client
    .table('jobs')
    .insert([])
    .catch((caught) => caught);
  assert.ok(error instanceof RowferryError);
  assert.deepEqual([error.code, error.detail, error.hint], ['rows-rejected', 'said rows-rejected', 'do so']);
  assert.deepEqual(error.extra, { receipt: 7 });
  assert.equal(at.keys.length, 1);
});

test('attempts end: the last failure is thrown', async () => {
  await using at = await stage([problem('database-busy', 503)]);
  await assert.rejects(at.client.tables(), { code: 'database-busy' });
  assert.equal(at.keys.length, 5);
});

for (const [status, code] of [
  [401, 'unauthorized'],
  [404, 'not-found'],
  [413, 'body-too-large'],
  [418, 'answer-invalid'],
  [302, 'answer-invalid'],
] as const) {
  test(`${status} with a page of another program is ${code}`, async () => {
    await using at = await stage([
      (_request, response) => response.writeHead(status, { location: 'http://127.0.0.1:1/' }).end('<html>'),
    ]);
    await assert.rejects(at.client.receipt('x'), { code });
  });
}

test('200 without JSON is no answer', async () => {
  await using at = await stage([(_request, response) => response.end('<html>')]);
  await assert.rejects(at.client.tables(), { code: 'answer-invalid' });
});

test('nobody there: unreachable, with what to do', async () => {
  const backoff = { baseMs: 1, capMs: 1 };
  const client = new Rowferry({ url: 'http://127.0.0.1:1', key: 'rfk_test', backoff });
  const error = await client.tables().catch((caught) => caught);
  assert.deepEqual(
    [error.code, error.hint],
    ['unreachable', 'is it running there? start it with: rowferry up'],
  );
});

test('a fetch of the caller is used in place of node:http', async () => {
  const urls: string[] = [];
  const fetcher: typeof fetch = async (input, init) => {
    urls.push(`${init?.method} ${input}`);
    return Response.json({ tables: [] });
  };
  await using at = await stage([ok], { url: 'http://localhost/below/', fetch: fetcher });
  await at.client.tables({ counts: true });
  assert.deepEqual(urls, ['GET http://localhost/below/v1/tables?counts=true']);
});

test('with fetch the same failures come', async () => {
  await using at = await stage([problem('overloaded', 503), cut, ok], { fetch });
  await at.client.table('jobs').insert([{ id: 1 }]);
  assert.deepEqual(at.bodies, ['[{"id":1}]', '[{"id":1}]', '[{"id":1}]']);
  assert.equal(new Set(at.keys).size, 1);
});

test('a key is not sent in plain text over a network', () => {
  const to = (url: string) => new Rowferry({ url, key: 'rfk_test' });
  assert.throws(() => to('http://db.example:5000'), { code: 'insecure-transport' });
  assert.throws(() => to('http://127.0.0.1.example'), { code: 'insecure-transport' });
  assert.throws(() => to('localhost:5000'), TypeError);
  for (const url of ['https://db.example', 'http://localhost:1', 'http://[::1]:1', 'http://127.1.2.3'])
    to(url);
});
