import { DoubledQuotes } from '../model/doubled-quotes.ts';
import { FIELD_NULL, NOT_READ, type Tape } from '../model/tape.ts';

/** The typed arrays of a tape, kept between batches so that a lane allocates once. */
export interface TapeBuffers {
  starts: Int32Array<ArrayBuffer>;
  ends: Int32Array<ArrayBuffer>;
  flags: Uint8Array<ArrayBuffer>;
  integers: Int32Array<ArrayBuffer>;
  recordStarts: Int32Array<ArrayBuffer>;
  recordEnds: Int32Array<ArrayBuffer>;
  recordLines: Int32Array<ArrayBuffer>;
  fieldCounts: Int32Array<ArrayBuffer>;
  faults: Uint8Array<ArrayBuffer>;
  readonly doubledQuotes: DoubledQuotes;
}

export function emptyTapeBuffers(): TapeBuffers {
  return {
    starts: new Int32Array(0),
    ends: new Int32Array(0),
    flags: new Uint8Array(0),
    integers: new Int32Array(0),
    recordStarts: new Int32Array(0),
    recordEnds: new Int32Array(0),
    recordLines: new Int32Array(0),
    fieldCounts: new Int32Array(0),
    faults: new Uint8Array(0),
    doubledQuotes: new DoubledQuotes(),
  };
}

/** Grows the arrays of a tape while it is written. Fields go straight into `starts`, `ends` and `flags`. */
export class TapeWriter {
  readonly width: number;
  records = 0;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #buffers: TapeBuffers;
  #capacity: number;

  constructor(
    bytes: Uint8Array<ArrayBuffer>,
    width: number,
    buffers: TapeBuffers = emptyTapeBuffers(),
    maxRecords = 1 << 30,
  ) {
    this.#bytes = bytes;
    this.width = width;
    this.#buffers = buffers;
    const fields = Math.floor(buffers.starts.length / Math.max(width, 1));
    this.#capacity = Math.min(fields, buffers.recordStarts.length);
    this.#reserve(Math.min(maxRecords + 1, estimateRecords(bytes)));
  }

  get starts(): Int32Array<ArrayBuffer> {
    return this.#buffers.starts;
  }
  get ends(): Int32Array<ArrayBuffer> {
    return this.#buffers.ends;
  }
  get flags(): Uint8Array<ArrayBuffer> {
    return this.#buffers.flags;
  }
  /** All arrays; those of fields and of records are replaced when the tape grows. */
  get arrays(): TapeBuffers {
    return this.#buffers;
  }
  /** Records that there is room for. */
  get capacity(): number {
    return this.#capacity;
  }
  /** The next record has no room: call grow() and take the arrays anew. */
  get full(): boolean {
    return this.records >= this.#capacity;
  }

  grow(): void {
    this.#reserve(Math.max(1024, this.#capacity * 2));
  }

  /** Ends the record whose fields were written at records × width. All in bytes; `line` is 0-based. */
  record(start: number, end: number, line: number, fields: number, fault: number): void {
    const r = this.records++;
    this.#buffers.recordStarts[r] = start;
    this.#buffers.recordEnds[r] = end;
    this.#buffers.recordLines[r] = line;
    this.#buffers.fieldCounts[r] = fields;
    this.#buffers.faults[r] = fault;
  }

  /** A record of one NULL field. */
  emptyRecord(at: number, line: number): void {
    if (this.full) this.grow();
    this.starts[this.records] = at;
    this.ends[this.records] = at;
    this.flags[this.records] = FIELD_NULL;
    this.record(at, at, line, 1, 0);
  }

  finish(consumed: number, lines: number): Tape {
    const { doubledQuotes: _, ...arrays } = this.#buffers;
    arrays.integers.fill(NOT_READ, 0, this.records * this.width);
    return {
      bytes: this.#bytes,
      width: this.width,
      records: this.records,
      ...arrays,
      consumed,
      lines,
    };
  }

  #reserve(records: number): void {
    if (records <= this.#capacity) return;
    const fields = records * this.width;
    const b = this.#buffers;
    b.starts = enlarge32(b.starts, fields);
    b.ends = enlarge32(b.ends, fields);
    b.integers = enlarge32(b.integers, fields);
    b.recordStarts = enlarge32(b.recordStarts, records);
    b.recordEnds = enlarge32(b.recordEnds, records);
    b.recordLines = enlarge32(b.recordLines, records);
    b.fieldCounts = enlarge32(b.fieldCounts, records);
    b.flags = enlarge8(b.flags, fields);
    b.faults = enlarge8(b.faults, records);
    this.#capacity = records;
  }
}

const SAMPLE = 64 * 1024;

/** Records in the bytes, judged by the line ends of the first 64 KiB and a tenth on top. */
function estimateRecords(bytes: Uint8Array): number {
  const sample = Math.min(SAMPLE, bytes.length);
  let lines = 1;
  for (let i = 0; i < sample; i++) if (bytes[i] === 10 || bytes[i] === 13) lines++;
  return Math.ceil((lines / Math.max(sample, 1)) * bytes.length * 1.1) + 16;
}

function enlarge32(array: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  if (array.length >= length) return array;
  const larger = new Int32Array(length);
  larger.set(array);
  return larger;
}

function enlarge8(array: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  if (array.length >= length) return array;
  const larger = new Uint8Array(length);
  larger.set(array);
  return larger;
}
