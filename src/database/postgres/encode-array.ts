import { FIELD_DOUBLED, FIELD_NULL } from '../../model/tape.ts';
import { copyWords, writeUndoubled } from '../field-bytes.ts';
import { ArrayLiteral, Elements } from './array-literal.ts';
import {
  BLOCK_ROWS,
  type Block,
  type ColumnEncoder,
  LENGTH_BYTES,
  NULL_LENGTH,
  newBlock,
  type TapeColumn,
} from './column-encoder.ts';
import type { ElementForm } from './element-forms.ts';

/**
 * Arrays of scalars. Int32 number of dimensions, Int32 flags (array_recv, in the sources of PostgreSQL, looks for NULLs itself),
 * Int32 OID of the type of the elements; of each dimension Int32 length and Int32 first index; then the elements, each
 * as a field. The elements of a block are put onto a tape of their own and go through the encoder of their type.
 */
export interface ElementType {
  /** pg_type.oid. */
  readonly oid: number;
  readonly encoder: (column: TapeColumn) => ColumnEncoder;
  /** Null where the encoder takes any text, or tells by itself what it does not read. */
  readonly form: ElementForm | null;
}

const HEAD_BYTES = 12;
const DIMENSION_BYTES = 8;
const MOST_DIMENSIONS = 6;

export function arrayEncoder(column: TapeColumn, type: ElementType): ColumnEncoder {
  const arrays = new Arrays(column, type);
  return {
    size: LENGTH_BYTES,
    measure: (block) => arrays.measure(block),
    write: (block) => arrays.write(block),
  };
}

/** The arrays of a block, whose elements are encoded when they are measured. */
class Arrays {
  readonly #column: TapeColumn;
  readonly #type: ElementType;
  readonly #literal = new ArrayLiteral();
  #elements = new Elements(0);
  #encoded: EncodedElements;
  /** Of each row: its first element, and the dimensions of its array. */
  readonly #firsts = new Int32Array(BLOCK_ROWS + 1);
  readonly #dimensions = new Uint8Array(BLOCK_ROWS);
  readonly #lengths = new Int32Array(BLOCK_ROWS * MOST_DIMENSIONS);
  /** A literal with its doubled quotes undone. */
  #undoubled = new DataView(new ArrayBuffer(0));

  constructor(column: TapeColumn, type: ElementType) {
    this.#column = column;
    this.#type = type;
    this.#encoded = new EncodedElements(this.#elements, type);
  }

