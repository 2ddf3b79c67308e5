import type { RowSink } from '../model/row-sink.ts';
import {
  type ColumnForm,
  classesOf,
  InvalidText,
  type StorageClass,
  type StoredColumn,
  type StoredValue,
} from '../model/stored-table.ts';
import { BinaryReader, damaged } from './binary-reader.ts';

/** Avro binary to rows; trusts no length, index or text of the block. Every fault is `backup-checksum`. */

type Branch = StorageClass | 'null';

interface Field {
  readonly kind: ColumnForm['kind'];
  readonly optional: boolean;
  /** Of a decimal. */
  readonly size: number;
  /** Of a column with classes. */
  readonly branches: readonly Branch[];
  /** Generated columns are read past: no one inserts them. */
  readonly wanted: boolean;
  /** Beside reals, integers become bigint, so that both keep what they are. */
  readonly mixed: boolean;
}

const nothing = (): void => undefined;

/** What is read past is checked all the same. */
const NOWHERE: RowSink = {
  null: nothing,
  boolean: nothing,
  int: nothing,
  long: nothing,
  float: nothing,
  double: nothing,
  text: nothing,
  bytes: nothing,
  fixed: nothing,
  value: nothing,
  endRow: () => false,
};

export interface RowDecoderOptions {
  /** Generated columns are given too. */
  readonly generated?: boolean;
}

export class RowDecoder {
  readonly #fields: readonly Field[];
  readonly #in = new BinaryReader();

  constructor(columns: readonly StoredColumn[], options: RowDecoderOptions = {}) {
    this.#fields = columns.map((column) => {
      const classes = classesOf(column);
      return {
        kind: column.form.kind,
        optional: column.optional,
        size: column.form.kind === 'decimal' ? column.form.size : 0,
        branches: column.optional ? ['null', ...classes] : classes,
        wanted: options.generated === true || !column.generated,
        mixed: classes.includes('integer') && classes.includes('real'),
      };
    });
  }

  open(block: Buffer): void {
    this.#in.open(block);
  }

  /** All rows were read and no byte is left. */
  get atEnd(): boolean {
    return this.#in.atEnd;
  }

  /** Checks the next rows without making values of them. Gives Int32 × rows: the offset behind each in the block. */
  skip(rows: number): Int32Array {
    const ends = new Int32Array(rows);
    for (let row = 0; row < rows; row++) {
      for (const field of this.#fields) this.#skipValue(field);
      ends[row] = this.#in.at;
    }
    return ends;
  }

  /** Pushes the next row, generated columns left out; gives what `endRow` gave. */
  read(sink: RowSink): boolean {
    for (const field of this.#fields) {
      if (!field.wanted) this.#skipValue(field);
      else if (field.kind === 'classes') sink.value(this.#value(this.#branch(field), field.mixed));
      else if (field.optional && this.#isNull()) sink.null();
      else this.#push(field, sink);
    }
    return sink.endRow();
  }

  #push({ kind, size }: Field, sink: RowSink): void {
    const from = this.#in;
    if (kind === 'string') sink.text(from.block, from.text(), from.at);
    else if (kind === 'int' || kind === 'date') sink.int(from.int());
    else if (kind === 'bytes') sink.bytes(from.block, from.bytes(), from.at);
    else if (kind === 'boolean') sink.boolean(this.#boolean());
    else if (kind === 'double') sink.double(from.double());
    else if (kind === 'float') sink.float(from.float());
    else if (kind === 'decimal') sink.fixed(from.block, from.take(size), from.at);
    else {
      from.long();
      sink.long(from.high, from.low);
    }
  }

  #skipValue(field: Field): void {
    if (field.kind === 'classes') this.#skipClass(this.#branch(field));
    else if (!field.optional || !this.#isNull()) this.#push(field, NOWHERE);
  }

  #isNull(): boolean {
    const index = this.#in.int();
    if (index !== 0 && index !== 1) throw damaged(`branch ${index} of 2`);
    return index === 0;
  }

  #boolean(): boolean {
    const byte = this.#in.byte();
    if (byte > 1) throw damaged(`a boolean of ${byte}`);
    return byte === 1;
  }

  #branch({ branches }: Field): Branch {
    const index = branches.length === 1 ? 0 : this.#in.int();
    const branch = branches[index];
    if (branch === undefined) throw damaged(`branch ${index} of ${branches.length}`);
    return branch;
  }

  #value(branch: Branch, mixed: boolean): StoredValue {
    const from = this.#in;
    switch (branch) {
      case 'null':
        return null;
      case 'integer':
        return mixed ? BigInt(from.number()) : from.number();
      case 'real':
        return from.double();
      case 'text': {
        const start = from.text();
        return from.block.toString('utf8', start, from.at);
      }
      case 'blob':
        return this.#bytes();
      case 'invalid-text':
        return new InvalidText(this.#bytes());
    }
  }

  #bytes(): Buffer {
    const start = this.#in.bytes();
    return this.#in.block.subarray(start, this.#in.at);
  }

  #skipClass(branch: Branch): void {
    if (branch === 'integer') this.#in.long();
    else if (branch === 'real') this.#in.take(8);
    else if (branch === 'text') this.#in.text();
    else if (branch !== 'null') this.#in.bytes();
  }
}
