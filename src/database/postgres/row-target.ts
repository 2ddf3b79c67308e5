import type { StoredColumn } from '../../model/stored-table.ts';
import type { Column } from '../../model/table.ts';
import type { RowTarget } from '../snapshot.ts';
import { LENGTH_BYTES, NULL_LENGTH } from './column-encoder.ts';
import type { CopyStream } from './copy-stream.ts';
import { DECIMAL_DIGITS, fixedToNumeric, numericRoom } from './numeric-fixed.ts';
import { EPOCH_DAYS, EPOCH_HIGH, EPOCH_LOW } from './stored-rows.ts';

/** The rows of a backup in COPY's binary format, on their way into a table. */

/** PGCOPY\n\377\r\n\0, then flags and the length of nothing. */
const COPY_HEAD = Buffer.from('5047434f50590aff0d0a000000000000000000', 'hex');
const END_OF_ROWS = Buffer.from([0xff, 0xff]);
/** Handed over at a time. */
const PIECE_BYTES = 1 << 18;
const SPARE_BYTES = 1 << 14;
/** Fewer bytes are copied faster by hand than by a call into the runtime. */
const SHORT_BYTES = 48;

/** How the text of a column is written, where the binary form of its type is not its text. */
export type TextForm = 'text' | 'jsonb' | 'uuid';

/** Null: only the server makes a value of the text. */
export function textFormOf({ baseType = '', enum: labels }: Column): TextForm | null {
  if (labels !== undefined || /^(?:text|varchar|bpchar|name|json)$/.test(baseType)) return 'text';
  return baseType === 'jsonb' || baseType === 'uuid' ? baseType : null;
}

/** A column that is written. */
export interface TargetColumn {
  readonly column: StoredColumn;
  readonly textForm: TextForm;
  /** Bytes of an `int` or `long`. */
  readonly integerBytes: number;
}

/** smallint has two bytes, oid four. */
export function integerBytes({ baseType }: Column): number {
  if (baseType === 'int2') return 2;
  return baseType === 'int8' ? 8 : 4;
}

/** Makes an error of ours of what the server refuses while rows are on their way. */
export type Guard = <T>(work: () => Promise<T>) => Promise<T>;

export class CopyTarget implements RowTarget {
  readonly #copy: CopyStream;
  readonly #columns: readonly TargetColumn[];
  readonly #guard: Guard;
  #out = Buffer.allocUnsafeSlow(PIECE_BYTES + SPARE_BYTES);
  #view = new DataView(this.#out.buffer);
  /** Of the same size, whose content is on its way: few, since who writes waits for room. */
  readonly #spares: Buffer<ArrayBuffer>[] = [];
  #at = 0;
  #column = 0;

