import { fieldText } from '../../model/field-text.ts';
import type { InsertPlan } from '../../model/plan.ts';
import type { Column, ColumnKind } from '../../model/table.ts';
import { FIELD_DOUBLED, FIELD_NULL, type Tape } from '../../model/tape.ts';
import { copyField, isTrue, undoubledLength, writeUndoubled } from '../field-bytes.ts';
import { ImageWriter, varintLength, writeVarint } from './image.ts';

/** How a field becomes a value of the record format (fileformat2.html, 2.1). */
const TEXT = 0;
const INTEGER = 1;
const FLOAT = 2;
const BOOLEAN = 3;
const BLOB = 4;
const DECIMAL = 5;

const POINT = 46;

const WAYS: Partial<Record<ColumnKind, number>> = {
  integer: INTEGER,
  float: FLOAT,
  boolean: BOOLEAN,
  binary: BLOB,
};

/**
 * Good records → a database image whose table `rows` has one column per planned column and rowid = ordinal of the
 * record + 1. What is no number goes as text; SQLite's column affinity does the rest as it would for any INSERT.
 */
export function encodeImage(tape: Tape, bad: Uint8Array, plan: InsertPlan): Uint8Array<ArrayBuffer> {
  const writer = new ImageWriter(tape.consumed * 1.15 + tape.records * (plan.columns.length + 6));
  const record = new RecordEncoder(tape, plan);
  for (let r = 0; r < tape.records; r++) {
    if (bad[r] !== 0) continue;
    const payload = record.measure(r);
    const at = writer.cell(r + 1, payload);
    if (at >= 0) record.write(writer.bytes, at);
    else {
      const whole = new Uint8Array(payload);
      record.write(whole, 0);
      writer.spill(r + 1, whole);
    }
  }
  return writer.finish(createRows(plan));
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
  return type === 'NUMERIC' && wayOf(column) === TEXT ? '' : type;
}

/** A decimal goes as the number that NUMERIC affinity makes of it, so that 1.5 and 1.50 are one key. */
function wayOf(column: Column): number {
  if (column.kind === 'decimal' && affinity(column.sqlType) === 'NUMERIC') return DECIMAL;
  return WAYS[column.kind] ?? TEXT;
}

/** sqlite.org/datatype3.html, 3.1. */
function affinity(sqlType: string): string {
  const type = sqlType.toUpperCase();
  if (type.includes('INT')) return 'INTEGER';
  if (/CHAR|CLOB|TEXT/.test(type)) return 'TEXT';
  if (type === '' || type.includes('BLOB')) return 'BLOB';
  return /REAL|FLOA|DOUB/.test(type) ? 'REAL' : 'NUMERIC';
}

/** Measures and writes one record after the other; what `measure` found is kept for `write`. */
class RecordEncoder {
  readonly #tape: Tape;
  readonly #fields: Int32Array;
  readonly #ways: Uint8Array;
  readonly #columns: number;
  readonly #types: Float64Array;
  readonly #lengths: Int32Array;
  readonly #numbers: Float64Array;
  /** Integers of more than 15 digits; their place in `numbers` holds NaN. */
  readonly #long: bigint[];
  readonly #blobs: Uint8Array[] = [];
  #record = 0;
  #header = 0;

  constructor(tape: Tape, plan: InsertPlan) {
    this.#tape = tape;
    this.#columns = plan.columns.length;
    this.#fields = Int32Array.from(plan.fields);
    this.#ways = Uint8Array.from(plan.columns.map(wayOf));
    this.#types = new Float64Array(this.#columns);
    this.#lengths = new Int32Array(this.#columns);
    this.#numbers = new Float64Array(this.#columns);
    this.#long = new Array<bigint>(this.#columns).fill(0n);
  }

