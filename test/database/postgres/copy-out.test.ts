import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { CopyOut } from '../../../src/database/postgres/copy-out.ts';

/** A message of the protocol: its type, its length without that byte, and its content. */
function message(type: string, content: Buffer | string = ''): Buffer {
  const body = Buffer.from(content);
  const head = Buffer.alloc(5);
  head.write(type, 'latin1');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const ROWS = [message('d', 'first'), message('d'), message('d', 'x'.repeat(300)), message('d', 'last')];
const BEFORE = [message('S', 'a parameter'), message('H', '\0\0\0')];
const AFTER = [message('c'), message('C', 'COPY 4\0'), message('Z', 'I')];

/** What the driver of pg is to a query: listens to the socket, and says when the server is ready. */
function driverOn(stream: PassThrough, copy: () => CopyOut): Buffer[] {
  const came: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => {
    came.push(chunk);
    if (Buffer.concat(came).includes(message('Z', 'I'))) copy().handleReadyForQuery();
    if (chunk[0] === 'E'.charCodeAt(0)) copy().handleError(new Error('of the server'));
  });
  return came;
}

async function read(pieces: readonly Buffer[]): Promise<{ rows: Buffer; driver: Buffer; after: Buffer }> {
  const stream = new PassThrough();
  const copy = new CopyOut('COPY');
  const came = driverOn(stream, () => copy);
  Reflect.apply(copy.submit, copy, [{ stream, query: () => undefined }]);
  for (const piece of pieces) stream.write(piece);
  const rows: Buffer[] = [];
  for (let piece = await copy.next(); piece !== null; piece = await copy.next()) rows.push(piece);
  await copy.over;
  const driver = Buffer.concat(came);
  came.length = 0;
  stream.write(message('N', 'afterwards'));
  await new Promise((resolve) => setImmediate(resolve));
  return { rows: Buffer.concat(rows), driver, after: Buffer.concat(came) };
}

test('rows come whole, and the driver gets everything else in order, wherever the socket cuts', async () => {
  const all = Buffer.concat([...BEFORE, ...ROWS, ...AFTER]);
  for (let cut = 0; cut <= all.length; cut++) {
    const { rows, driver, after } = await read([all.subarray(0, cut), all.subarray(cut)]);
    assert.deepEqual(rows, Buffer.concat(ROWS), `cut at ${cut}`);
    assert.deepEqual(driver, Buffer.concat([...BEFORE, ...AFTER]), `cut at ${cut}`);
    assert.deepEqual(after, message('N', 'afterwards'), 'the socket is the driver’s again');
  }
});

test('byte by byte', async () => {
  const all = Buffer.concat([...BEFORE, ...ROWS, ...AFTER]);
  const { rows } = await read([...all].map((byte) => Buffer.from([byte])));
  assert.deepEqual(rows, Buffer.concat(ROWS));
});

test('an error of the server is told behind the rows that came, and gives the socket back', async () => {
  const all = Buffer.concat([...BEFORE, ROWS[0] ?? Buffer.alloc(0), message('E', 'M…\0'), message('Z', 'I')]);
  await assert.rejects(read([all]), /of the server/);
});

test('what is not wanted is read past', async () => {
  const stream = new PassThrough();
  const copy = new CopyOut('COPY');
  driverOn(stream, () => copy);
  Reflect.apply(copy.submit, copy, [{ stream, query: () => undefined }]);
  for (const piece of [...BEFORE, ...ROWS]) stream.write(piece);
  await copy.next();
  const over = copy.discard();
  for (const piece of [...ROWS, ...AFTER]) stream.write(piece);
  await over;
  assert.equal(await copy.next(), null);
});
