import { giveBack, type Memory } from '../../lib/slabs.ts';
import type { InsertPlan } from '../../model/plan.ts';
import type { Tape } from '../../model/tape.ts';
import type { RowLayout } from '../database.ts';
import { BLOCK_ROWS, type Block, type ColumnEncoder, newBlock } from './column-encoder.ts';
import { encoderOf } from './encoders.ts';

/** Signature, flags, length of the extension (COPY, Binary Format). */
const HEADER = Uint8Array.from(
  [...'PGCOPY\n\xff\r\n\0'].map((c) => c.charCodeAt(0)).concat(Array(8).fill(0)),
);
/** The number of columns -1 ends the data. */
const TRAILER_BYTES = 2;
const TRAILER = -1;
const TUPLE_HEAD_BYTES = 2;

export interface EncodedRows {
  readonly rows: number;
  readonly data: Uint8Array;
  readonly layout: RowLayout;
}

/**
 * The good records of a tape for `COPY … FROM STDIN (FORMAT binary)`; null where only the text format will do: for a type
 * without an encoder, or a spelling that an encoder does not read.
 */
export function encodeBinary(
  tape: Tape,
  bad: Uint8Array,
  plan: InsertPlan,
  memory: Memory,
): EncodedRows | null {
  const view = new DataView(tape.bytes.buffer, tape.bytes.byteOffset, tape.bytes.length);
  const encoders = plan.columns.flatMap((column, index) => {
    const field = plan.fields[index] ?? 0;
    return encoderOf(column)?.({ tape, view, field, nullable: column.nullable }) ?? [];
  });
  return encoders.length < plan.columns.length ? null : new RowsEncoder(tape, bad, encoders, memory).run();
}

class RowsEncoder {
  readonly #tape: Tape;
  readonly #bad: Uint8Array;
  readonly #encoders: readonly ColumnEncoder[];
  readonly #memory: Memory;
  /** Bytes of a row before its fields are measured. */
  readonly #size: number;
  readonly #block: Block = newBlock();
  readonly #starts: Int32Array<ArrayBuffer>;
  readonly #records: Int32Array<ArrayBuffer>;
  #rows = 0;
  #at = HEADER.length;

  constructor(tape: Tape, bad: Uint8Array, encoders: readonly ColumnEncoder[], memory: Memory) {
    this.#tape = tape;
    this.#bad = bad;
    this.#encoders = encoders;
    this.#memory = memory;
    this.#size = encoders.reduce((sum, { size }) => sum + size, TUPLE_HEAD_BYTES);
    this.#starts = new Int32Array(tape.records + 1);
    this.#records = new Int32Array(tape.records);
    this.#grow(tape.consumed + tape.records * (TUPLE_HEAD_BYTES + encoders.length * 3) + 4096);
    this.#block.out.set(HEADER);
  }

  run(): EncodedRows | null {
    for (let from = 0; from < this.#tape.records; ) {
      from = this.#fill(from);
      if (this.#block.count > 0) this.#encode();
      if (this.#block.unread) return this.#giveUp();
    }
    const { out, view } = this.#block;
    this.#starts[this.#rows] = this.#at;
    view.setInt16(this.#at, TRAILER);
    const data = out.subarray(0, this.#at + TRAILER_BYTES);
    const rows = this.#rows;
    const layout = {
      starts: this.#starts.slice(0, rows + 1),
      records: this.#records.slice(0, rows),
    };
    return { rows, data, layout };
  }

  /** The next good records into the block; the record after the last one looked at. */
  #fill(from: number): number {
    const bad = this.#bad;
    const { records } = this.#block;
    const { records: end } = this.#tape;
    let count = 0;
    let r = from;
    for (; r < end && count < BLOCK_ROWS; r++) if (bad[r] === 0) records[count++] = r;
    this.#block.count = count;
    return r;
  }

  #encode(): void {
    const block = this.#block;
    block.sizes.fill(this.#size, 0, block.count);
    for (const encoder of this.#encoders) encoder.measure?.(block);
    if (block.unread) return;
    this.#reserve();
    this.#at = placeRows(block, this.#starts, this.#rows, this.#at, this.#encoders.length);
    this.#records.set(block.records.subarray(0, block.count), this.#rows);
    this.#rows += block.count;
    for (const encoder of this.#encoders) encoder.write(block);
  }

  #reserve(): void {
    const { sizes, count, out } = this.#block;
    let end = this.#at + TRAILER_BYTES;
    for (let i = 0; i < count; i++) end += sizes[i] ?? 0;
    if (end > out.length) this.#grow(end * 1.25);
  }

  #grow(size: number): void {
    const block = this.#block;
    const larger = this.#memory(Math.ceil(size) + TRAILER_BYTES);
    larger.set(block.out.subarray(0, this.#at));
    giveBack(block.out);
    block.out = larger;
    block.view = new DataView(larger.buffer, larger.byteOffset, larger.length);
  }

  #giveUp(): null {
    giveBack(this.#block.out);
    return null;
  }
}

/** Where each row of the block begins, with the number of its columns; the byte after the last one. */
function placeRows(
  { sizes, cursors, count, view }: Block,
  starts: Int32Array,
  firstRow: number,
  from: number,
  columns: number,
): number {
  let at = from;
  for (let i = 0; i < count; i++) {
    starts[firstRow + i] = at;
    view.setInt16(at, columns);
    cursors[i] = at + TUPLE_HEAD_BYTES;
    at += sizes[i] ?? 0;
  }
  return at;
}
