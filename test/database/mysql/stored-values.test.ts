import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type PushText,
  pushDate,
  pushDecimal,
  pushInt,
  pushLong,
  pushTime,
  pushTimestamp,
} from '../../../src/database/mysql/parse-values.ts';
import { dateText, decimalText, timestampText, timeText } from '../../../src/database/mysql/write-values.ts';
import type { RowSink } from '../../../src/model/row-sink.ts';

type Pushed = number | bigint | string | null;

/** What is pushed for a text that stands among others. */
function pushed(push: PushText, text: string, scale = 0): Pushed {
  const found: Pushed[] = [];
  const sink = {
    int: (value: number) => found.push(value),
    long: (high: number, low: number) => {
      assert.deepEqual([high | 0, low | 0], [high, low]);
      found.push((BigInt(high) << 32n) | BigInt(low >>> 0));
    },
    fixed: (bytes: Uint8Array, start: number, end: number) =>
      found.push(decimalText(bytes, start, end, scale)),
  };
  const bytes = Buffer.from(`7${text}7`);
  const taken = push(bytes, 1, bytes.length - 1, sink as unknown as RowSink);
  assert.equal(found.length, taken ? 1 : 0);
  return found[0] ?? null;
}

const FIRST = -62_135_596_800_000_000n;
const LAST = 253_402_300_799_999_999n;

test('timestamps: what is written is read, whatever the microsecond', () => {
  const edges = [FIRST, LAST, -1n, 0n, 1n];
  for (let k = -14_466n; k < 59_000n; k += 97n) edges.push(...[-1n, 0n, 1n].map((d) => k * 2n ** 32n + d));
  for (const micros of edges) assert.equal(pushed(pushTimestamp, timestampText(micros)), micros);
  fc.assert(
    fc.property(fc.bigInt({ min: FIRST, max: LAST }), (micros) => {
      assert.equal(pushed(pushTimestamp, timestampText(micros)), micros);
    }),
  );
});

test('timestamps stand for the same moments as elsewhere', () => {
  assert.equal(timestampText(1_627_401_728_250_000n), '2021-07-27 16:02:08.250000');
  assert.equal(pushed(pushTimestamp, '2021-07-27 16:02:08.25'), 1_627_401_728_250_000n);
  assert.equal(pushed(pushTimestamp, '1969-12-31 23:59:59'), -1_000_000n);
  assert.equal(dateText(-1), '1969-12-31');
  assert.equal(pushed(pushDate, '1969-12-31'), -1);
});

test('dates and times without a place in their form are not pushed', () => {
  for (const text of ['0000-00-00', '2021-00-07', '2021-02-29', '0000-05-05']) {
    assert.equal(pushed(pushDate, text), null, text);
    assert.equal(pushed(pushTimestamp, `${text} 00:00:00`), null, text);
  }
  for (const text of ['24:00:00', '-00:00:01', '838:59:59', '100:00:00.5', '-01:00:00.000001']) {
    assert.equal(pushed(pushTime, text), null, text);
  }
});

test('times, integers and decimals are read as they are written', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 86_399_999_999 }), (micros) => {
      assert.equal(pushed(pushTime, timeText(micros)), BigInt(micros));
    }),
  );
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
      assert.equal(pushed(pushLong, String(value)), value);
    }),
  );
  for (const value of [-(2 ** 31), 2 ** 31 - 1, 0, -1]) assert.equal(pushed(pushInt, String(value)), value);
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }),
      fc.integer({ min: 0, max: 38 }),
      (value, scale) => {
        const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0');
        const point = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
        const text = value < 0n ? `-${point}` : point;
        assert.equal(pushed(pushDecimal(16), text, scale), text);
      },
    ),
  );
  for (const text of ['-0.01', '12.50', '-99999999.99']) assert.equal(pushed(pushDecimal(5), text, 2), text);
});
