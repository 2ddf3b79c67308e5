import type { ColumnReading } from './column-reading.ts';
import type { DoubledQuotes } from './doubled-quotes.ts';

/**
 * A parsed batch: the bytes, and for every field its start, end and flags, in typed arrays.
 *
 * Field f of record r stands at index r * width + f. `starts` and `ends` are byte offsets into `bytes`; a quoted
 * field's offsets lie inside its quotes. A record with fewer fields than `width` has NULL fields for the rest; of one
 * with more only the first `width` are kept; `fieldCounts` tells both.
 */
export interface Tape {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly width: number;
  readonly records: number;
  /** Int32 × records × width. */
  readonly starts: Int32Array<ArrayBuffer>;
  readonly ends: Int32Array<ArrayBuffer>;
  /** Uint8 × records × width: FIELD_* bits. */
  readonly flags: Uint8Array<ArrayBuffer>;
  /**
   * Int32 × records × width: the whole numbers that `check` read in fields of integer columns, so that they are not
   * read again; NOT_READ in all others.
   */
  readonly integers: Int32Array<ArrayBuffer>;
  /** Int32 × records: first byte of the record, and the byte after its last field (its record end not included). */
  readonly recordStarts: Int32Array<ArrayBuffer>;
  readonly recordEnds: Int32Array<ArrayBuffer>;
  /** Int32 × records: 0-based physical line within `bytes` on which the record starts. */
  readonly recordLines: Int32Array<ArrayBuffer>;
  /** Int32 × records: fields found, capped at MAX_FIELDS + 1. */
  readonly fieldCounts: Int32Array<ArrayBuffer>;
  /** Uint8 × records: RECORD_* bits. */
  readonly faults: Uint8Array<ArrayBuffer>;
  /** Bytes that belong to whole records (and blank lines): where the next part starts. */
  readonly consumed: number;
  /** Physical lines in the consumed bytes. */
  readonly lines: number;
  /** Those in fields with FIELD_DOUBLED; where there is none, they have to be looked for. */
  readonly doubledQuotes?: DoubledQuotes;
  /** The fields stand after the bytes that came, which are in another encoding than UTF-8. */
  readonly transcoded?: boolean;
  /** Of fields of the tape whose values were rewritten, how they came. */
  readonly asWritten?: ReadonlyMap<number, WrittenFields>;
}

/** One field of all records, as it came. */
export interface WrittenFields {
  /** By record; as in Tape. */
  readonly starts: Int32Array<ArrayBuffer>;
  readonly ends: Int32Array<ArrayBuffer>;
  readonly flags: Uint8Array<ArrayBuffer>;
  /** How they were read. */
  readonly reading: ColumnReading;
}

export const FIELD_QUOTED = 1;
/** Quoted, with doubled quotes inside. */
export const FIELD_DOUBLED = 2;
/** NULL: an empty field without quotes (or one that JSON gave as null). */
export const FIELD_NULL = 4;
/** Not written as is declared for its column: a reject, whatever it would be otherwise. */
export const FIELD_UNREAD = 8;

/** No whole number was read in the field, or one that is not known to fit: what it holds stands in its bytes. */
export const NOT_READ = -(2 ** 31);

export const RECORD_QUOTE_UNCLOSED = 1;
export const RECORD_QUOTE_STRAY = 2;
export const RECORD_TOO_LONG = 4;
/** Of a tape that was transcoded: bytes that mean nothing in the encoding they came in, and NUL. */
export const RECORD_ENCODING = 8;
export const RECORD_NUL = 16;

/** loading.md, Reading: limits of a record. */
export const MAX_RECORD_BYTES = 1 << 20;
export const MAX_FIELDS = 1000;
