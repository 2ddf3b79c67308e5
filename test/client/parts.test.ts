import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FIRST_PART_BYTES, PART_BYTES, PartSender } from '../../src/client/parts.ts';
import type { Api } from '../../src/client/retry.ts';
import { SourceBlob } from '../../src/client/source-blob.ts';
import { DEFAULT_DIALECT } from '../../src/model/dialect.ts';
import type { Load, PartReceipt } from '../../src/model/receipt.ts';

/** A part as the server gets it, and what answers it. */
interface Arrived {
  readonly offset: number;
  readonly length: number;
  answer(load: Partial<PartReceipt>): void;
}

const LINE = 'a line of sixteen\n';
const CONTENT = LINE.repeat(Math.ceil((6 * PART_BYTES) / LINE.length));

function startLoad() {
  const arrived: Arrived[] = [];
  const call = (_operation: string, request: { query: { offset: number }; body: Uint8Array }) =>
    new Promise((resolve) => {
      const { offset } = request.query;
      const length = request.body.length;
      const receiving = { state: 'receiving', columns: ['line'], dialect: DEFAULT_DIALECT };
      arrived.push({ offset, length, answer: (load) => resolve({ ...receiving, ...load }) });
    });
  const sender = new PartSender({
    api: { call } as unknown as Api,
    file: new SourceBlob(new Blob([CONTENT])),
    load: { id: 'L', state: 'receiving', offset: 0, columns: null, dialect: null } as unknown as Load,
    dialect: DEFAULT_DIALECT,
    signal: undefined,
    onAnswer: () => {},
    onPart: () => {},
  });
  return { arrived, sent: sender.send() };
}

const offsetsOf = (arrived: readonly Arrived[]) => arrived.map(({ offset }) => offset);
const settled = () => new Promise((resolve) => setTimeout(resolve, 50));

function answerAll(arrived: readonly Arrived[]): void {
  for (const part of arrived) part.answer({ offset: part.offset + part.length });
}

test('a second part goes with the first, which is a small one; then three are under way', async () => {
  const { arrived } = startLoad();
  await settled();
  const [first, second] = arrived;
  assert.ok(first !== undefined && second !== undefined && arrived.length === 2);
  assert.ok(first.length <= FIRST_PART_BYTES && second.length > FIRST_PART_BYTES);
  assert.equal(second.offset, first.length);
  first.answer({ offset: first.length });
  await settled();
  assert.equal(arrived.length, 4);
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
