import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ValueTexts } from '../../src/backup/value-texts.ts';
import type { RowSink } from '../../src/model/row-sink.ts';
import { type ColumnForm, InvalidText, type StoredColumn } from '../../src/model/stored-table.ts';

function column(form: ColumnForm): StoredColumn {
  return {
    name: 'x',
    sqlType: '',
    nullable: true,
    default: null,
    generated: false,
    identity: false,
    form,
    optional: true,
    reason: null,
  };
}

function textOf(form: ColumnForm, push: (sink: RowSink) => void): string {
  const values = new ValueTexts([column(form)]);
  push(values);
  assert.equal(values.endRow(), false);
  return `${values.tags[0]} ${values.texts[0]}`;
}

const micros = (value: bigint) => (sink: RowSink) =>
  sink.long(Number(BigInt.asIntN(32, value >> 32n)), Number(BigInt.asIntN(32, value)));

test('values of each form as texts', () => {
  const timestamp = { kind: 'timestamp-micros', utc: false } as const;
  const at = BigInt(Date.UTC(2021, 6, 27, 16, 2, 8)) * 1000n;
  const decimal = { kind: 'decimal', precision: 5, scale: 2, size: 3 } as const;
  const both = { kind: 'classes', classes: ['integer', 'real'] } as const;
  const whole = { kind: 'classes', classes: ['integer'] } as const;
  const cases: ReadonlyArray<readonly [ColumnForm, (sink: RowSink) => void, string]> = [
    [{ kind: 'int' }, (sink) => sink.null(), 'null null'],
    [{ kind: 'boolean' }, (sink) => sink.boolean(true), 'boolean true'],
    [{ kind: 'int' }, (sink) => sink.int(-7), 'integer -7'],
    [{ kind: 'date' }, (sink) => sink.int(-719_162), 'text 0001-01-01'],
    [{ kind: 'long' }, micros(-(2n ** 63n)), 'integer -9223372036854775808'],
    [{ kind: 'long' }, micros(2n ** 32n + 5n), 'integer 4294967301'],
    [{ kind: 'time-micros' }, micros(86_399_999_999n), 'text 23:59:59.999999'],
    [timestamp, micros(at), 'text 2021-07-27 16:02:08'],
    [timestamp, micros(at + 120_000n), 'text 2021-07-27 16:02:08.12'],
    [{ ...timestamp, utc: true }, micros(-1n), 'text 1969-12-31 23:59:59.999999+00'],
    [{ kind: 'float' }, (sink) => sink.float(Math.fround(0.1)), 'real 0.1'],
    [{ kind: 'float' }, (sink) => sink.float(16_777_216), 'real 16777216.0'],
    [{ kind: 'double' }, (sink) => sink.double(-0), 'real -0.0'],
    [{ kind: 'double' }, (sink) => sink.double(1e300), 'real 1e+300'],
    [{ kind: 'string' }, (sink) => sink.text(Buffer.from('xZoë'), 1, 5), 'text Zoë'],
    [{ kind: 'bytes' }, (sink) => sink.bytes(Buffer.from([1, 0, 255]), 1, 3), 'bytes \\x00ff'],
    [decimal, (sink) => sink.fixed(Buffer.from([0xff, 0xff, 0xff]), 0, 3), 'decimal -0.01'],
    [decimal, (sink) => sink.fixed(Buffer.from([0, 0x30, 0x39]), 0, 3), 'decimal 123.45'],
    [{ ...decimal, scale: 0 }, (sink) => sink.fixed(Buffer.from([0, 0, 7]), 0, 3), 'decimal 7'],
    [both, (sink) => sink.value(5), 'real 5.0'],
    [both, (sink) => sink.value(5n), 'integer 5'],
    [whole, (sink) => sink.value(5), 'integer 5'],
    [whole, (sink) => sink.value('5'), 'text 5'],
    [whole, (sink) => sink.value(new InvalidText(Buffer.from([0xff]))), 'bytes \\xff'],
  ];
  for (const [form, push, expected] of cases) assert.equal(textOf(form, push), expected);
});
