import type { RowSink } from '../../model/row-sink.ts';
import type { ColumnForm, StoredColumn } from '../../model/stored-table.ts';
import type { Column, Table } from '../../model/table.ts';
import type { RowReader } from '../snapshot.ts';
import { MESSAGE_HEAD_BYTES } from './copy-out.ts';
import { quoteName } from './names.ts';
import { DECIMAL_DIGITS, decimalSize, numericToFixed } from './numeric-fixed.ts';
import type { Session } from './session.ts';

/** The rows of a table by COPY in the binary format, from the bytes of the socket into a sink. */

/** PGCOPY\n\377\r\n\0, flags, and the length of what else stands in front of the rows: nothing. */
const COPY_HEAD_BYTES = 19;
const END_OF_ROWS = -1;

/** Days and microseconds from 1970-01-01 to 2000-01-01, which PostgreSQL counts from. */
export const EPOCH_DAYS = 10_957;
const EPOCH_MICROS = BigInt(EPOCH_DAYS) * 86_400_000_000n;
export const EPOCH_HIGH = Number(EPOCH_MICROS >> 32n);
export const EPOCH_LOW = Number(EPOCH_MICROS & 0xffff_ffffn);
export const WORD = 2 ** 32;

/** Types whose binary form is their text. json: as it came; bpchar: with its spaces, which a cast takes away. */
const IS_TEXT: ReadonlySet<string> = new Set(['text', 'varchar', 'bpchar', 'name', 'json']);

/** The value as COPY is to give it. */
function readExpression(column: Column | undefined, { name, form }: StoredColumn): string {
  const isText = column?.enum !== undefined || IS_TEXT.has(column?.baseType ?? '');
  return form.kind !== 'string' || isText ? quoteName(name) : `${quoteName(name)}::text`;
}

/** What to do with a field; small numbers, so that the choice is a jump. */
const TEXT = 0;
const INTEGER = 1;
const LONG = 2;
const BOOLEAN = 3;
const BYTES = 4;
const DATE = 5;
const TIMESTAMP = 6;
const FLOAT = 7;
const DOUBLE = 8;
const DECIMAL = 9;

const STEPS: Readonly<Record<Exclude<ColumnForm['kind'], 'classes'>, number>> = {
  string: TEXT,
  int: INTEGER,
  long: LONG,
  boolean: BOOLEAN,
  bytes: BYTES,
  date: DATE,
  'time-micros': LONG,
  'timestamp-micros': TIMESTAMP,
  float: FLOAT,
  double: DOUBLE,
  decimal: DECIMAL,
};

/** Reads `relation` as a query names it. */
export function rowReader(
  session: Session,
  table: Pick<Table, 'columns'>,
  relation: string,
  columns: readonly StoredColumn[],
): RowReader {
  const expressions = columns.map((column) =>
    readExpression(
      table.columns.find(({ name }) => name === column.name),
      column,
    ),
  );
  const sql = `COPY (SELECT ${expressions.join(', ')} FROM ${relation}) TO STDOUT (FORMAT binary)`;
  return async function* readRows(sink) {
    const copy = await session.copyOut(sql);
    const rows = new RowParser(columns, sink);
    try {
      for (let piece = await copy.next(); piece !== null; piece = await copy.next()) {
        rows.open(piece);
        while (rows.push()) yield;
      }
    } finally {
      await copy.discard();
    }
  };
}

class RowParser {
  readonly #steps: Uint8Array;
  readonly #forms: readonly ColumnForm[];
  readonly #sink: RowSink;
  readonly #fixed = new Uint8Array(decimalSize(DECIMAL_DIGITS));
  #bytes: Buffer = Buffer.alloc(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #at = 0;
  #inHead = true;

  constructor(columns: readonly StoredColumn[], sink: RowSink) {
    this.#forms = columns.map(({ form }) => form);
    this.#steps = Uint8Array.from(this.#forms, ({ kind }) => (kind === 'classes' ? TEXT : STEPS[kind]));
    this.#sink = sink;
  }

  /** Whole CopyData messages; each holds one row, the first one the head of the format before it. */
  open(piece: Buffer): void {
    this.#bytes = piece;
    this.#view = new DataView(piece.buffer, piece.byteOffset, piece.length);
    this.#at = 0;
  }

  /** True: the sink is full, and there may be more rows; false: the piece is read. */
  push(): boolean {
    const view = this.#view;
    while (this.#at < view.byteLength) {
      const end = this.#at + 1 + view.getInt32(this.#at + 1);
      let at = this.#at + MESSAGE_HEAD_BYTES;
      if (this.#inHead) at += COPY_HEAD_BYTES;
      this.#inHead = false;
      this.#at = end;
      if (at === end) continue;
      const fields = view.getInt16(at);
      if (fields === END_OF_ROWS) continue;
      if (fields !== this.#steps.length || this.#row(at + 2) !== end) throw new CopyFormatError();
      if (this.#sink.endRow()) return true;
    }
    return false;
  }

  /** The offset behind the row. */
  #row(start: number): number {
    const view = this.#view;
    const bytes = this.#bytes;
    const sink = this.#sink;
    const steps = this.#steps;
    let at = start;
    for (let column = 0; column < steps.length; column++) {
      const length = view.getInt32(at);
      at += 4;
      if (length < 0) {
        sink.null();
        continue;
      }
      switch (steps[column]) {
        case TEXT:
          sink.text(bytes, at, at + length);
          break;
        case INTEGER:
          sink.int(length === 4 ? view.getInt32(at) : view.getInt16(at));
          break;
        case LONG:
          // An oid has four bytes, without a sign.
          if (length === 8) sink.long(view.getInt32(at), view.getInt32(at + 4));
          else sink.long(0, view.getInt32(at));
          break;
        case DATE:
          sink.int(view.getInt32(at) + EPOCH_DAYS);
          break;
        case TIMESTAMP: {
          const low = view.getUint32(at + 4) + EPOCH_LOW;
          sink.long(view.getInt32(at) + EPOCH_HIGH + (low >= WORD ? 1 : 0), low | 0);
          break;
        }
        case BOOLEAN:
          sink.boolean(bytes[at] === 1);
          break;
        case BYTES:
          sink.bytes(bytes, at, at + length);
          break;
        case FLOAT:
          sink.float(view.getFloat32(at));
          break;
        case DOUBLE:
          sink.double(view.getFloat64(at));
          break;
        default:
          this.#decimal(column, at);
      }
      at += length;
    }
    return at;
  }

  #decimal(column: number, at: number): void {
    const form = this.#forms[column];
    if (form?.kind !== 'decimal') throw new CopyFormatError();
    numericToFixed(this.#view, at, form, this.#fixed);
    this.#sink.fixed(this.#fixed, 0, form.size);
  }
}

class CopyFormatError extends Error {
  constructor() {
    super('the server sent rows in a form that was not asked for');
    this.name = 'CopyFormatError';
  }
}
