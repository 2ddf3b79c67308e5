import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { NodeRecordCipher, openBody, sealBody } from '../../src/seal/ece.ts';
import { openRecords, sealLive, sealRecords } from '../../src/seal/ece-streams.ts';
import { LAST, MORE, nonceOf, sealedLength } from '../../src/seal/framing.ts';
import { collect, damages, IKM, inChunks, KEY, recordsFrom, SALT_16 } from './bodies.ts';

const SIZES = [1024, 65_536, 1_048_576];
const REFUSED = { code: 'seal-body-invalid', message: 'the sealed body cannot be opened' };
const cipherOf = (salt: Uint8Array) => new NodeRecordCipher(IKM, salt);
const open = (body: Uint8Array): Buffer => openBody(body, IKM, KEY);
const openStream = (body: Uint8Array, piece: number): Promise<Buffer> =>
  collect(openRecords(inChunks(body, piece), { cipherOf, keyId: KEY }));

/** Both ways to open refuse it with one and the same text. */
async function refused(body: Uint8Array, what: string): Promise<void> {
  assert.throws(() => open(body), REFUSED, what);
  await assert.rejects(openStream(body, 4096), REFUSED, what);
}

test('contents at the edges of records ± 1 come back, whole and as streams, and both ways are the same bytes', async () => {
  for (const recordSize of SIZES) {
    const capacity = recordSize - 17;
    for (const length of [0, 1, capacity - 1, capacity, capacity + 1, 2 * capacity, 2 * capacity + 1]) {
      const content = randomBytes(length);
      const salt = SALT_16;
      const sealed = sealBody(content, IKM, KEY, { recordSize, salt });
      assert.equal(sealed.length, sealedLength(length, recordSize, KEY));
      const frame = { cipherOf, keyId: KEY, salt, recordSize };
      const streamed = await collect(sealRecords(inChunks(content, 50_000), frame));
      assert.ok(sealed.equals(streamed), `${recordSize} ${length}`);
      assert.ok(open(sealed).equals(content) && (await openStream(sealed, 70_001)).equals(content));
    }
  }
});

test('any content in any chunks comes back', async () => {
  const any = fc.asyncProperty(
    fc.uint8Array({ maxLength: 4000 }),
    fc.integer({ min: 1, max: 3000 }),
    fc.integer({ min: 1, max: 3000 }),
    async (content, first, second) => {
      const frame = { cipherOf, keyId: KEY, salt: randomBytes(16), recordSize: 1024 };
      const sealed = await collect(sealRecords(inChunks(content, first), frame));
      assert.ok(open(sealed).equals(content));
      assert.ok((await openStream(sealed, second)).equals(content));
    },
  );
  await fc.assert(any, { numRuns: 200 });
});

test('the same content is never sealed to the same bytes', () => {
  assert.notDeepEqual(sealBody(SALT_16, IKM, KEY), sealBody(SALT_16, IKM, KEY));
});

test('a body cut at any byte, or with any bit flipped, is refused', async () => {
  for (const length of [40, 2500]) {
    const sealed = sealBody(randomBytes(length), IKM, KEY, { recordSize: 1024 });
    const step = length > 1000 ? 7 : 1;
    for (let at = 0; at < sealed.length; at += step) {
      await refused(sealed.subarray(0, at), `cut at ${at}`);
      for (let bit = 0; bit < 8; bit += 1) {
        const flipped = Buffer.from(sealed);
        flipped.writeUInt8((flipped[at] ?? 0) ^ (1 << bit), at);
        assert.throws(() => open(flipped), REFUSED, `byte ${at} bit ${bit}`);
        if (bit === at % 8) await refused(flipped, `byte ${at}`);
      }
    }
  }
});

test('records swapped, dropped, doubled or appended, and a body of a header alone, are refused', async () => {
  const sealed = sealBody(randomBytes(5000), IKM, KEY, { recordSize: 1024 });
  assert.equal(open(sealed).length, 5000);
  for (const [what, body] of Object.entries(damages(sealed, 1024))) await refused(body, what);
});

test('record sizes out of bounds are refused, also where everything else is right', async () => {
  const exact = (size: number): Buffer => recordsFrom(size, [[Buffer.alloc(size - 17, 7), [LAST]]]);
  for (const size of [1024, 1_048_576]) assert.equal(open(exact(size)).length, size - 17);
  for (const size of [17, 18, 1023, 1_048_577]) await refused(exact(size), String(size));
  for (const size of [0, 2 ** 32 - 1]) {
    const body = sealBody(randomBytes(3000), IKM, KEY, { recordSize: 1024 });
    body.writeUInt32BE(size, 16);
    await refused(body, String(size));
  }
});

test('a stream with a huge record size takes no memory for it', async () => {
  const body = sealBody(randomBytes(100), IKM, KEY);
  body.writeUInt32BE(2 ** 32 - 1, 16);
  let taken = 0;
  const endless = function* () {
    yield body;
    for (;;) {
      taken += 1;
      yield Buffer.alloc(65_536);
    }
  };
  await assert.rejects(collect(openRecords(endless(), { cipherOf, keyId: KEY })), REFUSED);
  assert.equal(taken, 0);
});

test('another key id, and a body sealed under another key, are refused', async () => {
  await refused(sealBody(SALT_16, IKM, 'anotherKey00'), 'another key id');
  await refused(sealBody(SALT_16, IKM, `${KEY}0`), 'a longer key id');
  await refused(sealBody(SALT_16, randomBytes(32), KEY), 'another key');
});

