import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { pipeline } from 'node:stream';
import { test } from 'node:test';
import { Rowferry } from '../../src/client/client.ts';
import { RowferryError } from '../../src/errors.ts';
import { LARGE_RECORD_SIZE } from '../../src/seal/framing.ts';
import { makeToken } from '../../src/seal/keys.ts';
import { makeHome } from '../cli/command.ts';
import { type Answer, forged, ok, problem, problemBody, type Stage, stage } from './stage.ts';

const VARIANTS = [
  ['node:http', {}],
  ['fetch', { fetch }],
] as const;

async function failure(work: Promise<unknown>): Promise<RowferryError> {
  const error = await work.then(
    () => assert.fail('it did not fail'),
    (caught) => caught,
  );
  assert.ok(error instanceof RowferryError, String(error));
  return error;
}

function distinct(at: Stage): { readonly nonces: number; readonly keys: number; readonly requests: number } {
  const nonces = new Set(at.heads.map(({ nonce }) => nonce)).size;
  return { nonces, keys: new Set(at.keys).size, requests: at.heads.length };
}

for (const [name, options] of VARIANTS) {
  test(`${name}: nothing of rows or key travels in the clear, and the answer is opened`, async () => {
    await using at = await stage([ok], options);
    const receipt = await at.client.table('jobs').insert([{ id: 1, job: 'Chief Numismatist' }]);
    assert.equal(receipt.load, 'L');
    assert.deepEqual(at.bodies, ['[{"id":1,"job":"Chief Numismatist"}]']);
    assert.equal(at.raw[0]?.includes('Numismatist'), false);
  });

  test(`${name}: forged refusals are tried again, sealed anew with the same Idempotency-Key`, async () => {
    const forgeries = [forged('rows-rejected', 422), forged('load-finished', 409), forged('not-found', 404)];
    await using at = await stage([...forgeries, ok], options);
    assert.equal((await at.client.table('jobs').insert([{ id: 1 }])).load, 'L');
    assert.deepEqual(distinct(at), { nonces: 4, keys: 1, requests: 4 });
  });

  test(`${name}: refusals that stay unsealed end as an answer that cannot be trusted`, async () => {
    await using at = await stage([forged('rows-rejected', 422)], options);
    const { code, detail, hint, extra } = await failure(at.client.table('jobs').insert([{ id: 1 }]));
    assert.equal(code, 'answer-invalid');
    assert.match(detail, /not sealed \(422, calling itself rows-rejected\): nothing is known to be done/);
    assert.match(hint ?? '', /proxy/);
    assert.equal(extra, undefined);
    assert.equal(at.heads.length, 5);
  });

  test(`${name}: an unsealed 2xx is no answer`, async () => {
    const plain: Answer = (_request, response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"load":"forged","tables":[]}');
    const labelled: Answer = (_request, response) =>
      response
        .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'aes128gcm' })
        .end('{}');
    for (const answer of [plain, labelled]) {
      await using at = await stage([answer], options);
      assert.equal((await failure(at.client.table('jobs').insert([]))).code, 'answer-invalid');
      await using once = await stage([answer, ok], options);
      assert.equal((await once.client.table('jobs').insert([])).load, 'L');
    }
  });

  test(`${name}: an answer whose status or content type was changed is refused`, async () => {
    const rejected = {
      status: 422,
      type: 'application/problem+json',
      body: problemBody('rows-rejected', 422),
    };
    const altered =
      (status: number, type: string): Answer =>
      (_request, response, seal) => {
        response.writeHead(status, { 'content-type': type, 'content-encoding': 'aes128gcm' });
        response.end(seal.bytes(rejected));
      };
    const refused = async (status: number, type: string): Promise<string> => {
      await using at = await stage([altered(status, type)], options);
      return (await failure(at.client.table('jobs').insert([]))).code;
    };
    assert.equal(await refused(422, rejected.type), 'rows-rejected');
    assert.equal(await refused(200, rejected.type), 'answer-invalid');
    assert.equal(await refused(409, rejected.type), 'answer-invalid');
    assert.equal(await refused(422, 'application/json'), 'answer-invalid');
    assert.equal(await refused(422, `${rejected.type}; charset=utf-8`), 'answer-invalid');
  });

  test(`${name}: the answer to one request is none to another`, async () => {
    let first: Buffer | undefined;
    const repeated: Answer = (_request, response, seal) => {
      first ??= seal.bytes({ body: '{"load":"first"}' });
      const fields = { 'content-type': 'application/json', 'content-encoding': 'aes128gcm' };
      response.writeHead(200, fields).end(first);
    };
    await using at = await stage([repeated], options);
    const insert = () => at.client.table('jobs').insert([], { idempotencyKey: 'one-key-for-both-calls' });
    assert.equal((await insert()).load, 'first');
    assert.equal((await failure(insert())).code, 'answer-invalid');
  });
}

