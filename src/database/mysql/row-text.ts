import type { Column } from '../../model/table.ts';
import type { LaidOutRows } from '../row-layout.ts';
import { writeDatetime } from './encode-values.ts';

/** What stands in encoded rows: for keys that were refused, which are few, and for servers without LOAD DATA LOCAL. */

const TAB = 9;
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();

/** Values of the columns at `places` of row `nth`, in that order; null for NULL. */
export function rowValues(rows: LaidOutRows, nth: number, places: readonly number[]): (string | null)[] {
  const { data, layout } = rows;
  const text = Buffer.from(data.buffer, data.byteOffset, data.length);
  const values = new Array<string | null>(places.length).fill(null);
  const last = Math.max(...places);
  // Without the LF.
  const end = (layout.starts[nth + 1] ?? 0) - 1;
  let at = layout.starts[nth] ?? 0;
  for (let c = 0; c <= last; c++) {
    let stop = at;
    while (stop < end && data[stop] !== TAB) stop++;
    const i = places.indexOf(c);
    if (i >= 0) values[i] = unescaped(text.toString('utf8', at, stop));
    at = stop + 1;
  }
  return values;
}

const ESCAPED: Readonly<Record<string, string>> = { t: '\t', n: '\n', '\\': '\\' };

function unescaped(text: string): string | null {
  if (text === '\\N') return null;
  return text.includes('\\')
    ? text.replace(/\\(.)/g, (_, letter: string) => ESCAPED[letter] ?? letter)
    : text;
}

const ESCAPES: Readonly<Record<string, string>> = { '\t': '\\t', '\n': '\\n', '\\': '\\\\' };

const escaped = (text: string): string => text.replace(/[\t\n\\]/g, (byte) => ESCAPES[byte] ?? byte);

const BUCKETS = 4096;
const FNV_OFFSET = 0x811c9dc5;

const bucketOf = (hash: number): number => (hash ^ (hash >>> 15)) & (BUCKETS - 1);

/** FNV-1a. */
function hashOf(bytes: Uint8Array, start: number, end: number, before: number): number {
  let hash = before;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193);
  return hash;
}

interface Match {
  readonly record: number;
  readonly text: string;
}

/**
 * The rows whose values at `places`, joined, are among a few wanted texts. A hash of the bytes tells nearly all others
 * before a text is made of them.
 */
export function matchingRows(
  rows: LaidOutRows,
  places: readonly number[],
  separator: string,
  wanted: ReadonlySet<string>,
): Match[] {
  if (wanted.size === 0) return [];
  const likely = new Uint8Array(BUCKETS);
  for (const text of wanted) {
    const bytes = encoder.encode(escaped(text));
    likely[bucketOf(hashOf(bytes, 0, bytes.length, FNV_OFFSET))] = 1;
  }
  const found: Match[] = [];
  const { records } = rows.layout;
  const hasher = new RowHasher(rows, places, separator);
  for (let nth = 0; nth < records.length; nth++) {
    if (likely[bucketOf(hasher.hash(nth))] === 0) continue;
    const parts = rowValues(rows, nth, places);
    const text = parts.includes(null) ? null : parts.join(separator);
    if (text !== null && wanted.has(text)) found.push({ record: records[nth] ?? 0, text });
  }
  return found;
}

/** Hashes of the values at some places of rows, joined. */
class RowHasher {
  readonly #rows: LaidOutRows;
  readonly #separator: Uint8Array;
  /** For each place, by column; -1 for the columns between. */
  readonly #placeOf: Int32Array;
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;

  constructor(rows: LaidOutRows, places: readonly number[], separator: string) {
    this.#rows = rows;
    this.#separator = encoder.encode(separator);
    this.#placeOf = Int32Array.from({ length: Math.max(...places) + 1 }, (_, c) => places.indexOf(c));
    this.#starts = new Int32Array(places.length);
    this.#ends = new Int32Array(places.length);
  }

  hash(nth: number): number {
    this.#find(nth);
    const { data } = this.#rows;
    let hash = FNV_OFFSET;
    for (let i = 0; i < this.#starts.length; i++) {
      if (i > 0) hash = hashOf(this.#separator, 0, this.#separator.length, hash);
      hash = hashOf(data, this.#starts[i] ?? 0, this.#ends[i] ?? 0, hash);
    }
    return hash;
  }

  #find(nth: number): void {
    const { data, layout } = this.#rows;
    const end = (layout.starts[nth + 1] ?? 0) - 1;
    let at = layout.starts[nth] ?? 0;
    for (let c = 0; c < this.#placeOf.length; c++) {
      let stop = at;
      while (stop < end && data[stop] !== TAB) stop++;
      const place = this.#placeOf[c] ?? -1;
      if (place >= 0) {
        this.#starts[place] = at;
        this.#ends[place] = stop;
      }
      at = stop + 1;
    }
  }
}

/**
 * A value as it came, or as the server writes it → as rows are encoded. Texts are as they are: by which collation they
 * are compared is the server's part.
 */
export function canonicalText(column: Column, text: string): string {
  switch (column.kind) {
    case 'integer':
    case 'decimal':
      return text
        .replace(/^\+/, '')
        .replace(/^(-?)0+(?=\d)/, '$1')
        .replace(/(\.\d*?)0+$/, '$1')
        .replace(/\.$/, '')
        .replace(/^-0$/, '0');
    case 'float':
      return String(Number(text));
    case 'datetime':
    case 'time':
      return text.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '');
    case 'uuid':
    case 'binary':
      return text.toLowerCase();
    default:
      return text;
  }
}

const DATETIME = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[Zz]|[+-]\d\d(?::?\d\d)?)?$/;

/** A field as it came → the text that is sent for it. What is no value of its type stays as it is. */
export function sentText(column: Column, text: string): string {
  if (column.kind !== 'datetime') return canonicalText(column, text);
  if (!DATETIME.test(text)) return text;
  const bytes = encoder.encode(text);
  const out = new Uint8Array(bytes.length + 8);
  return decoder.decode(out.subarray(0, writeDatetime(bytes, 0, bytes.length, out, 0)));
}
