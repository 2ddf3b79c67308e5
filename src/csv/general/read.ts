import { RowferryError } from '../../errors.ts';
import type { Dialect } from '../../model/dialect.ts';
import {
  FIELD_NULL,
  MAX_FIELDS,
  MAX_RECORD_BYTES,
  RECORD_ENCODING,
  RECORD_NUL,
  RECORD_TOO_LONG,
  type Tape,
} from '../../model/tape.ts';
import { type TapeBuffers, TapeWriter } from '../tape-writer.ts';
import { Appended } from './appended.ts';
import { isUtf8Encoding } from './encoding.ts';
import { marksOf } from './marks.ts';
import { RecordReader } from './record-reader.ts';
import { repairRagged } from './repair-ragged.ts';
import { type Extent, Text } from './text.ts';
import { transcode } from './transcode.ts';
import type { Transcoded } from './transcoded.ts';

export interface GeneralOptions {
  /** Fields kept of each record. */
  readonly width: number;
  /** The bytes end the content: its footer is cut off, and an open record is one. */
  readonly last: boolean;
  /** First byte to look at, e.g. after a byte order mark or a header; default 0. */
  readonly from?: number;
  /** Rows before the first record, where the dialect's `commentRows` are to be left out; undefined: they are not. */
  readonly rows?: number;
  /** Stops after this many records. */
  readonly maxRecords?: number;
  /** Arrays to use again; the tape made from them before is no longer valid. */
  readonly buffers?: TapeBuffers;
}

/**
 * Bytes of any dialect → tape, for what `scan` does not read. The places of records are those in the bytes that came;
 * a field that stood otherwise than it is to be read (escaped, or in another encoding) lies after them in `tape.bytes`.
 *
 * It differs from `scan` where a quote is never closed: the broken record ends before the next one that is as it
 * should be. Neither a byte order mark nor a header is looked for: see `readHead`.
 */
export function readGeneral(bytes: Uint8Array<ArrayBuffer>, dialect: Dialect, options: GeneralOptions): Tape {
  return new GeneralReading(bytes, dialect, options).run();
}

class GeneralReading {
  readonly #dialect: Dialect;
  readonly #options: GeneralOptions;
  /** Null where the content is UTF-8 as it came. */
  readonly #transcoded: Transcoded | null;
  readonly #text: Text;
  readonly #tape: TapeWriter;
  readonly #appended = new Appended();
  readonly #reader: RecordReader;
  readonly #maxRecords: number;
  /** Numbers of the rows that are none. */
  readonly #commentRows: ReadonlySet<number>;
  #row: number;

