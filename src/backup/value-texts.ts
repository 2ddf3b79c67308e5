import type { RowSink } from '../model/row-sink.ts';
import { classesOf, InvalidText, type StoredColumn, type StoredValue } from '../model/stored-table.ts';

/** What kind of value a text stands for: 1, 1.0, '1' and the byte 1 are four values. */
export type ValueTag = 'null' | 'boolean' | 'integer' | 'real' | 'decimal' | 'text' | 'bytes';

const MICROS_A_MILLI = 1000n;
const MICROS_A_DAY = 86_400_000_000n;

/** The values of the last row, each as a text for people and for comparison. */
export class ValueTexts implements RowSink {
  readonly #columns: readonly StoredColumn[];
  readonly #mixed: readonly boolean[];
  /** Null for NULL. */
  readonly texts: Array<string | null>;
  readonly tags: ValueTag[];
  #at = 0;

  constructor(columns: readonly StoredColumn[]) {
    this.#columns = columns;
    // Beside integers, which come as bigint then, a number is a real.
    this.#mixed = columns.map((column) => classesOf(column).includes('real'));
    this.texts = columns.map(() => null);
    this.tags = columns.map(() => 'null');
  }

  null(): void {
    this.#put('null', null);
  }

  boolean(value: boolean): void {
    this.#put('boolean', String(value));
  }

  int(value: number): void {
    if (this.#kind() === 'date') this.#put('text', isoOf(BigInt(value) * MICROS_A_DAY).slice(0, 10));
    else this.#put('integer', String(value));
  }

  long(high: number, low: number): void {
    const value = (BigInt(high) << 32n) | BigInt(low >>> 0);
    const form = this.#columns[this.#at]?.form;
    if (form?.kind === 'time-micros') this.#put('text', momentOf(value).slice(11));
    else if (form?.kind === 'timestamp-micros') this.#put('text', momentOf(value) + (form.utc ? '+00' : ''));
    else this.#put('integer', String(value));
  }

  float(value: number): void {
    this.#put('real', shortestFloat(value));
  }

  double(value: number): void {
    this.#put('real', realText(value));
  }

  text(bytes: Uint8Array, start: number, end: number): void {
    this.#put('text', bufferOf(bytes).toString('utf8', start, end));
  }

  bytes(bytes: Uint8Array, start: number, end: number): void {
    this.#put('bytes', `\\x${bufferOf(bytes).toString('hex', start, end)}`);
  }

  fixed(bytes: Uint8Array, start: number, end: number): void {
    const form = this.#columns[this.#at]?.form;
    const hex = bufferOf(bytes).toString('hex', start, end);
    const value = BigInt.asIntN((end - start) * 8, BigInt(`0x${hex}`));
    this.#put('decimal', decimalText(value, form?.kind === 'decimal' ? form.scale : 0));
  }

  value(value: StoredValue): void {
    if (value === null) this.null();
    else if (typeof value === 'string') this.#put('text', value);
    else if (typeof value === 'bigint') this.#put('integer', String(value));
    else if (typeof value === 'number' && this.#mixed[this.#at] === true) this.#put('real', realText(value));
    else if (typeof value === 'number') this.#put('integer', String(value));
    else {
      const bytes = value instanceof InvalidText ? value.bytes : value;
      this.bytes(bytes, 0, bytes.length);
    }
  }

  endRow(): boolean {
    this.#at = 0;
    return false;
  }

  #kind(): string | undefined {
    return this.#columns[this.#at]?.form.kind;
  }

  #put(tag: ValueTag, text: string | null): void {
    this.tags[this.#at] = tag;
    this.texts[this.#at] = text;
    this.#at += 1;
  }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** 2021-07-27 16:02:08 and as many digits of the second as there are. */
function momentOf(micros: bigint): string {
  const iso = isoOf(micros);
  const fraction = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const digits = fraction === 0n ? '' : `.${String(fraction).padStart(6, '0').replace(/0+$/, '')}`;
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)}${digits}`;
}

function isoOf(micros: bigint): string {
  const millis = (micros - (((micros % MICROS_A_MILLI) + MICROS_A_MILLI) % MICROS_A_MILLI)) / MICROS_A_MILLI;
  const date = new Date(Number(millis));
  // What no calendar has comes of a damaged file only.
  return Number.isNaN(date.getTime()) ? `${micros}µs`.padEnd(19) : date.toISOString();
}

/** -0 is not 0; whole numbers keep a point, so that they look like what they are. */
function realText(value: number): string {
  if (Object.is(value, -0)) return '-0.0';
  const text = String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

function shortestFloat(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const text = Number(value.toPrecision(digits));
    if (Math.fround(text) === value) return realText(text);
  }
  return realText(value);
}

function decimalText(value: bigint, scale: number): string {
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0');
  const sign = value < 0n ? '-' : '';
  if (scale === 0) return sign + digits;
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