test('an unsealed 401 seal-invalid ends at once and points to key and clock', async () => {
  await using at = await stage([forged('seal-invalid', 401)]);
  const { code, hint } = await failure(at.client.tables());
  assert.equal(code, 'seal-invalid');
  assert.match(hint ?? '', /expired nor revoked\?.*clock/);
  assert.equal(at.heads.length, 1);
  await using other = await stage([forged('unauthorized', 401), ok]);
  assert.deepEqual(await other.client.tables(), []);
});

test('what was doubled or changed on the way is sealed anew; a wrong clock is not', async () => {
  await using at = await stage([problem('seal-replayed', 401), problem('seal-body-invalid', 400), ok]);
  await at.client.table('jobs').insert([]);
  assert.deepEqual(distinct(at), { nonces: 3, keys: 1, requests: 3 });
  await using late = await stage([problem('seal-stale', 401)]);
  assert.equal((await failure(late.client.tables())).code, 'seal-stale');
  assert.equal(late.heads.length, 1);
});

test('the wait that an unsealed answer asks for is heeded, but not for ever', async () => {
  await using at = await stage([forged('rate-limited', 429, { 'retry-after': '1' }), ok]);
  const startedAt = performance.now();
  await at.client.tables();
  assert.ok(performance.now() - startedAt >= 990);
  await using bare = await stage([forged('rate-limited', 429, { 'retry-after': '86400' })]);
  const signal = AbortSignal.timeout(20_000);
  const health = await failure(bare.client.health());
  assert.equal(health.retryAfterSeconds, 60);
  const date = { date: 'Sun, 01 Feb 2026 03:04:05 GMT', 'retry-after': 'Sun, 01 Feb 2026 03:04:06 GMT' };
  await using dated = await stage([forged('overloaded', 503, date), ok]);
  const then = performance.now();
  await dated.client.tables();
  assert.ok(performance.now() - then >= 990);
  assert.equal(signal.aborted, false);
});

test('what is away is told in words, as what nobody vouches for', async () => {
  const told = async (code: string) => {
    await using at = await stage([forged(code, 503)]);
    return await failure(at.client.health());
  };
  const away = await told('database-unavailable');
  assert.equal(away.code, 'unreachable');
  assert.match(
    away.detail,
    /says "The database does not answer" \(503 database-unavailable, not sealed\): n/,
  );
  assert.match(away.hint ?? '', /start the database of the server.*no key to seal with/);
  const made = await told('made-up');
  assert.match(made.detail, /not sealed \(503, calling itself made-up\)/);
  assert.match(made.hint ?? '', /proxy/);
});

test('of an unsealed answer only the beginning is read', async () => {
  let written = 0;
  async function* blocks(): AsyncGenerator<Buffer> {
    for (; written < 64 << 20; written += 65_536) yield Buffer.alloc(65_536);
  }
  const endless: Answer = (_request, response) => {
    response.writeHead(503);
    pipeline(blocks, response, () => {});
  };
  await using at = await stage([endless]);
  const { code, detail } = await failure(at.client.health());
  assert.deepEqual([code, /not sealed \(503\)/.test(detail)], ['unreachable', true], detail);
  assert.ok(written < 16 << 20, `${written} bytes`);
});

test('a part travels in records of 1 MiB, and its length is announced', async () => {
  await using home = await makeHome();
  const text = '1,Ann\n'.repeat(400_000);
  const path = `${home.path}/backup.avro`;
  await writeFile(path, text);
  for (const [, options] of VARIANTS) {
    const restored: Answer = (_request, _response, seal) => seal({ body: '{"rows":400000}' });
    await using at = await stage([problem('database-busy', 503), restored], options);
    await at.client.restore({ table: 'jobs', from: { file: path } });
    assert.equal(at.raw[1]?.readUInt32BE(16), LARGE_RECORD_SIZE);
    const digest = (body: string) => createHash('sha256').update(body).digest('hex');
    assert.deepEqual(at.bodies.map(digest), [digest(text), digest(text)]);
    assert.notDeepEqual(at.raw[0], at.raw[1]);
  }
});

test('a server that speaks no seal is told apart from one that refuses', async () => {
  const server = createServer((_request, response) => response.writeHead(401).end('{"code":"unauthorized"}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const backoff = { baseMs: 1, capMs: 1 };
  const client = new Rowferry({ url: `http://127.0.0.1:${port}`, key: makeToken().token, backoff });
  const { code, hint } = await failure(client.tables());
  assert.equal(code, 'answer-invalid');
  assert.match(hint ?? '', /older rowferry/);
  client.close();
  server.closeAllConnections();
  server.close();
});
