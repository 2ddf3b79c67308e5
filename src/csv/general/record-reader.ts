import {
  FIELD_DOUBLED,
  FIELD_NULL,
  FIELD_QUOTED,
  MAX_RECORD_BYTES,
  RECORD_QUOTE_STRAY,
  RECORD_QUOTE_UNCLOSED,
} from '../../model/tape.ts';
import type { TapeWriter } from '../tape-writer.ts';
import type { Appended } from './appended.ts';
import { SPACE, stands } from './marks.ts';
import { DELIMITER, type Ending, NOTHING, RECORD_END, type Text } from './text.ts';

/** What stood at a place where a record could begin. */
export type Found = 'record' | 'blank' | 'comment' | 'open';

/** The field has a quote that is not closed within the size of a record. */
const UNCLOSED = 3;
/** Bytes that are read at most to find where a broken record ends. */
const MOST_RECOVERY = 4 * MAX_RECORD_BYTES;

/**
 * Reads one record after the other, of any dialect, onto the slots of a tape. `at` and `line` are where it stands; a
 * record that is `open` at the end of bytes that are not the last leaves them where they were.
 */
export class RecordReader {
  at: number;
  /** 0-based physical line; LF, CRLF and CR end one. */
  line = 0;
  /** Of the record that was read last. */
  start = 0;
  startLine = 0;
  end = 0;
  fields = 0;
  fault = 0;
  /** One of the fields that the tape has no room for is not empty. */
  hasMore = false;
  readonly #text: Text;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #tape: TapeWriter;
  readonly #appended: Appended;
  #slot = 0;
  #quoteLimit = 0;

  constructor(text: Text, from: number, tape: TapeWriter, appended: Appended) {
    this.#text = text;
    this.#bytes = text.bytes;
    this.at = from;
    this.#tape = tape;
    this.#appended = appended;
  }

  next(): Found {
    const { comment, skipBlank } = this.#text.marks;
    this.start = this.at;
    this.startLine = this.line;
    if (comment !== null && this.#bytes[this.at] === comment[0]) {
      const stood = stands(comment, this.#bytes, this.at, this.#text.end);
      if (stood) return this.#passComment() ? 'comment' : this.#open();
    }
    if (skipBlank) {
      const size = this.#text.recordEndAt(this.at);
      if (size < 0) return this.#open();
      if (size > 0) {
        this.#passRecordEnd(size);
        return 'blank';
      }
    }
    return this.#record() ? 'record' : this.#open();
  }

  #open(): 'open' {
    this.at = this.start;
    this.line = this.startLine;
    return 'open';
  }

  /** Quotes mean nothing in a comment. */
  #passComment(): boolean {
    const end = this.#text.recordEndFrom(this.at);
    const size = this.#text.recordEndAt(end);
    if (size < 0 || (size === 0 && !this.#text.last)) return false;
    this.line += this.#text.linesIn(this.at, end);
    this.at = end;
    this.#passRecordEnd(size);
    return true;
  }

  #record(): boolean {
    this.#quoteLimit = Math.min(this.#text.end, this.start + MAX_RECORD_BYTES);
    const ending = this.#fields();
    if (ending === UNCLOSED) return this.#recover();
    this.end = this.at;
    if (ending === NOTHING) return this.#text.last;
    const size = this.#text.recordEndAt(this.at);
    if (size < 0) return false;
    this.#passRecordEnd(size);
    return true;
  }

