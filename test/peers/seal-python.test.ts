/** examples/python/sealed-client.py, on python3-cryptography, agrees with the seal and speaks it over HTTP. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { openBody } from '../../src/seal/ece.ts';
import { requestIkm, responseIkm } from '../../src/seal/exchange.ts';
import { deriveKeys } from '../../src/seal/keys.ts';
import { NonceStore } from '../../src/seal/nonces.ts';
import { checkFresh, openRequestBody, verifyHead } from '../../src/seal/open.ts';
import { receiveHead } from '../../src/seal/received-head.ts';
import { sealResponseBody, signHead } from '../../src/seal/seal.ts';
import { formatToken } from '../../src/seal/token.ts';
import { type Message, messages } from '../seal/messages.ts';
import {
  ANSWER,
  CONTENT,
  CREATED,
  HEAD,
  KEY_ID,
  NONCE,
  SALT,
  SECRET,
  SIGNER,
  VECTOR,
} from '../seal/vector.ts';

const PYTHON = '/usr/bin/python3';
const CLIENT = join(import.meta.dirname, '../../examples/python/sealed-client.py');
const TOKEN = formatToken({ keyId: KEY_ID, secret: SECRET });
const PATIENCE_MS = 60_000;

/** Reads messages as JSON lines, and writes what the client makes of each. */
const BRIDGE = `
import base64, json, runpy, sys
client = runpy.run_path(sys.argv[1])
for line in sys.stdin:
    m = json.loads(line)
    headers = {name: value for name, value in m['headers'].items() if value is not None}
    exchange = client['Exchange'](m['token'], m['method'], m['target'], headers, m['created'], m['nonce'])
    body = client['encrypt'](exchange.request_key(), exchange.key_id, base64.b64decode(m['content']), m['size'], base64.b64decode(m['salt']))
    try: answer = client['decrypt'](exchange.response_key(m['status'], m['type']), exchange.key_id, base64.b64decode(m['answer'])).hex()
    except client['NotSealed']: answer = 'not sealed'
    print(json.dumps({'fields': exchange.fields, 'body': body.hex(), 'answer': answer}))
`;

interface Outcome {
  readonly fields: { readonly 'signature-input': string; readonly signature: string };
  readonly body: string;
  readonly answer: string;
}

