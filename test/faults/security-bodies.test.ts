/** Tests 16, 17 and 18 of the security tests: bodies that are too large, refused, or do not come. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { Load } from '../../src/model/receipt.ts';
import type { Problem } from '../../src/server/problems.ts';
import { eventually, hires, startTestServer } from '../server/harness.ts';
import { type Sealed, type SealedCall, seal, sendSealed, signerOf } from '../server/sealed.ts';
import { Wire } from '../server/wire.ts';
import { flood, ServerSockets } from './flood.ts';
import { headLines, openAnswer } from './sealed-wire.ts';

const MIB = 1 << 20;
const { url, token, rows, call } = await startTestServer({
  limits: { rowsBytes: MIB, controlBytes: MIB, restoreBytes: MIB, headMs: 500, bodyIdleMs: 300 },
});
const key = token('tables:*:*');
const signer = signerOf(key);
const ROWS = '/v1/tables/jobs/rows';

const FRAMINGS = { length: (bytes: number) => `Content-Length: ${bytes}`, chunked: () => CHUNKED } as const;
const CHUNKED = 'Transfer-Encoding: chunked';
type Framing = keyof typeof FRAMINGS;
const isFraming = (text: string): text is Framing => text in FRAMINGS;
const framings = Object.keys(FRAMINGS).filter(isFraming);

function bearerLines(method: string, target: string, type: string, held = key): string[] {
  const line = `${method} ${target} HTTP/1.1`;
  const own = [`Authorization: Bearer ${held}`, `Idempotency-Key: ${randomUUID()}`, `Content-Type: ${type}`];
  return [line, 'Host: test', ...own];
}

const sealedLines = (sealed: Sealed): string[] => [
  `${sealed.method} ${sealed.target} HTTP/1.1`,
  ...headLines(sealed),
];

const csv = (extra: SealedCall = {}): SealedCall => ({ body: '', type: 'text/csv', ...extra });

test('a stream of 3 MB to a route of 1 MiB, with and without its length, sealed and not: 413', async () => {
  const announced = { table: 'jobs', name: 'jobs.csv', size: 3 * MIB, sha256: '0'.repeat(64) };
  const { json } = await call<Load>('POST', '/v1/loads', { body: announced });
  const routes = [
    ['POST', ROWS, 'text/csv'],
    ['PATCH', `/v1/loads/${json.id}?offset=0`, 'text/csv'],
    ['POST', '/v1/loads', 'application/json'],
    ['POST', '/v1/tables/jobs/restore', 'application/avro'],
  ] as const;
  const before = rows('jobs');
  for (const [method, target, type] of routes) {
    for (const framing of framings) {
      const where = `${method} ${target}, ${framing}`;
      const open = await Wire.to(url);
      open.head(...bearerLines(method, target, type), FRAMINGS[framing](3 * MIB));
      await flood(open, 3 * MIB, framing);
      const { status, text } = await open.answer();
      assert.equal(status, 413, `${where}: ${text}`);
      assert.match(text, /"code":"body-too-large"/, where);

      const body = Buffer.alloc(3 * MIB, '1,x\n');
      const sealed = seal(signer, method, target, { body, type, recordSize: 65_536 });
      const wire = await Wire.to(url);
      const bytes = sealed.body ?? assert.fail();
      wire.head(...sealedLines(sealed), FRAMINGS[framing](bytes.length));
      const chunk = framing === 'length' ? '' : `${bytes.length.toString(16)}\r\n`;
      wire.send(chunk + bytes.toString('latin1'));
      const answer = await openAnswer<Problem>(sealed, wire);
      assert.deepEqual([answer.status, answer.json.code], [413, 'body-too-large'], `sealed ${where}`);
    }
  }
  assert.equal(rows('jobs'), before);
});

test('a 401 while 500 MB are sent: under 8 MB are read, sealed or not, and the connection ends', async () => {
  using sockets = new ServerSockets();
  const stranger = { ...signer, keys: { mac: Buffer.alloc(32, 1), seal: Buffer.alloc(32, 2) } };
  const refusals: Record<string, { readonly lines: readonly string[]; readonly sealed?: Sealed }> = {
    'no key': { lines: [`POST ${ROWS} HTTP/1.1`, 'Host: test', 'Content-Type: text/csv'] },
    'a key that is none': { lines: bearerLines('POST', ROWS, 'text/csv', key.slice(0, -1)) },
    'a bad signature': { lines: sealedLines(seal(stranger, 'POST', ROWS, csv())) },
    'an unknown key': { lines: sealedLines(seal({ ...signer, keyId: 'zzzzzzzzzzzz' }, 'POST', ROWS, csv())) },
  };
  const stale = seal(signer, 'POST', ROWS, csv({ skew: -1000 }));
  refusals['a signature that is too old'] = { lines: sealedLines(stale), sealed: stale };
  for (const [what, { lines, sealed }] of Object.entries(refusals)) {
    for (const framing of framings) {
      const wire = await Wire.to(url);
      wire.head(...lines, FRAMINGS[framing](500e6));
      await flood(wire, 500e6, framing);
      const { status, text } = await wire.answer();
      assert.equal(status, 401, `${what}: ${text}`);
      assert.match(text, /^connection: close\r$/im, what);
      const read = sockets.bytesRead(wire);
      assert.ok(read < 8e6, `${what}, ${framing}: ${read} bytes were read`);
      if (sealed !== undefined)
        assert.equal((await openAnswer<Problem>(sealed, wire)).json.code, 'seal-stale');
    }
  }
});

/** Sends a byte from time to time, as long as the connection is there. */
function drip(wire: Wire, bytes = 'x'): void {
  const timer = setInterval(() => wire.send(bytes), 20);
  wire.socket.once('close', () => clearInterval(timer));
}