  #passRecordEnd(size: number): void {
    this.line += this.#text.linesIn(this.at, this.at + size);
    this.at += size;
  }

  /** The fields of one record from `at` on, which then stands at its end. */
  #fields(): Ending | typeof UNCLOSED {
    const { end, marks } = this.#text;
    this.#noFields();
    this.fault = 0;
    for (;;) {
      if (marks.skipSpaces) while (this.#bytes[this.at] === SPACE && this.at < end) this.at++;
      const quoted = this.#bytes[this.at] === marks.quote && this.at < end;
      const ending = quoted ? this.#quoted() : this.#plain();
      if (ending !== DELIMITER) return ending;
      this.at += marks.delimiter.length;
    }
  }

  #noFields(): void {
    this.#slot = this.#tape.records * this.#tape.width;
    this.fields = 0;
    this.hasMore = false;
  }

  /** A field without quotes around it. */
  #plain(): Ending {
    const bytes = this.#bytes;
    const { end, marks } = this.#text;
    const { stops, quote, escaping } = marks;
    const start = this.at;
    let i = start;
    let escaped = false;
    let ending: Ending = NOTHING;
    for (;;) {
      while (i < end && stops[bytes[i] ?? 0] === 0) i++;
      if (i >= end) break;
      ending = this.#text.endingAt(i);
      if (ending !== NOTHING) break;
      const size = bytes[i] === escaping ? this.#text.escapedAt(i + 1) : 0;
      if (size > 0) escaped = true;
      if (bytes[i] === quote) this.fault |= RECORD_QUOTE_STRAY;
      this.line += this.#text.linesIn(i, i + 1 + size);
      i += 1 + size;
    }
    this.at = i;
    // The text of NULL may hold the escape, as \N does.
    if (this.#text.isNullText(start, i)) this.#field(start, i, FIELD_NULL);
    else if (escaped) this.#rewritten(start, i, false);
    else this.#field(start, i, start === i ? FIELD_NULL : 0);
    return ending;
  }

  /** A field whose first byte is a quote. */
  #quoted(): Ending | typeof UNCLOSED {
    const closing = this.#closing(this.at + 1);
    if (closing < 0) return UNCLOSED;
    this.at = closing + 1;
    if (this.at >= this.#text.end) return NOTHING;
    const ending = this.#text.endingAt(this.at);
    return ending === NOTHING ? this.#passStray() : ending;
  }

  /** The quote that closes the field, which is written then; -1 where there is none. */
  #closing(start: number): number {
    const bytes = this.#bytes;
    const { end, marks } = this.#text;
    const { stopsInQuotes, quote, escaping, doubled } = marks;
    const limit = this.#quoteLimit;
    let i = start;
    let flag = FIELD_QUOTED;
    let escaped = false;
    for (;;) {
      while (i < limit && stopsInQuotes[bytes[i] ?? 0] === 0) i++;
      if (i >= limit) return -1;
      if (bytes[i] === quote) {
        if (!doubled || i + 1 >= end || bytes[i + 1] !== quote) break;
        flag |= FIELD_DOUBLED;
        i += 2;
        continue;
      }
      const size = bytes[i] === escaping ? this.#text.escapedAt(i + 1) : 0;
      if (size > 0) escaped = true;
      this.line += this.#text.linesIn(i, i + 1 + size);
      i += 1 + size;
    }
    if (escaped) this.#rewritten(start, i, doubled);
    else this.#field(start, i, flag);
    return i;
  }

  /** Text after a closing quote. */
  #passStray(): Ending {
    const { end, marks } = this.#text;
    this.fault |= RECORD_QUOTE_STRAY;
    for (; this.at < end; this.at++) {
      if (marks.stops[this.#bytes[this.at] ?? 0] === 0) continue;
      const ending = this.#text.endingAt(this.at);
      if (ending !== NOTHING) return ending;
      this.line += this.#text.linesIn(this.at, this.at + 1);
    }
    return NOTHING;
  }

  #field(start: number, end: number, flag: number): void {
    const tape = this.#tape;
    if (this.fields++ < tape.width) {
      tape.starts[this.#slot] = start;
      tape.ends[this.#slot] = end;
      tape.flags[this.#slot++] = flag;
    } else if (end > start) {
      this.hasMore = true;
    }
  }

  /** A field with its escapes and doubled quotes undone, after the bytes that came. */
  #rewritten(start: number, end: number, doubled: boolean): void {
    const { quote, escaping } = this.#text.marks;
    const out = this.#appended.reserve(end - start);
    const from = this.#appended.length;
    let to = from;
    for (let i = start; i < end; i++) {
      const c = this.#bytes[i] ?? 0;
      const size = c === escaping ? this.#text.escapedAt(i + 1) : 0;
      if (size === 0) out[to++] = c;
      for (let n = 0; n < size; n++) out[to++] = this.#bytes[++i] ?? 0;
      if (doubled && c === quote && i + 1 < end && this.#bytes[i + 1] === quote) i++;
    }
    this.#appended.length = to;
    this.#field(this.#bytes.length + from, this.#bytes.length + to, FIELD_QUOTED);
  }

  /**
   * After a quote that is never closed: the record ends before the next one that is as it should be, so that what
   * belongs to a broken record is not taken for others. Where none is within the size of a record, it ends at the
   * first record end.
   */
  #recover(): boolean {
    const { start, startLine } = this;
    const { end, last } = this.#text;
    if (!last && end - start < MAX_RECORD_BYTES) return false;
    const first = this.#text.recordEndFrom(start);
    if (!last && first + 1 >= end) return false;
    this.end = this.#brokenEnd(first);
    this.at = this.#text.afterRecordEnd(this.end);
    this.line = startLine + this.#text.linesIn(start, this.at);
    // Where its fields end nobody knows, so it has none.
    this.#noFields();
    this.fault = RECORD_QUOTE_UNCLOSED;
    return true;
  }

  #brokenEnd(first: number): number {
    const limit = this.#quoteLimit;
    let work = MOST_RECOVERY;
    for (let recordEnd = first; work > 0; recordEnd = this.#text.recordEndFrom(recordEnd)) {
      const from = this.#text.afterRecordEnd(recordEnd);
      if (from >= limit) break;
      if (this.#isGood(from)) return recordEnd;
      work -= Math.max(this.at, from) - from;
      recordEnd = from;
    }
    return first;
  }

  /** Whether a whole record of as many fields as there should be begins here. */
  #isGood(from: number): boolean {
    this.at = from;
    const ending = this.#fields();
    if (ending === UNCLOSED) this.at = this.#quoteLimit;
    const whole = ending === RECORD_END || (ending === NOTHING && this.#text.last);
    return whole && this.at <= this.#quoteLimit && this.fault === 0 && this.fields === this.#tape.width;
  }
}
