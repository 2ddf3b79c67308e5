import { RowferryError } from '../../errors.ts';
import type { InsertPlan } from '../../model/plan.ts';
import type { ColumnForm, StoredColumn, StoredValue } from '../../model/stored-table.ts';
import type { LaidOutRows } from '../row-layout.ts';
import type { RowTarget } from '../snapshot.ts';
import { loadDataInto, type Send } from './load-data.ts';
import { insertInto } from './multi-row.ts';
import type { Session } from './session.ts';
import { dateText, decimalText, isBit, isYear, numberText, timestampText, timeText } from './write-values.ts';

/** Rows handed over at a time, about. Bytes. */
const FULL = 1 << 20;
/** No value but texts and bytes takes more. */
const MOST_SHORT = 96;

const TAB = 9;
const LF = 10;
const BACKSLASH = 92;
const HEX = Buffer.from('0123456789ABCDEF');
const NULL_TEXT = '\\N';

export interface Destination {
  readonly session: Session;
  readonly table: string;
  /** Of the table in messages. */
  readonly name: string;
  /** Those of the backup. */
  readonly columns: readonly StoredColumn[];
  /** Makes failures of the session those of the restore. */
  guard<T>(work: () => Promise<T>): Promise<T>;
}

/** The rows of a backup in the text format of LOAD DATA, on their way into `table`, by the fastest way there is. */
export class MysqlRowTarget implements RowTarget {
  readonly #columns: readonly StoredColumn[];
  readonly #send: Send;
  readonly #table: string;
  #out = Buffer.allocUnsafe(FULL + (FULL >> 2));
  #at = 0;
  #column = 0;
  #starts: number[] = [0];

  constructor({ session, table, name, columns, guard }: Destination) {
    this.#columns = columns.filter((column) => !column.generated);
    this.#table = name;
    const plan = planOf(table, this.#columns);
    const send = session.takesLoadData ? loadDataInto(session, plan) : insertInto(session, plan);
    this.#send = (rows) => guard(() => send(rows));
  }

  endRow(): boolean {
    this.#out[this.#at - 1] = LF;
    this.#starts.push(this.#at);
    this.#column = 0;
    return this.#at >= FULL;
  }

  async flush(): Promise<void> {
    const rows: LaidOutRows = {
      data: this.#out.subarray(0, this.#at),
      layout: {
        starts: Int32Array.from(this.#starts),
        records: Int32Array.from({ length: this.#starts.length - 1 }, (_, row) => row),
      },
    };
    this.#at = 0;
    this.#starts = [0];
    if (rows.layout.records.length === 0) return;
    const { affected, warnings } = await this.#send(rows);
    if (affected !== rows.layout.records.length) throw notTaken(this.#table, warnings[0]?.message);
  }

  null(): void {
    this.#write(NULL_TEXT);
  }

  boolean(value: boolean): void {
    this.#write(value ? '1' : '0');
  }

  int(value: number): void {
    const column = this.#columns[this.#column];
    if (column?.form.kind === 'date') this.#write(dateText(value));
    else if (column !== undefined && isYear(column)) this.#write(String(value).padStart(4, '0'));
    else this.#write(String(value));
  }

  long(high: number, low: number): void {
    const kind = this.#form()?.kind;
    const value = (BigInt(high) << 32n) | BigInt(low >>> 0);
    if (kind === 'time-micros') this.#write(timeText(Number(value)));
    else this.#write(kind === 'timestamp-micros' ? timestampText(value) : String(value));
  }

  float(value: number): void {
    this.#write(numberText(value));
  }

  double(value: number): void {
    this.#write(numberText(value));
  }

  text(bytes: Uint8Array, start: number, end: number): void {
    const column = this.#columns[this.#column];
    if (column !== undefined && isBit(column)) this.#bits(bytes, start, end);
    else this.#escaped(bytes, start, end);
  }

  #escaped(bytes: Uint8Array, start: number, end: number): void {
    this.#need((end - start) * 2 + 1);
    const out = this.#out;
    let at = this.#at;
    for (let from = start; from < end; from++) {
      const byte = bytes[from] ?? 0;
      if (byte === TAB || byte === LF || byte === BACKSLASH) {
        out[at++] = BACKSLASH;
        out[at++] = byte === TAB ? 116 : byte === LF ? 110 : BACKSLASH;
      } else out[at++] = byte;
    }
    this.#endValue(at);
  }

  /** As hexadecimal digits. */
  bytes(bytes: Uint8Array, start: number, end: number): void {
    this.#need((end - start) * 2 + 1);
    const out = this.#out;
    let at = this.#at;
    for (let from = start; from < end; from++) {
      const byte = bytes[from] ?? 0;
      out[at++] = HEX[byte >> 4] ?? 0;
      out[at++] = HEX[byte & 15] ?? 0;
    }
    this.#endValue(at);
  }

  fixed(bytes: Uint8Array, start: number, end: number): void {
    const form = this.#form();
    this.#write(decimalText(bytes, start, end, form?.kind === 'decimal' ? form.scale : 0));
  }

  value(_value: StoredValue): void {
    throw new TypeError('no backup of MySQL has columns of classes');
  }

  #form(): ColumnForm | undefined {
    return this.#columns[this.#column]?.form;
  }

  /** Ones and zeros as the number that they are. */
  #bits(bytes: Uint8Array, start: number, end: number): void {
    this.#write(String(BigInt(`0b${Buffer.from(bytes.subarray(start, end)).toString('latin1')}`)));
  }

  /** ASCII without anything to escape. */
  #write(text: string): void {
    this.#need(MOST_SHORT);
    const out = this.#out;
    let at = this.#at;
    for (let i = 0; i < text.length; i++) out[at++] = text.charCodeAt(i);
    this.#endValue(at);
  }

  #endValue(at: number): void {
    this.#out[at] = TAB;
    this.#at = at + 1;
    this.#column += 1;
  }

  #need(bytes: number): void {
    if (this.#at + bytes <= this.#out.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#at + bytes, this.#out.length * 2));
    this.#out.copy(larger, 0, 0, this.#at);
    this.#out = larger;
  }
}

/** Of a column only what its text becomes a value by is looked at. */
function planOf(table: string, columns: readonly StoredColumn[]): InsertPlan {
  const planned = columns.map((column) => ({
    ...column,
    kind: column.form.kind === 'bytes' ? ('binary' as const) : ('text' as const),
    baseType: isBit(column) ? 'bit' : '',
  }));
  const keys = { primaryKey: [], uniqueKeys: [], foreignKeys: [], checks: [], triggers: [] };
  return { table: { name: table, columns: planned, ...keys }, columns: planned, fields: [] };
}

function notTaken(table: string, why: string | undefined): RowferryError {
  return new RowferryError(
    'restore-schema-drift',
    `${table} does not take the backup: ${why ?? 'rows were passed over'}`,
    { hint: 'change the table back to what it was, or drop it: it is then made as it was' },
  );
}