  /** Bytes of the record's payload: header and body. */
  measure(record: number): number {
    const { starts, ends, flags, width } = this.#tape;
    const base = record * width;
    this.#record = record;
    let header = 0;
    let body = 0;
    for (let c = 0; c < this.#columns; c++) {
      const slot = base + (this.#fields[c] ?? 0);
      const flag = flags[slot] ?? 0;
      let type = 0;
      let length = 0;
      if ((flag & FIELD_NULL) === 0) {
        const way = this.#ways[c];
        const start = starts[slot] ?? 0;
        const end = ends[slot] ?? 0;
        if (way === TEXT) {
          length = flag & FIELD_DOUBLED ? undoubledLength(this.#tape, slot) : end - start;
          type = 13 + 2 * length;
        } else {
          type = this.#number(c, slot, way ?? TEXT);
          length = lengthOf(type);
        }
      }
      this.#types[c] = type;
      this.#lengths[c] = length;
      header += varintLength(type);
      body += length;
    }
    this.#header = header + varintLength(header + 1);
    return this.#header + body;
  }

  write(out: Uint8Array, from: number): void {
    const { bytes, starts, ends, flags, width } = this.#tape;
    const base = this.#record * width;
    let at = writeVarint(out, from, this.#header);
    for (let c = 0; c < this.#columns; c++) {
      const type = this.#types[c] ?? 0;
      if (type < 0x80) out[at++] = type;
      else at = writeVarint(out, at, type);
    }
    for (let c = 0; c < this.#columns; c++) {
      const length = this.#lengths[c] ?? 0;
      if (length === 0) continue;
      if (this.#ways[c] === TEXT) {
        const slot = base + (this.#fields[c] ?? 0);
        if ((flags[slot] ?? 0) & FIELD_DOUBLED) at = writeUndoubled(this.#tape, slot, out, at);
        else at = copyField(bytes, starts[slot] ?? 0, ends[slot] ?? 0, out, at);
      } else at = this.#writeNumber(c, length, out, at);
    }
  }

  #number(c: number, slot: number, way: number): number {
    if (way === INTEGER || (way === DECIMAL && this.#isWhole(slot))) return this.#integer(c, slot);
    if (way === BOOLEAN) return isTrue(this.#tape.bytes[this.#tape.starts[slot] ?? 0] ?? 0) ? 9 : 8;
    const text = fieldText(this.#tape, slot);
    if (way === BLOB) {
      this.#blobs[c] = Buffer.from(text.replace(/^(?:\\x|0x)/i, ''), 'hex');
      return 12 + 2 * (this.#blobs[c]?.length ?? 0);
    }
    this.#numbers[c] = Number(text);
    return 7;
  }

  /** Decimals that are whole numbers may have more digits than a double keeps. */
  #isWhole(slot: number): boolean {
    const { bytes, starts, ends } = this.#tape;
    const end = ends[slot] ?? 0;
    for (let i = starts[slot] ?? 0; i < end; i++) if (bytes[i] === POINT) return false;
    return true;
  }

  /** Up to 15 digits are exact in a double; longer ones go as bigint. */
  #integer(c: number, slot: number): number {
    const { bytes, starts, ends } = this.#tape;
    const start = starts[slot] ?? 0;
    const end = ends[slot] ?? 0;
    if (end - start > 15) {
      this.#numbers[c] = Number.NaN;
      this.#long[c] = BigInt(fieldText(this.#tape, slot).replace(/^\+/, ''));
      return 6;
    }
    const sign = bytes[start];
    let value = 0;
    for (let i = sign === 45 || sign === 43 ? start + 1 : start; i < end; i++) {
      value = value * 10 + (bytes[i] ?? 0) - 48;
    }
    if (sign === 45) value = 0 - value;
    this.#numbers[c] = value;
    return integerType(value);
  }

  #writeNumber(c: number, length: number, out: Uint8Array, at: number): number {
    const type = this.#types[c] ?? 0;
    if (type >= 12) {
      out.set(this.#blobs[c] ?? new Uint8Array(0), at);
      return at + length;
    }
    if (type >= 6) {
      const view = new DataView(out.buffer, out.byteOffset + at, 8);
      if (type === 7) view.setFloat64(0, this.#numbers[c] ?? 0);
      else if (Number.isNaN(this.#numbers[c])) view.setBigInt64(0, this.#long[c] ?? 0n);
      else view.setBigInt64(0, BigInt(this.#numbers[c] ?? 0));
      return at + 8;
    }
    let value = this.#numbers[c] ?? 0;
    for (let i = at + length - 1; i >= at; i--) {
      out[i] = value & 0xff;
      value = Math.floor(value / 256);
    }
    return at + length;
  }
}

/** Serial type of an integer (2.1): 8 and 9 are the constants 0 and 1. */
function integerType(value: number): number {
  if (value === 0) return 8;
  if (value === 1) return 9;
  const size = value < 0 ? -1 - value : value;
  if (size < 0x80) return 1;
  if (size < 0x8000) return 2;
  if (size < 0x80_0000) return 3;
  if (size < 0x8000_0000) return 4;
  return size < 0x8000_0000_0000 ? 5 : 6;
}

function lengthOf(type: number): number {
  if (type <= 4) return type;
  if (type === 5) return 6;
  if (type <= 7) return 8;
  return type < 12 ? 0 : (type - 12) >> 1;
}
