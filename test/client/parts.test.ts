import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PartReader } from '../../src/client/part-reader.ts';
import { FIRST_PART_BYTES, PART_BYTES } from '../../src/client/part-size.ts';
import { PartSender } from '../../src/client/parts.ts';
import type { Api } from '../../src/client/retry.ts';
import { SourceBlob } from '../../src/client/source-blob.ts';
import { type ErrorCode, RowferryError } from '../../src/errors.ts';
import { DEFAULT_DIALECT } from '../../src/model/dialect.ts';
import type { Load, PartReceipt } from '../../src/model/receipt.ts';

/** A part as the server gets it, and what answers it. */
interface Arrived {
  readonly offset: number;
  readonly length: number;
  answer(load: Partial<PartReceipt>): void;
  fail(code: ErrorCode): void;
}

const LINE = 'a line of sixteen\n';
const CONTENT = LINE.repeat(Math.ceil((6 * PART_BYTES) / LINE.length));

interface PartRequest {
  readonly query: { readonly offset: number };
  readonly body: Uint8Array;
  readonly sentOnce?: boolean;
}

function startLoad() {
  const arrived: Arrived[] = [];
  const receiving = { id: 'L', state: 'receiving', columns: ['line'], dialect: DEFAULT_DIALECT };
  const ledger = { offset: 0 };
  const part = (request: PartRequest) =>
    new Promise((resolve, reject) => {
      assert.ok(request.sentOnce, 'the sender itself asks what became of it');
      const { offset } = request.query;
      const length = request.body.length;
      arrived.push({
        offset,
        length,
        answer: (load) => resolve({ ...receiving, ...load }),
        fail: (code) => reject(new RowferryError(code, 'said so')),
      });
    });
  const call = async (operation: string, request: PartRequest) =>
    operation.startsWith('GET') ? { ...receiving, ...ledger } : part(request);
  const attempts: number[] = [];
  const beforeNext = async (_error: unknown, { attempt }: { attempt: number }) => void attempts.push(attempt);
  const reads: number[] = [];
  const blob = new SourceBlob(new Blob([CONTENT]));
  const readAt = blob.readAt.bind(blob);
  const file = Object.assign(blob, {
    readAt(position: number, buffer: Uint8Array) {
      reads.push(position);
      return readAt(position, buffer);
    },
  });
  const sender = new PartSender({
    api: { call, beforeNext } as unknown as Api,
    reader: new PartReader(file),
    load: { id: 'L', state: 'receiving', offset: 0, columns: null, dialect: null } as unknown as Load,
    dialect: DEFAULT_DIALECT,
    signal: undefined,
    onAnswer: () => {},
    onPart: () => {},
  });
  return { arrived, ledger, attempts, reads, sent: sender.send() };
}

const offsetsOf = (arrived: readonly Arrived[]) => arrived.map(({ offset }) => offset);
const settled = () => new Promise((resolve) => setTimeout(resolve, 50));

/** So many parts have come; the first ones, cold, may take a while. */
async function come(arrived: readonly Arrived[], count: number): Promise<void> {
  for (let tries = 0; arrived.length < count && tries < 200; tries++) await settled();
  await settled();
}

function answerAll(arrived: readonly Arrived[]): void {
  for (const part of arrived) part.answer({ offset: part.offset + part.length });
}

test('a second part goes with the first; then three are under way', async () => {
  const { arrived } = startLoad();
  await come(arrived, 2);
  const [first, second] = arrived;
  assert.ok(first !== undefined && second !== undefined && arrived.length === 2);
  assert.ok(first.length <= FIRST_PART_BYTES && second.length <= FIRST_PART_BYTES);
  assert.equal(second.offset, first.length);
  first.answer({ offset: first.length });
  await come(arrived, 4);
  assert.equal(arrived.length, 4);
});

test('the next part is read while those before it are on their way', async () => {
  const { arrived, reads } = startLoad();
  await come(arrived, 2);
  const [first, second] = arrived;
  assert.ok(first !== undefined && second !== undefined && arrived.length === 2);
  assert.deepEqual(reads, [0, second.offset, second.offset + second.length]);
  first.answer({ offset: first.length });
  await come(arrived, 4);
  assert.deepEqual(offsetsOf(arrived), reads.slice(0, -1));
});

test('where a part ends elsewhere than it was cut, sending goes on from there, and nothing else is waited for', async () => {
  const { arrived } = startLoad();
  await settled();
  answerAll(arrived.slice(0, 1));
  await settled();
  const [, second, third, fourth] = arrived;
  assert.ok(second !== undefined && third !== undefined && fourth !== undefined);
  const end = second.offset + LINE.length;
  second.answer({ offset: end });
  await settled();
  assert.deepEqual(offsetsOf(arrived.slice(4)), [end], 'one part, and it starts where the load stands');
  answerAll(arrived.slice(4));
  await settled();
  assert.equal(arrived.length, 6, 'still one at a time');
  answerAll(arrived.slice(5));
  await settled();
  assert.equal(arrived.length, 9, 'cuts were right twice: three are under way again');
});