  constructor(copy: CopyStream, columns: readonly TargetColumn[], guard: Guard) {
    this.#copy = copy;
    this.#columns = columns;
    this.#guard = guard;
    COPY_HEAD.copy(this.#out);
    this.#at = COPY_HEAD.length;
  }

  /** Behind the last row; rows copied. */
  async end(): Promise<number> {
    await this.flush();
    await this.#copy.write(END_OF_ROWS);
    return this.#copy.end();
  }

  endRow(): boolean {
    if (this.#column !== this.#columns.length) throw new TypeError('a row without all of its columns');
    this.#column = 0;
    return this.#at >= PIECE_BYTES;
  }

  async flush(): Promise<void> {
    if (this.#at === 0) return;
    const full = this.#out;
    const piece = full.subarray(0, this.#at);
    this.#out = this.#spares.pop() ?? Buffer.allocUnsafeSlow(PIECE_BYTES + SPARE_BYTES);
    this.#view = new DataView(this.#out.buffer);
    this.#at = 0;
    const sent = (): void => {
      if (full.length === PIECE_BYTES + SPARE_BYTES) this.#spares.push(full);
    };
    await this.#guard(() => this.#copy.write(piece, sent));
  }

  null(): void {
    this.#begin(0);
    this.#length(NULL_LENGTH);
  }

  boolean(value: boolean): void {
    this.#begin(1);
    this.#length(1);
    this.#out[this.#at++] = value ? 1 : 0;
  }

  int(value: number): void {
    const { column, integerBytes: bytes } = this.#begin(4);
    this.#length(bytes);
    if (bytes === 2) this.#view.setInt16(this.#at, value);
    else this.#view.setInt32(this.#at, column.form.kind === 'date' ? value - EPOCH_DAYS : value);
    this.#at += bytes;
  }

  long(high: number, low: number): void {
    const { column, integerBytes: bytes } = this.#begin(8);
    const { kind } = column.form;
    if (kind === 'timestamp-micros') {
      const lower = (low >>> 0) - EPOCH_LOW;
      this.#eight(high - EPOCH_HIGH - (lower < 0 ? 1 : 0), lower);
    } else if (kind === 'time-micros' || bytes === 8) {
      this.#eight(high, low);
    } else {
      this.#length(4);
      this.#view.setInt32(this.#at, low);
      this.#at += 4;
    }
  }

  float(value: number): void {
    this.#begin(4);
    this.#length(4);
    this.#view.setFloat32(this.#at, value);
    this.#at += 4;
  }

  double(value: number): void {
    this.#begin(8);
    this.#length(8);
    this.#view.setFloat64(this.#at, value);
    this.#at += 8;
  }

  text(bytes: Uint8Array, start: number, end: number): void {
    const { textForm } = this.#begin(end - start + 1);
    if (textForm === 'uuid') {
      this.#uuid(bytes, start, end);
      return;
    }
    const version = textForm === 'jsonb' ? 1 : 0;
    this.#length(end - start + version);
    if (version > 0) this.#out[this.#at++] = version;
    this.#copyBytes(bytes, start, end);
  }

  bytes(bytes: Uint8Array, start: number, end: number): void {
    this.#begin(end - start);
    this.#length(end - start);
    this.#copyBytes(bytes, start, end);
  }

  fixed(bytes: Uint8Array, start: number): void {
    const { form } = this.#begin(numericRoom(DECIMAL_DIGITS)).column;
    if (form.kind !== 'decimal') throw new TypeError('a decimal for a column without its form');
    const length = fixedToNumeric(bytes, start, form, this.#view, this.#at + LENGTH_BYTES);
    this.#length(length);
    this.#at += length;
  }

  /** No backup of PostgreSQL has columns of classes. */
  value(): void {
    throw new TypeError('a value without a form');
  }

  /** The next column of the row, with room for a field of so many bytes. */
  #begin(bytes: number): TargetColumn {
    const column = this.#columns[this.#column];
    if (column === undefined) throw new TypeError('a row of more than its columns');
    this.#need(bytes + 2 + LENGTH_BYTES);
    if (this.#column === 0) {
      this.#view.setInt16(this.#at, this.#columns.length);
      this.#at += 2;
    }
    this.#column += 1;
    return column;
  }

  #length(length: number): void {
    this.#view.setInt32(this.#at, length);
    this.#at += LENGTH_BYTES;
  }

  #eight(high: number, low: number): void {
    this.#length(8);
    this.#view.setInt32(this.#at, high);
    this.#view.setInt32(this.#at + 4, low);
    this.#at += 8;
  }

  #uuid(bytes: Uint8Array, start: number, end: number): void {
    const hex = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
    const length = this.#out.write(hex.replaceAll('-', ''), this.#at + LENGTH_BYTES, 'hex');
    this.#length(length);
    this.#at += length;
  }

  #copyBytes(bytes: Uint8Array, start: number, end: number): void {
    const out = this.#out;
    let at = this.#at;
    if (end - start > SHORT_BYTES) out.set(bytes.subarray(start, end), at);
    else for (let i = start; i < end; i++) out[at++] = bytes[i] ?? 0;
    this.#at += end - start;
  }

  #need(bytes: number): void {
    const wanted = this.#at + bytes;
    if (wanted <= this.#out.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(wanted + SPARE_BYTES, this.#out.length * 2));
    this.#out.copy(larger, 0, 0, this.#at);
    this.#out = larger;
    this.#view = new DataView(larger.buffer);
  }
}