  constructor(bytes: Uint8Array<ArrayBuffer>, dialect: Dialect, options: GeneralOptions) {
    const { width, last, from = 0, rows, maxRecords = Number.POSITIVE_INFINITY, buffers } = options;
    const { encoding } = dialect;
    this.#dialect = dialect;
    this.#options = options;
    this.#transcoded = isUtf8Encoding(encoding) ? null : transcode({ raw: bytes, from, last, encoding });
    const extent: Extent = { bytes, end: bytes.length, last, ...this.#transcoded };
    const start = this.#transcoded?.start ?? from;
    const sample = extent.bytes.subarray(start, extent.end);
    this.#text = new Text(extent, marksOf(dialect));
    this.#tape = new TapeWriter(sample, width, buffers, Math.min(maxRecords, 1 << 30));
    this.#reader = new RecordReader(this.#text, start, this.#tape, this.#appended);
    this.#maxRecords = maxRecords;
    this.#commentRows = new Set(rows === undefined ? [] : dialect.commentRows);
    this.#row = rows ?? 0;
  }

  run(): Tape {
    const reader = this.#reader;
    while (reader.at < this.#text.end && this.#tape.records < this.#maxRecords) {
      if (this.#tape.full) this.#tape.grow();
      const found = reader.next();
      if (found === 'open') break;
      if (found === 'record') this.#record();
      else if (found === 'blank' && this.#tape.width === 1) this.#blank();
    }
    if (!this.#options.last) this.#refuseLateComments();
    this.#cutFooter();
    this.#repair();
    this.#markBytes();
    const tape = this.#tape.finish(this.#original(reader.at), reader.line);
    const all = { ...tape, bytes: this.#appended.after(this.#text.bytes) };
    return this.#transcoded === null ? all : { ...all, transcoded: true };
  }

  #record(): void {
    const { start, end, startLine, fault } = this.#reader;
    if (this.#commentRows.has(++this.#row)) return;
    const { width, records } = this.#tape;
    const fields = this.#countOf();
    for (
      let slot = records * width + Math.min(this.#reader.fields, width);
      slot < (records + 1) * width;
      slot++
    ) {
      this.#tape.starts[slot] = end;
      this.#tape.ends[slot] = end;
      this.#tape.flags[slot] = FIELD_NULL;
    }
    const long = end - start > MAX_RECORD_BYTES ? RECORD_TOO_LONG : 0;
    this.#tape.record(start, end, startLine, fields, fault | long);
  }

  /** `pad`: fields that are missing are NULL. `trim`: empty fields after the last column are none. */
  #countOf(): number {
    const { fields, hasMore, fault } = this.#reader;
    const { width } = this.#tape;
    const { ragged } = this.#dialect;
    const padded = ragged === 'pad' && fields < width && fault === 0;
    const trimmed = ragged === 'trim' && fields > width && !hasMore;
    return padded || trimmed ? width : Math.min(fields, MAX_FIELDS + 1);
  }

  /** Before the places of records are those of the bytes that came: it reads the text. */
  #repair(): void {
    if (this.#dialect.ragged !== 'repair') return;
    const { arrays, records, width } = this.#tape;
    const tape = { ...arrays, bytes: this.#text.bytes, records, width, consumed: 0, lines: 0 };
    repairRagged(tape, this.#dialect, this.#appended);
  }

  /** With one column an empty line is a record. */
  #blank(): void {
    if (this.#commentRows.has(++this.#row)) return;
    this.#tape.emptyRecord(this.#reader.start, this.#reader.startLine);
  }

  /** What a part does not reach is not left out of the next, which does not know its rows. */
  #refuseLateComments(): void {
    const rows = Math.max(...this.#commentRows);
    if (rows <= this.#row || this.#tape.records >= this.#maxRecords) return;
    throw new RowferryError(
      'dialect-invalid',
      `dialect.commentRows has row ${rows}; the first part of the content ends with row ${this.#row}`,
      { hint: 'mark such rows by a character in the content, and declare it as commentChar' },
    );
  }

  /** What the text cannot tell of the bytes it was made from. */
  #markBytes(): void {
    if (this.#transcoded === null) return;
    const { bytes, invalid, end, start } = this.#transcoded;
    const { recordStarts, recordEnds, faults } = this.#tape.arrays;
    const content = Buffer.from(bytes.buffer, bytes.byteOffset, end);
    const hasNul = content.includes(0, start);
    let next = 0;
    for (let r = 0; r < this.#tape.records; r++) {
      const from = recordStarts[r] ?? 0;
      const to = recordEnds[r] ?? 0;
      let fault = faults[r] ?? 0;
      while ((invalid[next] ?? to) < from) next++;
      if ((invalid[next] ?? to) < to) fault |= RECORD_ENCODING;
      if (hasNul && content.subarray(from, to).includes(0)) fault |= RECORD_NUL;
      faults[r] = fault;
      recordStarts[r] = this.#original(from);
      recordEnds[r] = this.#original(to);
    }
  }

  #original(place: number): number {
    return this.#transcoded?.original(place) ?? place;
  }

  #cutFooter(): void {
    const { skipFooterRows } = this.#dialect;
    const { last, rows } = this.#options;
    if (!last || skipFooterRows === 0 || this.#tape.records >= this.#maxRecords) return;
    if (this.#tape.records < skipFooterRows && rows === undefined)
      throw footerCut(skipFooterRows, this.#tape.records);
    this.#tape.records = Math.max(0, this.#tape.records - skipFooterRows);
  }
}

function footerCut(expected: number, found: number): RowferryError {
  return new RowferryError(
    'dialect-invalid',
    `dialect.skipFooterRows is ${expected}; the last part of the content has ${found} records, so it cannot be told from data`,
    { hint: 'send a last part that holds the whole footer' },
  );
}
