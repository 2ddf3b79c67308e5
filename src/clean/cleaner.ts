import { isUtf8 } from 'node:buffer';
import { columnProfiles, isGood } from '../csv/repair/column-profiles.ts';
import type { ColumnProfile } from '../csv/repair/profile.ts';
import type { Dialect } from '../model/dialect.ts';
import { RECORD_QUOTE_STRAY, RECORD_QUOTE_UNCLOSED, RECORD_TOO_LONG, type Tape } from '../model/tape.ts';
import { readHead } from './head.ts';
import { afterLine, firstLineOf } from './lines.ts';
import { type Broken, type Mended, Mender } from './mender.ts';
import { OtherTable } from './other-table.ts';
import { raggedFields } from './ragged.ts';
import type { RecordBuffer } from './record-buffer.ts';
import type { CleanCode, Tally } from './report.ts';
import type { Chunk } from './source.ts';
import { type TapeReader, tapeReader } from './tape-reader.ts';

export interface CleanerOptions {
  readonly dialect: Dialect;
  readonly tables: 'first' | 'all';
  readonly out: RecordBuffer;
  readonly tally: Tally;
}

/** After a place was found anew, so few records are read at once, and then more: others may be lost there too. */
const FEW_RECORDS = 64;
const ALL_RECORDS = 1 << 30;
/** Good records that say enough of the columns. */
const KNOWN = 8;
/** Columns are looked at anew after so many records. */
const NEIGHBOURS = 50_000;
const QUOTE_FAULTS = RECORD_QUOTE_STRAY | RECORD_QUOTE_UNCLOSED;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Reads content piece by piece, and writes the records that can be read, the header first. */
export class Cleaner {
  readonly #dialect: Dialect;
  readonly #tables: 'first' | 'all';
  readonly #out: RecordBuffer;
  readonly #tally: Tally;
  readonly #reader: TapeReader;
  /** For one record at a time: the tape at hand is the other's. */
  readonly #single: TapeReader;
  readonly #mender: Mender;
  /** Wrong bytes are U+FFFD by now. */
  readonly #transcoded: boolean;
  readonly #quote: number;
  #started = false;
  #width = 0;
  /** 1-based physical line of the next byte to be read. */
  #line = 1;
  #profiles: readonly ColumnProfile[] = [];
  #profiledAt = 0;
  #other: OtherTable | null = null;
  #inOther = false;
  /** The tape at hand has bytes that are not UTF-8, or NUL. */
  #suspect = false;

  constructor({ dialect, tables, out, tally }: CleanerOptions) {
    this.#dialect = dialect;
    this.#tables = tables;
    this.#out = out;
    this.#tally = tally;
    this.#reader = tapeReader(dialect);
    this.#single = tapeReader(dialect);
    this.#mender = new Mender(dialect);
    this.#transcoded = dialect.encoding !== 'utf-8';
    this.#quote = dialect.quoteChar?.charCodeAt(0) ?? -1;
  }

