import assert from 'node:assert/strict';
import { readHead } from '../../src/csv/general/head.ts';
import { type GeneralOptions, readGeneral } from '../../src/csv/general/read.ts';
import { readRecords } from '../../src/csv/read-records.ts';
import type { Dialect } from '../../src/model/dialect.ts';
import { seen } from '../csv/records.ts';

/** Larger contents have too many places to cut them at. */
const MOST_BYTES = 4096;

type Reader = typeof readGeneral;

/**
 * Both readers find the same records, lines and places wherever the content is cut. Rows that are counted from an end
 * of the content are read as records: parts do not have both ends.
 */
export function assertSameWhereverCut(bytes: Uint8Array<ArrayBuffer>, dialect: Dialect, width: number): void {
  if (bytes.length > MOST_BYTES) return;
  const counted = { ...dialect, commentRows: [], skipFooterRows: 0 };
  const head = readHead(bytes, counted, true);
  assert.ok(head);
  const from = (dialect.header === true ? head.data : head.first).byte;
  for (const reader of [readRecords, readGeneral]) {
    const whole: string = JSON.stringify(seen(reader(bytes, head.dialect, { width, last: true, from })));
    for (let cut = from; cut <= bytes.length; cut++) {
      const both: string = JSON.stringify(inTwo(reader, bytes, head.dialect, { width, from }, cut));
      assert.equal(both, whole, `cut at ${cut}`);
    }
  }
}

function inTwo(
  reader: Reader,
  bytes: Uint8Array<ArrayBuffer>,
  dialect: Dialect,
  { width, from }: Pick<GeneralOptions, 'width'> & { readonly from: number },
  cut: number,
) {
  const first = reader(bytes.slice(0, cut), dialect, { width, last: false, from });
  const before = seen(first);
  const rest = reader(bytes.slice(first.consumed), dialect, { width, last: true });
  return [...before, ...seen(rest, first.consumed, first.lines)];
}
