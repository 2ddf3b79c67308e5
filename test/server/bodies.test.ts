import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, hires, startTestServer } from './harness.ts';
import { Wire } from './wire.ts';

const LIMIT = 1 << 20;
const { call, url, token, rows } = await startTestServer({
  limits: { rowsBytes: LIMIT, bodyIdleMs: 300, bodyBytesPerSecond: 1024 },
});
const authorization = `Authorization: Bearer ${token('tables:*:*')}`;
const ROWS = 'POST /v1/tables/jobs/rows HTTP/1.1';

/** The head of a request with a body, up to its length. */
function headOf(length: string, ...more: string[]): string[] {
  return [
    ROWS,
    'Host: test',
    authorization,
    'Idempotency-Key: 0123456789abcdef',
    'Content-Type: text/csv',
    length,
    ...more,
  ];
}

/** Sends until the server ends the connection; answers how many bytes the connection took. */
async function flood(wire: Wire, most: number): Promise<number> {
  const block = 'x'.repeat(65_536);
  while (!wire.closed && wire.socket.writable && wire.socket.bytesWritten < most) {
    const goesOn = wire.socket.write(block);
    if (!goesOn) await Promise.race([drained(wire), closed(wire)]);
  }
  return wire.socket.bytesWritten - wire.socket.writableLength;
}

const drained = (wire: Wire) => new Promise<void>((resolve) => wire.socket.once('drain', () => resolve()));
const closed = (wire: Wire) => new Promise<void>((resolve) => wire.socket.once('close', () => resolve()));

test('a body over the limit: 413, announced or chunked, and the connection ends', async () => {
  const announced = await Wire.to(url);
  announced.head(...headOf(`Content-Length: ${LIMIT + 1}`));
  const first = await announced.answer();
  assert.equal(first.status, 413, first.text);
  assert.match(first.text, /connection: close/i);
  assert.match(first.text, /rowferry load/);

  const chunked = await Wire.to(url);
  chunked.head(...headOf('Transfer-Encoding: chunked'));
  const chunk = `${(65_536).toString(16)}\r\n${'x'.repeat(65_536)}\r\n`;
  for (let sent = 0; sent <= LIMIT; sent += 65_536) chunked.send(chunk);
  const second = await chunked.answer();
  assert.equal(second.status, 413, second.text);
});

test('a body of exactly the limit is taken, chunked or not', async () => {
  const row = '9999,Ferryman\n';
  const body = row + '\n'.repeat(LIMIT - row.length);
  assert.equal(body.length, LIMIT);
  const whole = await call('POST', '/v1/tables/jobs/rows', { body, type: 'text/csv' });
  assert.equal(whole.status, 200, whole.text.slice(0, 300));
  const one = await call('POST', '/v1/tables/jobs/rows', { body: `${body}\n`, type: 'text/csv' });
  assert.equal(one.status, 413);
});

test('a refusal with the body still coming: answered at once, most of the body never read', async () => {
  const cases: Array<[status: number, lines: string[]]> = [
    [401, [ROWS, 'Host: test', 'Content-Type: text/csv', 'Content-Length: 500000000']],
    [413, headOf('Content-Length: 500000000')],
    [404, ['POST /nope HTTP/1.1', 'Host: test', 'Content-Length: 500000000']],
    [405, ['PUT /v1/rows HTTP/1.1', 'Host: test', 'Content-Length: 500000000']],
    [400, ['GET /health/live HTTP/1.1', 'Host: test', 'Content-Length: 500000000']],
  ];
  for (const [status, lines] of cases) {
    const wire = await Wire.to(url);
    wire.head(...lines);
    const taken = await flood(wire, 100_000_000);
    const answer = await wire.answer();
    assert.equal(answer.status, status, `${lines[0]}: ${answer.text}`);
    assert.match(answer.text, /\}$/, 'the whole answer came');
    assert.ok(taken < 16_000_000, `${lines[0]}: ${taken} bytes were taken`);
  }
});

test('a refused body of middling size is read to its end, so that no reset takes the answer away', async () => {
  const wire = await Wire.to(url);
  wire.head(ROWS, 'Host: test', 'Content-Type: text/csv', 'Content-Length: 400000');
  wire.send('x'.repeat(200_000));
  await eventually(() => wire.received.endsWith('}'), 'the answer came');
  assert.equal(wire.closed, false, 'the server still listens');
  wire.send('x'.repeat(200_000));
  const { status, text } = await wire.answer();
  assert.equal(status, 401, text);
  assert.equal(wire.broken, false, 'all of it was read');
});