test('delimiters must be 1 before the last record and 2 in it, and padding zeros', async () => {
  const text = Buffer.from('text');
  const full = Buffer.alloc(1024 - 17, 7);
  const body = (...records: ReadonlyArray<readonly [Uint8Array, readonly number[]]>): Buffer =>
    recordsFrom(1024, records);
  assert.deepEqual(open(body([text, [LAST]])), text);
  assert.deepEqual(open(body([text, [LAST, 0, 0, 0]])), text);
  const padded = [text, [MORE, ...Array<number>(1024 - 17 - 4).fill(0)]] as const;
  assert.deepEqual(open(body(padded, [text, [LAST]])).toString(), 'texttext');
  assert.deepEqual((await openStream(body(padded, [text, [LAST]]), 10)).toString(), 'texttext');
  const wrong: Readonly<Record<string, Buffer>> = {
    'no delimiter': body([Buffer.of(), [0]]),
    'zeros alone': body([Buffer.of(), [0, 0, 0]]),
    'delimiter 3': body([text, [3]]),
    'delimiter 1 in the last': body([text, [MORE]]),
    'padding of ones': body([text, [LAST, 1]]),
    'delimiter 2 before the last': body([full, [LAST]], [text, [LAST]]),
    'delimiter 3 before the last': body([full, [3]], [text, [LAST]]),
    'no last after a full record': body([full, [MORE]]),
    'nothing but a tag': body([Buffer.of(), []]),
  };
  for (const [what, each] of Object.entries(wrong)) await refused(each, what);
});

test('a record size that nothing vouches for is a power of two or the length of the only record', async () => {
  const text = Buffer.alloc(2000 - 17, 7);
  assert.deepEqual(open(recordsFrom(2000, [[text, [LAST]]])), text);
  assert.deepEqual(open(recordsFrom(2048, [[text, [LAST]]])), text);
  await refused(recordsFrom(2049, [[text, [LAST]]]), 'neither');
  const two = recordsFrom(2000, [
    [text, [MORE]],
    [text, [LAST]],
  ]);
  assert.equal(open(two).length, 2 * text.length);
  assert.throws(() => sealBody(text, IKM, KEY, { recordSize: 2000 }), TypeError);
});

test('a stream gives out a record only once its tag verified, and the last only once the stream ended', async () => {
  const sealed = sealBody(Buffer.alloc(3000, 7), IKM, KEY, { recordSize: 1024 });
  const late = Buffer.from(sealed);
  late.writeUInt8((late[33 + 1024 + 5] ?? 0) ^ 1, 33 + 1024 + 5);
  const lengths = async (body: Uint8Array): Promise<number[]> => {
    const given: number[] = [];
    const opened = openRecords(inChunks(body, 100), { cipherOf, keyId: KEY });
    await assert.rejects(async () => {
      for await (const content of opened) given.push(content.length);
    }, REFUSED);
    return given;
  };
  assert.deepEqual(await lengths(late), [1007]);
  assert.deepEqual(await lengths(sealed.subarray(0, -1)), [1007, 1007]);
  assert.deepEqual(await lengths(Buffer.concat([sealed, Buffer.of(0)])), [1007, 1007]);
});

test('a live stream sends every chunk at once, in whole records that any receiver opens', async () => {
  const chunks = [Buffer.from('one'), Buffer.alloc(2500, 7), Buffer.of(), Buffer.from('three')];
  const live = sealLive(chunks, { cipherOf, keyId: KEY, salt: SALT_16, recordSize: 1024 });
  const sent: Buffer[] = [];
  for await (const part of live) sent.push(Buffer.from(part));
  assert.deepEqual(
    sent.map(({ length }) => length),
    [33, 1024, 1024, 1024, 1024, 1024, 17],
  );
  assert.deepEqual(open(Buffer.concat(sent)), Buffer.concat(chunks));
  const opened = openRecords(sent, { cipherOf, keyId: KEY });
  assert.equal(Buffer.from((await opened.next()).value ?? []).toString(), 'one');
});

test('a stream that stops early, for whatever reason, closes its source', async () => {
  const closed: string[] = [];
  const source = async function* (name: string) {
    try {
      for (;;) yield Buffer.alloc(5000);
    } finally {
      closed.push(name);
    }
  };
  const frame = { cipherOf, keyId: KEY, salt: SALT_16, recordSize: 1024 };
  for await (const _ of sealRecords(source('sealed'), frame)) break;
  const live = sealLive(source('live'), frame);
  assert.deepEqual([(await live.next()).done, (await live.next()).done], [false, false]);
  await live.return(undefined);
  await assert.rejects(collect(openRecords(source('opened'), { cipherOf, keyId: KEY })), REFUSED);
  assert.deepEqual(closed, ['sealed', 'live', 'opened']);
});

test('an error of the source stays what it is', async () => {
  const source = async function* () {
    yield sealBody(Buffer.alloc(3000), IKM, KEY, { recordSize: 1024 }).subarray(0, 1500);
    throw new Error('cut');
  };
  await assert.rejects(collect(openRecords(source(), { cipherOf, keyId: KEY })), /^Error: cut$/);
});

test('nonces count in 96 bits', () => {
  const base = Buffer.from('0102030405060708090a0b0c', 'hex');
  const hex = (sequence: number): string => Buffer.from(nonceOf(base, sequence)).toString('hex');
  assert.equal(hex(0), '0102030405060708090a0b0c');
  assert.equal(hex(0x0c), '0102030405060708090a0b00');
  assert.equal(hex(2 ** 32 - 1), '0102030405060708f6f5f4f3');
  assert.equal(hex(2 ** 32 + 1), '0102030405060709090a0b0d');
});