test('slow heads, slow bodies, idle bodies, sealed or not: 408, and others are served meanwhile', async () => {
  const sealedBodies: Array<[Sealed, Wire]> = [];
  const wires = new Map<string, Wire>();
  const connect = async (what: string, ...lines: string[]): Promise<Wire> => {
    const wire = await Wire.to(url);
    wire.send(`${lines.join('\r\n')}\r\n`);
    wires.set(what, wire);
    return wire;
  };
  const sealedBody = async (what: string, target: string, type: string): Promise<Wire> => {
    const sealed = seal(signer, 'POST', target, { body: 'x'.repeat(5000), type });
    const wire = await connect(what, ...sealedLines(sealed), 'Content-Length: 5000', '');
    wire.send(sealed.body?.toString('latin1', 0, 100) ?? '');
    sealedBodies.push([sealed, wire]);
    return wire;
  };
  const RESTORE = '/v1/tables/jobs/restore';
  const bearer = bearerLines('POST', ROWS, 'text/csv');
  await connect('an idle head', ...bearer);
  drip(await connect('a slow head', ...bearer, 'X: '));
  await connect('an idle head of a sealed request', ...sealedLines(seal(signer, 'POST', ROWS, csv())));
  await connect('an idle body', ...bearer, 'Content-Length: 5000', '');
  drip(await connect('a slow body', ...bearer, 'Content-Length: 5000', ''));
  drip(await connect('slow chunks', ...bearer, CHUNKED, ''), '1\r\nx\r\n');
  const endless = await connect('a chunk extension that does not end', ...bearer, CHUNKED, '');
  endless.send('1;');
  drip(endless);
  await connect('an idle file', ...bearerLines('POST', RESTORE, 'application/avro'), CHUNKED, '');
  await sealedBody('an idle sealed body', ROWS, 'text/csv');
  drip(await sealedBody('a slow sealed body', ROWS, 'text/csv'));
  await sealedBody('an idle sealed file', RESTORE, 'application/avro');
  drip(await sealedBody('a slow sealed file', RESTORE, 'application/avro'));

  let served = 0;
  await eventually(async () => {
    served += 1;
    const body = hires(1, served);
    const { status } = await call('POST', '/v1/tables/hired_employees/rows', { body });
    const sealed = await sendSealed(url, signer, 'GET', '/v1/tables');
    assert.deepEqual([status, sealed.status], [200, 200], 'the others');
    return [...wires.values()].every(({ closed }) => closed);
  }, 'every slow connection is closed');
  assert.equal(rows('hired_employees'), served);
  for (const [what, wire] of wires) {
    const { status, text } = await wire.answer();
    assert.equal(status, 408, `${what}: ${text}`);
  }
  for (const [sealed, wire] of sealedBodies) {
    assert.equal((await openAnswer<Problem>(sealed, wire)).json.code, 'timeout');
  }
});
