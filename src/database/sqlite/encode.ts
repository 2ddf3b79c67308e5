import { freshMemory, type Memory } from '../../lib/slabs.ts';
import type { InsertPlan } from '../../model/plan.ts';
import type { Column, ColumnKind } from '../../model/table.ts';
import type { Tape } from '../../model/tape.ts';
import { BLOCK_ROWS, type Block, type ColumnEncoder, newBlock, type TapeColumn } from './column-encoder.ts';
import { booleanEncoder, decimalEncoder, floatEncoder } from './encode-decimal.ts';
import { integerEncoder } from './encode-integer.ts';
import { blobEncoder, textEncoder } from './encode-text.ts';
import { ImageWriter, varintLength, writeVarint } from './image.ts';
import { affinity } from './types.ts';

type EncoderMaker = (column: TapeColumn) => ColumnEncoder;

const ENCODERS: Partial<Record<ColumnKind, EncoderMaker>> = {
  integer: integerEncoder,
  float: floatEncoder,
  boolean: booleanEncoder,
  binary: blobEncoder,
};

/**
 * Good records → a database image whose table `rows` has one column per planned column and rowid = ordinal of the
 * record + 1. What is no number goes as text; SQLite's column affinity does the rest as it would for any INSERT.
 */
export function encodeImage(
  tape: Tape,
  bad: Uint8Array,
  plan: InsertPlan,
  memory: Memory = freshMemory,
): EncodedImage {
  const encoder = new RowsEncoder(tape, bad, plan, memory);
  const data = encoder.run().finish(createRows(plan));
  return { rows: encoder.rows, data };
}

export interface EncodedImage {
  readonly rows: number;
  readonly data: Uint8Array;
}

export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Columns c0, c1, … with the affinity of the column they are for, so that comparisons convert alike. */
function createRows(plan: InsertPlan): string {
  return `CREATE TABLE rows(${plan.columns.map((column, i) => `c${i} ${stagedType(column)}`).join(',')})`;
}

/**
 * A text in a column of NUMERIC affinity is compared as text with another such column; without an affinity of its
 * own it takes that of the table's column, as the table itself will have it (sqlite.org/datatype3.html, 4.2).
 */
function stagedType(column: Column): string {
  const type = affinity(column.sqlType);
  return type === 'NUMERIC' && encoderOf(column) === textEncoder ? '' : type;
}

/** A decimal goes as the number that NUMERIC affinity makes of it, so that 1.5 and 1.50 are one key. */
function encoderOf(column: Column): EncoderMaker {
  if (column.kind === 'decimal' && affinity(column.sqlType) === 'NUMERIC') return decimalEncoder;
  return ENCODERS[column.kind] ?? textEncoder;
}

/** A record of more bytes than this may be larger than a page, and is encoded alone. */
const LONG_RECORD = 16_384;

class RowsEncoder {
  readonly #tape: Tape;
  readonly #bad: Uint8Array;
  readonly #writer: ImageWriter;
  readonly #encoders: readonly ColumnEncoder[];
  readonly #block: Block = newBlock();
  rows = 0;

  constructor(tape: Tape, bad: Uint8Array, plan: InsertPlan, memory: Memory) {
    this.#tape = tape;
    this.#bad = bad;
    const expected = tape.consumed * 1.15 + tape.records * (plan.columns.length + 6);
    this.#writer = new ImageWriter(expected, memory);
    const { buffer, byteOffset, length } = tape.bytes;
    const view = new DataView(buffer, byteOffset, length);
    this.#encoders = plan.columns.map((column, index) =>
      encoderOf(column)({ tape, view, field: plan.fields[index] ?? 0 }),
    );
  }

  run(): ImageWriter {
    for (let from = 0; from < this.#tape.records; ) {
      from = this.#fill(from);
      this.#measure();
      if (this.#block.count > 0) this.#write();
    }
    return this.#writer;
  }

  /** The next good records into the block; the record after the last one looked at. */
  #fill(from: number): number {
    const bad = this.#bad;
    const { recordStarts, recordEnds, records: end } = this.#tape;
    const { records } = this.#block;
    let count = 0;
    let r = from;
    for (; r < end && count < BLOCK_ROWS; r++) {
      if (bad[r] !== 0) continue;
      const isLong = (recordEnds[r] ?? 0) - (recordStarts[r] ?? 0) > LONG_RECORD;
      if (isLong && count > 0) break;
      records[count++] = r;
      if (isLong) {
        r++;
        break;
      }
    }
    this.#block.count = count;
    this.rows += count;
    return r;
  }

  #measure(): void {
    const { headers, bodies, count } = this.#block;
    headers.fill(this.#encoders.length, 0, count);
    bodies.fill(0, 0, count);
    this.#block.fixed = 0;
    for (const encoder of this.#encoders) encoder.measure(this.#block);
  }

  #write(): void {
    const block = this.#block;
    this.#addHeaders();
    const { records, payloads, heads, count } = block;
    const inPages = this.#writer.cells(records, payloads, heads, count);
    const whole = inPages ? null : new Uint8Array(payloads[0] ?? 0);
    block.out = whole ?? this.#writer.bytes;
    block.view = new DataView(block.out.buffer);
    this.#startRows();
    for (const encoder of this.#encoders) encoder.write(block);
    if (whole !== null) this.#writer.spill((records[0] ?? 0) + 1, whole);
  }

  /** The length of the header stands before it, and counts itself. */
  #addHeaders(): void {
    const { headers, bodies, payloads, fixed, count } = this.#block;
    for (let i = 0; i < count; i++) {
      const types = headers[i] ?? 0;
      const header = types + varintLength(types + 1);
      headers[i] = header;
      payloads[i] = header + (bodies[i] ?? 0) + fixed;
    }
  }

  #startRows(): void {
    const { headers, heads, cursors, out, count } = this.#block;
    for (let i = 0; i < count; i++) {
      const at = heads[i] ?? 0;
      const header = headers[i] ?? 0;
      cursors[i] = at + header;
      heads[i] = writeVarint(out, at, header);
    }
  }
}