  /** Bytes consumed of the piece: the next one starts after them. */
  push({ bytes, last }: Chunk): number {
    let from = this.#started ? 0 : this.#start(bytes, last);
    if (this.#width === 0) return last ? bytes.length : from;
    let batch = ALL_RECORDS;
    for (;;) {
      const tape = this.#reader.read(bytes, { from, width: this.#width, last, maxRecords: batch });
      const ended = tape.records < batch;
      const held = Math.min(this.#dialect.skipFooterRows, tape.records);
      const part = bytes.subarray(from, tape.consumed);
      this.#suspect = this.#wrongBytes(part) !== null;
      const lost = this.#records(tape, tape.records - held);
      if (lost !== null) {
        from = lost.at;
        this.#line += lost.lines;
        batch = FEW_RECORDS + this.#dialect.skipFooterRows;
        continue;
      }
      if (ended && last) return bytes.length;
      if (held > 0) {
        from = tape.recordStarts[tape.records - held] ?? tape.consumed;
        this.#line += tape.recordLines[tape.records - held] ?? 0;
      } else {
        from = tape.consumed;
        this.#line += tape.lines;
      }
      if (ended) return from;
      batch = Math.min(batch * 2, ALL_RECORDS);
    }
  }

  #start(bytes: Uint8Array<ArrayBuffer>, last: boolean): number {
    this.#started = true;
    const options = { dialect: this.#dialect, reader: this.#reader, mender: this.#mender, last };
    const { names, rows, headerLine, usualWidth, from, line } = readHead(bytes, options);
    this.#line = line + 1;
    this.#width = usualWidth;
    if (names === null) return from;
    this.#header(names, headerLine + 1, usualWidth);
    this.#other = new OtherTable(rows[0] ?? names);
    return from;
  }

  /** Where records have more fields than there are names, and may be changed, names are left out and not records. */
  #header(names: readonly string[], line: number, usualWidth: number): void {
    const repairs = this.#dialect.ragged === 'repair';
    this.#width = repairs ? Math.max(names.length, usualWidth) : names.length;
    const header = [...names, ...Array(this.#width - names.length).fill('')];
    this.#tally.header = header;
    this.#out.texts(header.map((name) => (name === '' ? null : name)));
    if (usualWidth === 0 || usualWidth === names.length) return;
    const code = names.length < usualWidth ? 'columns.few' : 'columns.many';
    const message = `the header has ${names.length} names, most records have ${usualWidth} fields`;
    this.#tally.note(0, line, code, message);
  }

  /** Takes the first `count` records of a tape; says where to go on where that is not after them. */
  #records(tape: Tape, count: number): { at: number; lines: number } | null {
    let run = 0;
    for (let record = 0; record < count; record++) {
      const suspect = this.#suspect && this.#wrongIn(tape, record) !== null;
      const repeats = this.#repeats(tape, record) && this.#tally.records + record - run > 0;
      if (isGood(tape, record) && !suspect && !repeats) continue;
      this.#good(tape, run, record);
      run = record + 1;
      if (repeats) this.#repeatedHeader(tape, record);
      else if (this.#odd(tape, record)) {
        const at = afterLine(tape.bytes, tape.recordStarts[record] ?? 0);
        return { at, lines: (tape.recordLines[record] ?? 0) + 1 };
      }
    }
    this.#good(tape, run, count);
    return null;
  }

  #repeats(tape: Tape, record: number): boolean {
    return !this.#inOther && this.#other !== null && this.#other.startsAt(tape, record);
  }

  /** Records that are as they should be. */
  #good(tape: Tape, from: number, to: number): void {
    if (this.#inOther) {
      for (let record = from; record < to; record++) this.#reject(tape, record, 'table.other', OTHER);
      return;
    }
    this.#tally.records += to - from;
    this.#tally.written += to - from;
    if (this.#reader.writesAsRead) this.#spans(tape, from, to);
    else for (let record = from; record < to; record++) this.#out.fields(tape, record, this.#quote);
  }

  /** Whole stretches at once, as long as only LF stands between the records. */
  #spans(tape: Tape, from: number, to: number): void {
    const { bytes, recordStarts, recordEnds } = tape;
    let first = from;
    for (let record = from; record < to; record++) {
      const end = recordEnds[record] ?? 0;
      if (record + 1 < to && recordStarts[record + 1] === end + 1 && bytes[end] === LF) continue;
      this.#out.span(bytes, recordStarts[first] ?? 0, end);
      first = record + 1;
    }
  }

  #repeatedHeader(tape: Tape, record: number): void {
    if (this.#tables === 'all') return;
    this.#inOther = true;
    this.#reject(tape, record, 'table.other', 'it repeats the header: another table starts here');
  }