/** Three parts are under way. */
async function underWay() {
  const load = startLoad();
  await settled();
  answerAll(load.arrived.slice(0, 2));
  await settled();
  const parts = load.arrived.slice(2);
  assert.equal(parts.length, 3);
  load.ledger.offset = parts[0]?.offset ?? 0;
  return { ...load, parts };
}

const lose = (parts: readonly Arrived[]): void => {
  for (const part of parts) part.fail('unreachable');
};

test('where no part under way is answered, they are cut anew from where the load stands, and are small', async () => {
  const { arrived, ledger, attempts, parts } = await underWay();
  lose(parts);
  await settled();
  const again = arrived.slice(5);
  assert.equal(again.length, 3);
  assert.equal(again[0]?.offset, ledger.offset);
  assert.ok(again.every(({ length }) => length > FIRST_PART_BYTES / 2 && length <= FIRST_PART_BYTES));
  lose(again);
  await settled();
  assert.deepEqual(attempts, [1, 2], 'losses in a row are counted');
  assert.deepEqual(offsetsOf(arrived.slice(8)), [ledger.offset], 'every second time it goes again as it was');
  lose(arrived.slice(8));
  await settled();
  assert.equal(arrived.length, 12);
  answerAll(arrived.slice(9, 10));
  await settled();
  lose(arrived.slice(10));
  await settled();
  assert.deepEqual(attempts, [1, 2, 3, 1], 'until one is answered');
});

test('parts grow with what is taken; where all under way are lost, they are as small as at first', async () => {
  const { arrived, ledger } = startLoad();
  await come(arrived, 2);
  let answered = 0;
  while ((arrived.at(-1)?.length ?? 0) < 1.5 * FIRST_PART_BYTES) {
    const before = answered;
    answered = arrived.length;
    answerAll(arrived.slice(before));
    await come(arrived, answered + 3);
  }
  ledger.offset = arrived[answered]?.offset ?? 0;
  lose(arrived.slice(answered));
  await come(arrived, answered + 6);
  const again = arrived.slice(answered + 3);
  assert.equal(again[0]?.offset, ledger.offset);
  assert.ok(again.length === 3 && again.every(({ length }) => length <= FIRST_PART_BYTES));
});

test('a part goes again as it was while others are under way', async () => {
  const { arrived, parts } = await underWay();
  lose(parts.slice(0, 1));
  await settled();
  const shape = ({ offset, length }: Arrived) => ({ offset, length });
  assert.deepEqual(arrived.slice(5).map(shape), parts.slice(0, 1).map(shape));
});

test('a part that was committed before its answer was lost goes again for its receipt', async () => {
  const { arrived, ledger, parts } = await underWay();
  const [first, second] = parts;
  ledger.offset = second?.offset ?? 0;
  lose(parts);
  await settled();
  assert.deepEqual(offsetsOf(arrived.slice(5)), [first?.offset]);
  assert.equal(arrived[5]?.length, first?.length);
  answerAll(arrived.slice(5));
  await settled();
  assert.equal(arrived[6]?.offset, second?.offset, 'what comes after it is cut anew');
  assert.ok((arrived[6]?.length ?? 0) <= FIRST_PART_BYTES);
});

test('a lost part that is committed when another cut of it comes: sending goes on behind it', async () => {
  const { arrived, ledger, parts } = await underWay();
  lose(parts);
  await settled();
  ledger.offset = parts[1]?.offset ?? 0;
  arrived[5]?.fail('content-mismatch');
  await settled();
  assert.deepEqual(offsetsOf(arrived.slice(8)), [ledger.offset]);
});

test('what another client committed in other cuts: sending goes on behind it', async () => {
  const { arrived, ledger, parts } = await underWay();
  ledger.offset += LINE.length;
  parts[0]?.fail('content-mismatch');
  await settled();
  assert.deepEqual(offsetsOf(arrived.slice(5)), [ledger.offset]);
});

test('other content than was announced ends the load', async () => {
  const { parts, sent } = await underWay();
  for (const part of parts) part.fail('content-mismatch');
  await assert.rejects(sent, { code: 'content-mismatch' });
  const lost = await underWay();
  lose(lost.parts);
  await settled();
  for (const part of lost.arrived.slice(5)) part.fail('content-mismatch');
  await assert.rejects(lost.sent, { code: 'content-mismatch' });
});