test('a body that stands still: 408, while others go on', async () => {
  const slow = await Wire.to(url);
  slow.head(...headOf('Content-Length: 1000'));
  slow.send('1,A');
  const others = await call('POST', '/v1/tables/hired_employees/rows', { body: hires(10) });
  assert.equal(others.status, 200);
  const answer = await slow.answer();
  assert.equal(answer.status, 408, answer.text);
  assert.match(answer.text, /connection: close/i);
});

test('a body that crawls: 408', async () => {
  const slow = await Wire.to(url);
  slow.head(...headOf('Content-Length: 1000'));
  const timer = setInterval(() => slow.send('x'), 20);
  const answer = await slow.answer();
  clearInterval(timer);
  assert.equal(answer.status, 408, answer.text);
  assert.match(answer.text, /1024 bytes a second/);
});

test('a client that goes away in the middle of its body leaves no row', async () => {
  const before = rows('jobs');
  const gone = await Wire.to(url);
  gone.head(...headOf('Content-Length: 1000'));
  gone.send('7001,Cooper\n7002,Sailmaker\n');
  gone.socket.destroy();
  await eventually(async () => (await call('GET', '/health/live')).status === 200, 'the server answers');
  assert.equal(rows('jobs'), before);
});

test('bodies under way at one time have room for so many bytes, and the room comes back', async () => {
  const roomy = await startTestServer({ limits: { rowsBytes: LIMIT, bufferedBytes: 3 * LIMIT } });
  const bearer = `Authorization: Bearer ${roomy.token('tables:*:*')}`;
  const held: Wire[] = [];
  for (let count = 0; count < 3; count += 1) {
    const wire = await Wire.to(roomy.url);
    wire.head(...headOf(`Content-Length: ${LIMIT}`).map((line) => (line === authorization ? bearer : line)));
    held.push(wire);
  }
  const status = async () => (await roomy.call('POST', '/v1/tables/jobs/rows', { body: [] })).status;
  await eventually(async () => (await status()) === 503, 'there is no room');
  for (const wire of held) wire.socket.destroy();
  await eventually(async () => (await status()) === 200, 'there is room again');
});

test('doubled header fields that decide: 400', async () => {
  const cases: string[][] = [
    ['GET /v1/tables HTTP/1.1', 'Host: test', authorization, authorization],
    [...headOf('Content-Length: 0'), 'Idempotency-Key: 0123456789abcdeg'],
    [...headOf('Content-Length: 0'), 'Content-Type: text/csv'],
  ];
  for (const lines of cases) {
    const wire = await Wire.to(url);
    wire.head(...lines, 'Connection: close');
    const { status, text } = await wire.answer();
    assert.equal(status, 400, text);
    assert.match(text, /came twice/);
  }
});

test('what is not HTTP, or smuggles: a problem document, and the connection ends', async () => {
  const cases: Array<[status: number, lines: string[]]> = [
    [400, ['NONSENSE']],
    [400, ['GET / HTTP/9.9', 'Host: test']],
    [400, [...headOf('Content-Length: 3'), 'Transfer-Encoding: chunked']],
    [400, [...headOf('Content-Length: 3'), 'Content-Length: 4']],
    [400, headOf('Content-Length: -1')],
    [400, headOf('Transfer-Encoding: chunked, identity')],
    [400, ['GET / HTTP/1.1', 'Host: test', 'Bad Header: x']],
    [431, ['GET / HTTP/1.1', 'Host: test', `X: ${'x'.repeat(20_000)}`]],
    [400, ['GET /%zz HTTP/1.1', 'Host: test', 'Connection: close']],
  ];
  for (const [status, lines] of cases) {
    const wire = await Wire.to(url);
    wire.head(...lines);
    const answer = await wire.answer();
    assert.equal(answer.status, status, `${lines.join('|').slice(0, 200)}: ${answer.text}`);
    assert.match(answer.text, /application\/problem\+json/i);
    assert.match(answer.text, /"hint":/);
  }
});