  /** A record that is not as it should be. True: only its first line was taken. */
  #odd(tape: Tape, record: number): boolean {
    const faults = tape.faults[record] ?? 0;
    const wrong = this.#suspect ? this.#wrongIn(tape, record) : null;
    if (this.#inOther) this.#reject(tape, record, 'table.other', OTHER);
    else if (wrong !== null) this.#reject(tape, record, wrong, WRONG_BYTES[wrong]);
    else if ((faults & RECORD_TOO_LONG) !== 0)
      this.#reject(tape, record, 'record.too_long', 'longer than 1 MiB');
    else return this.#mend(tape, record, (faults & QUOTE_FAULTS) !== 0);
    return false;
  }

  #mend(tape: Tape, record: number, quotes: boolean): boolean {
    const whole = decoder.decode(tape.bytes.subarray(tape.recordStarts[record], tape.recordEnds[record]));
    const firstLine = firstLineOf(whole);
    const mended = this.#mender.minds(quotes)
      ? this.#mended(tape, record, { whole, firstLine, quotes })
      : null;
    if (mended !== null) {
      this.#write(mended);
      return mended.onlyFirstLine;
    }
    const fields = quotes
      ? null
      : raggedFields(tape, record, { dialect: this.#dialect, reader: this.#single });
    if (fields === null) this.#rejectOdd(tape, record);
    else this.#write({ fields, onlyFirstLine: false });
    return quotes && firstLine !== whole;
  }

  #mended(tape: Tape, record: number, broken: Broken): Mended | null {
    const profiles = this.#profilesAt(tape, record);
    return this.#mender.mend(broken, profiles, (profiles[0]?.values ?? 0) >= KNOWN);
  }

  #write({ fields }: Mended): void {
    this.#tally.records++;
    this.#tally.written++;
    this.#tally.repaired++;
    this.#out.texts(fields.map(({ text, quoted }) => (text === '' && !quoted ? null : text)));
  }

  #rejectOdd(tape: Tape, record: number): void {
    const faults = tape.faults[record] ?? 0;
    const found = tape.fieldCounts[record] ?? 0;
    if ((faults & RECORD_QUOTE_UNCLOSED) !== 0) {
      this.#reject(tape, record, 'quote.unclosed', 'a quote that is not closed');
    } else if ((faults & RECORD_QUOTE_STRAY) !== 0) {
      this.#reject(
        tape,
        record,
        'quote.stray',
        'a quote within a field; no reading of it fits, or several do',
      );
    } else {
      const code = found < this.#width ? 'columns.few' : 'columns.many';
      this.#reject(
        tape,
        record,
        code,
        `${found} ${found === 1 ? 'field' : 'fields'}; expected ${this.#width}`,
      );
    }
  }

  #reject(tape: Tape, record: number, code: CleanCode, message: string): void {
    this.#tally.records++;
    this.#tally.reject(this.#line + (tape.recordLines[record] ?? 0), code, message);
  }

  #wrongIn(tape: Tape, record: number): keyof typeof WRONG_BYTES | null {
    return this.#wrongBytes(tape.bytes.subarray(tape.recordStarts[record], tape.recordEnds[record]));
  }

  #wrongBytes(bytes: Uint8Array): keyof typeof WRONG_BYTES | null {
    const wrong = this.#transcoded
      ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(REPLACEMENT)
      : !isUtf8(bytes);
    if (wrong) return 'encoding';
    return bytes.includes(0) ? 'nul' : null;
  }

  #profilesAt(tape: Tape, record: number): readonly ColumnProfile[] {
    const known = (this.#profiles[0]?.values ?? 0) >= FEW_RECORDS;
    if (known && this.#tally.records - this.#profiledAt < NEIGHBOURS) return this.#profiles;
    const profiles = columnProfiles(tape, record);
    if ((profiles[0]?.values ?? 0) < (this.#profiles[0]?.values ?? 0)) return this.#profiles;
    this.#profiles = profiles;
    this.#profiledAt = this.#tally.records;
    return profiles;
  }
}

const LF = 10;
const OTHER = 'it belongs to another table of the same file';
const WRONG_BYTES = { encoding: 'bytes that are none in its encoding', nul: 'a NUL character' };
/** What a decoder gives for bytes that are wrong. */
const REPLACEMENT = Buffer.from('\uFFFD');
