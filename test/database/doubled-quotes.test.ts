import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { scan } from '../../src/csv/scan.ts';
import { emptyTapeBuffers } from '../../src/csv/tape-writer.ts';
import { undoubledLength, writeUndoubled } from '../../src/database/field-bytes.ts';
import { LAST_DOUBLED } from '../../src/model/doubled-quotes.ts';
import { fieldText } from '../../src/model/field-text.ts';
import { FIELD_DOUBLED, type Tape } from '../../src/model/tape.ts';

const WIDTH = 3;
const buffers = emptyTapeBuffers();

function tapeOf(text: string): Tape {
  const bytes = new Uint8Array(new TextEncoder().encode(text));
  return scan(bytes, { delimiter: 44, quote: 34, width: WIDTH, last: true, buffers });
}

/** Each field with doubled quotes, by the order in which it is asked for. */
function assertUndoubled(tape: Tape, slots: readonly number[]): void {
  const view = new DataView(tape.bytes.buffer, tape.bytes.byteOffset, tape.bytes.length);
  for (const slot of slots) {
    const wanted = fieldText(tape, slot);
    const length = undoubledLength(tape, view, slot);
    const out = new DataView(new ArrayBuffer(length + 4));
    assert.equal(writeUndoubled(tape, view, slot, out, 2), 2 + length);
    assert.equal(new TextDecoder().decode(new Uint8Array(out.buffer, 2, length)), wanted);
    assert.deepEqual([out.getInt16(0), out.getInt16(2 + length)], [0, 0]);
  }
}

const doubledSlots = ({ flags, records, width }: Tape): number[] =>
  Array.from({ length: records * width }, (_, slot) => slot).filter(
    (slot) => ((flags[slot] ?? 0) & FIELD_DOUBLED) !== 0,
  );

/** Records that the fast reader takes, and such as it leaves: ragged, stray and unclosed quotes, CR line ends. */
const field = fc.oneof(
  fc
    .array(fc.constantFrom('""', 'x', 'long text', ',', '\n', 'é'), { maxLength: 12 })
    .map((of) => `"${of.join('')}"`),
  fc.constantFrom('', '1', 'plain', '"', 'a"b', '"a"b'),
);
const record = fc
  .tuple(fc.array(field, { minLength: 1, maxLength: 4 }), fc.constantFrom('\n', '\r\n', '\r'))
  .map(([fields, end]) => fields.join(',') + end);

test('doubled quotes are undone, whatever records stand around them, and in any order', () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 30 }), fc.boolean(), (records, backwards) => {
      const tape = tapeOf(records.join(''));
      const slots = doubledSlots(tape);
      assertUndoubled(tape, backwards ? slots.toReversed() : slots);
    }),
    { numRuns: 2000 },
  );
});

test('more doubled quotes than are kept are undone too, and the next tape has its own', () => {
  const pairs = 64;
  const row = `1,"${'""'.repeat(pairs)}",x\n`;
  const tape = tapeOf(row.repeat(LAST_DOUBLED / pairs + 2));
  assert.equal(tape.doubledQuotes, undefined);
  assertUndoubled(tape, [1, 4, tape.records * WIDTH - 2]);
  const next = tapeOf(row.repeat(3));
  assert.equal(next.doubledQuotes?.count, 3 * pairs);
  assertUndoubled(next, [1, 4, 7]);
});