  measure(block: Block): void {
    this.#makeRoom(block);
    if (!this.#read(block) || !this.#encoded.encode()) {
      block.unread = true;
      return;
    }
    const { sizes, count } = block;
    for (let i = 0; i < count; i++) {
      if (!this.#isNull(block, i)) sizes[i] = (sizes[i] ?? 0) + this.#lengthOf(i);
    }
  }

  write(block: Block): void {
    const { cursors, count, view } = block;
    for (let i = 0; i < count; i++) {
      const at = cursors[i] ?? 0;
      const length = this.#isNull(block, i) ? NULL_LENGTH : this.#lengthOf(i);
      view.setInt32(at, length);
      if (length !== NULL_LENGTH) this.#writeArray(i, view, at + LENGTH_BYTES);
      cursors[i] = at + LENGTH_BYTES + Math.max(0, length);
    }
  }

  #writeArray(row: number, view: DataView, to: number): void {
    const { offsets, view: from } = this.#encoded;
    const dimensions = this.#dimensions[row] ?? 0;
    view.setInt32(to, dimensions);
    view.setInt32(to + 4, 0);
    view.setInt32(to + 8, this.#type.oid);
    let at = to + HEAD_BYTES;
    for (let d = 0; d < dimensions; d++, at += DIMENSION_BYTES) {
      view.setInt32(at, this.#lengths[row * MOST_DIMENSIONS + d] ?? 0);
      view.setInt32(at + 4, 1);
    }
    const first = offsets[this.#firsts[row] ?? 0] ?? 0;
    copyWords(from, first, offsets[this.#firsts[row + 1] ?? 0] ?? 0, view, at);
  }

  #lengthOf(row: number): number {
    const { offsets } = this.#encoded;
    const first = offsets[this.#firsts[row] ?? 0] ?? 0;
    const last = offsets[this.#firsts[row + 1] ?? 0] ?? 0;
    return HEAD_BYTES + DIMENSION_BYTES * (this.#dimensions[row] ?? 0) + last - first;
  }

  #slot({ records }: Block, row: number): number {
    return (records[row] ?? 0) * this.#column.tape.width + this.#column.field;
  }

  #isNull(block: Block, row: number): boolean {
    return ((this.#column.tape.flags[this.#slot(block, row)] ?? 0) & FIELD_NULL) !== 0;
  }

  /** For the literals of a block. */
  #makeRoom(block: Block): void {
    const { starts, ends } = this.#column.tape;
    let bytes = 0;
    for (let i = 0; i < block.count; i++) {
      const slot = this.#slot(block, i);
      bytes += (ends[slot] ?? 0) - (starts[slot] ?? 0);
    }
    this.#elements.clear();
    if (bytes <= this.#elements.room) return;
    this.#elements = new Elements(Math.ceil(bytes * 1.5));
    this.#encoded = new EncodedElements(this.#elements, this.#type);
  }

  /** False where one is not read. */
  #read(block: Block): boolean {
    for (let i = 0; i < block.count; i++) {
      const { count } = this.#elements;
      this.#firsts[i] = count;
      this.#firsts[i + 1] = count;
      if (this.#isNull(block, i)) continue;
      if (!this.#readLiteral(this.#slot(block, i)) || !this.#areFormed(count)) return false;
      this.#firsts[i + 1] = this.#elements.count;
      this.#dimensions[i] = this.#literal.dimensions;
      for (let d = 0; d < this.#literal.dimensions; d++) {
        this.#lengths[i * MOST_DIMENSIONS + d] = this.#literal.lengths[d] ?? 0;
      }
    }
    return true;
  }

  #readLiteral(slot: number): boolean {
    const { tape, view } = this.#column;
    const start = tape.starts[slot] ?? 0;
    const end = tape.ends[slot] ?? 0;
    if (((tape.flags[slot] ?? 0) & FIELD_DOUBLED) === 0)
      return this.#literal.read(tape.bytes, start, end, this.#elements);
    if (end - start > this.#undoubled.byteLength) {
      this.#undoubled = new DataView(new ArrayBuffer((end - start) * 2));
    }
    const stop = writeUndoubled(tape, view, slot, this.#undoubled, 0);
    return this.#literal.read(new Uint8Array(this.#undoubled.buffer), 0, stop, this.#elements);
  }

  /** The elements from the `first` on. */
  #areFormed(first: number): boolean {
    const { form } = this.#type;
    const { tape, count } = this.#elements;
    if (form === null) return true;
    for (let i = first; i < count; i++) {
      if (((tape.flags[i] ?? 0) & FIELD_NULL) === 0 && !form(tape, i)) return false;
    }
    return true;
  }
}

/** Elements in their binary form, one after the other. */
class EncodedElements {
  /** Int32 × (elements + 1): where each of them lies. */
  readonly offsets: Int32Array;
  readonly #elements: Elements;
  readonly #encoder: ColumnEncoder;
  readonly #block: Block = newBlock();

  constructor(elements: Elements, { encoder }: ElementType) {
    const { tape } = elements;
    const view = new DataView(tape.bytes.buffer);
    this.#elements = elements;
    this.#encoder = encoder({ tape, view, field: 0, nullable: true });
    this.offsets = new Int32Array(tape.records + 1);
  }

  get view(): DataView {
    return this.#block.view;
  }

  /** False where one is not read. */
  encode(): boolean {
    const block = this.#block;
    for (let from = 0; from < this.#elements.count; from += BLOCK_ROWS) {
      block.count = Math.min(BLOCK_ROWS, this.#elements.count - from);
      for (let i = 0; i < block.count; i++) block.records[i] = from + i;
      block.sizes.fill(this.#encoder.size, 0, block.count);
      this.#encoder.measure?.(block);
      if (block.unread) return false;
      this.#place(from);
      this.#encoder.write(block);
    }
    return true;
  }

  #place(from: number): void {
    const { sizes, cursors, count, out } = this.#block;
    let at = this.offsets[from] ?? 0;
    for (let i = 0; i < count; i++) {
      cursors[i] = at;
      at += sizes[i] ?? 0;
      this.offsets[from + i + 1] = at;
    }
    if (at <= out.length) return;
    const larger = new Uint8Array(at * 2);
    larger.set(out);
    this.#block.out = larger;
    this.#block.view = new DataView(larger.buffer);
  }
}