/** What Python makes of the messages; `answers`: the sealed answers that it is to open. */
function inPython(list: readonly Message[], answers: readonly Buffer[]): Outcome[] {
  const input = list.map(({ token, head, created, nonce, salt, recordSize, content, answer }, index) =>
    JSON.stringify({
      token: token.token,
      method: head.method,
      target: head.path + head.query,
      headers: {
        'content-type': head.contentType,
        'content-encoding': head.contentEncoding,
        'idempotency-key': head.idempotencyKey,
      },
      ...{ created, nonce, size: recordSize, status: answer.status, type: answer.contentType },
      ...{ salt: salt.toString('base64'), content: content.toString('base64') },
      answer: (answers[index] ?? Buffer.of()).toString('base64'),
    }),
  );
  const { status, stdout, stderr } = spawnSync(PYTHON, ['-c', BRIDGE, CLIENT], {
    input: input.join('\n'),
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  assert.equal(status, 0, stderr);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

const signed = ({ token, head, created, nonce }: Message) =>
  signHead(head, { keyId: token.keyId, keys: deriveKeys(token) }, { created, nonce });

const VECTOR_MESSAGE: Message = {
  token: { keyId: KEY_ID, secret: SECRET, token: TOKEN },
  ...{ head: HEAD, created: CREATED, nonce: NONCE, salt: Buffer.from(SALT), recordSize: 32 },
  content: CONTENT,
  answer: { status: 200, contentType: 'application/json', content: ANSWER },
};

test('the Python client agrees on the vector', () => {
  const [outcome] = inPython([VECTOR_MESSAGE], [VECTOR.answer]);
  assert.equal(outcome?.fields.signature, `seal=:${VECTOR.signature}:`);
  assert.equal(outcome?.body, VECTOR.body.toString('hex'));
  assert.equal(outcome?.answer, ANSWER.toString('hex'));
});

test('the Python client agrees on 1,000 random messages, and opens our answers', () => {
  const list = messages(1000);
  const answers = list.map((message) =>
    sealResponseBody(signed(message).exchange, message.answer, message.answer.content),
  );
  for (const [index, outcome] of inPython(list, answers).entries()) {
    const message = list[index];
    assert.ok(message);
    const { fields, exchange } = signed(message);
    assert.deepEqual(outcome.fields, fields);
    assert.equal(outcome.answer, message.answer.content.toString('hex'));
    const opened = openBody(Buffer.from(outcome.body, 'hex'), requestIkm(exchange), exchange.keyId);
    assert.deepEqual(opened, message.content);
  }
});

test('the Python client opens no answer that was cut or changed', () => {
  const { exchange } = signed(VECTOR_MESSAGE);
  const whole = VECTOR.answer;
  const damaged = Array.from(whole, (_, at) => [
    whole.subarray(0, at),
    Buffer.from(whole.map((byte, index) => (index === at ? byte ^ 1 : byte))),
  ]).flat();
  const other = sealResponseBody(exchange, { status: 201, contentType: 'application/json' }, ANSWER);
  const all = [...damaged, other, Buffer.concat([whole, whole.subarray(33)])];
  const outcomes = inPython(
    all.map(() => VECTOR_MESSAGE),
    all,
  );
  assert.deepEqual(new Set(outcomes.map(({ answer }) => answer)), new Set(['not sealed']));
  assert.equal(responseIkm(exchange, 200, 'application/json').toString('hex'), VECTOR.responseIkm);
});

/** A server that opens requests and answers how many bytes came, sealed or (at /open) not. */
async function serve(t: TestContext): Promise<string> {
  const nonces = new NonceStore();
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url: target = '', rawHeaders } = request;
    const received = receiveHead({ method, target, rawHeaders });
    assert.ok(received);
    const head = await verifyHead(received, async (keyId) => (keyId === KEY_ID ? SIGNER.keys : null));
    checkFresh(head, nonces);
    const body = openRequestBody(head, await buffer(request));
    const answered = { status: 200, contentType: 'application/json; charset=utf-8' };
    const content = Buffer.from(JSON.stringify({ method, target, bytes: body?.length ?? null }));
    const open = target.startsWith('/open');
    response.writeHead(answered.status, {
      'content-type': answered.contentType,
      ...(open ? {} : { 'content-encoding': 'aes128gcm' }),
    });
    response.end(open ? content : sealResponseBody(head, answered, content));
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error) => {
      response.writeHead(500).end(String(error));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return `http://127.0.0.1:${address.port}`;
}

function run(...parameters: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { ...process.env, ROWFERRY_KEY: TOKEN };
  return new Promise((resolve) => {
    const options = { env, timeout: PATIENCE_MS };
    const child = execFile(PYTHON, [CLIENT, ...parameters], options, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

test('the Python client sends and receives over HTTP, and takes no unsealed answer', async (t) => {
  const url = await serve(t);
  const folder = mkdtempSync(join(tmpdir(), 'rowferry-python-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'jobs.csv');
  writeFileSync(file, 'id,job\n'.repeat(20_000));
  const posted = await run('POST', `${url}/v1/tables/jobs/rows?mode=insert`, file, 'text/csv');
  assert.deepEqual(JSON.parse(posted.stdout), {
    method: 'POST',
    target: '/v1/tables/jobs/rows?mode=insert',
    bytes: 140_000,
  });
  const got = await run('GET', `${url}/v1/tables`);
  assert.deepEqual(JSON.parse(got.stdout), { method: 'GET', target: '/v1/tables', bytes: null });
  const open = await run('GET', `${url}/open`);
  assert.deepEqual([open.code, open.stdout], [1, '']);
  assert.match(open.stderr, /is not sealed: nothing is known to be done/);
});
