import { csvRecord } from '../csv/write.ts';
import { fieldText } from '../model/field-text.ts';
import { FIELD_DOUBLED, FIELD_NULL, FIELD_QUOTED, type Tape } from '../model/tape.ts';

const COMMA = 44;
const QUOTE = 34;
const LF = 10;
const CR = 13;
const START_BYTES = 1 << 20;
/** Fewer bytes are copied faster one by one than by a call. */
const SHORT = 32;

const encoder = new TextEncoder();

/** Records as they are written: RFC 4180 with commas, quotes and LF. Fields are quoted where they must be. */
export class RecordBuffer {
  #bytes = new Uint8Array(START_BYTES);
  #length = 0;

  /** What was written since the last time; valid until more is written. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#length = 0;
    return taken;
  }

  texts(fields: readonly (string | null)[]): void {
    const text = csvRecord(fields, '\n');
    this.#reserve(text.length * 3);
    this.#length += encoder.encodeInto(text, this.#bytes.subarray(this.#length)).written;
  }

  /** Records that already stand as they are written, with their last record end left out. */
  span(bytes: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start + 1);
    if (end - start < SHORT) {
      for (let i = start; i < end; i++) this.#bytes[this.#length++] = bytes[i] ?? 0;
    } else {
      this.#bytes.set(bytes.subarray(start, end), this.#length);
      this.#length += end - start;
    }
    this.#bytes[this.#length++] = LF;
  }

  /** The fields of a record; `quote` is the character that is doubled in those that say so. */
  fields(tape: Tape, record: number, quote: number): void {
    const first = record * tape.width;
    for (let slot = first; slot < first + tape.width; slot++) {
      this.#reserve(2 * ((tape.ends[slot] ?? 0) - (tape.starts[slot] ?? 0)) + 4);
      if (slot > first) this.#bytes[this.#length++] = COMMA;
      const flags = tape.flags[slot] ?? 0;
      if ((flags & FIELD_NULL) === 0) this.#field(tape, slot, flags, quote);
    }
    this.#bytes[this.#length++] = LF;
  }

  #field(tape: Tape, slot: number, flags: number, quote: number): void {
    const start = tape.starts[slot] ?? 0;
    const end = tape.ends[slot] ?? 0;
    if ((flags & FIELD_DOUBLED) !== 0) {
      const bytes = quote === QUOTE ? null : encoder.encode(fieldText(tape, slot));
      if (bytes === null) this.#inQuotes(tape.bytes, start, end, false);
      else this.#inQuotes(bytes, 0, bytes.length, true);
    } else if ((flags & FIELD_QUOTED) !== 0 && start === end) this.#inQuotes(tape.bytes, start, end, false);
    else this.#plain(tape.bytes, start, end);
  }

  #plain(bytes: Uint8Array, start: number, end: number): void {
    const out = this.#bytes;
    let length = this.#length;
    for (let i = start; i < end; i++) {
      const byte = bytes[i] ?? 0;
      if (byte === COMMA || byte === QUOTE || byte === LF || byte === CR) {
        this.#inQuotes(bytes, start, end, true);
        return;
      }
      out[length++] = byte;
    }
    this.#length = length;
  }

  #inQuotes(bytes: Uint8Array, start: number, end: number, doubling: boolean): void {
    const out = this.#bytes;
    let length = this.#length;
    out[length++] = QUOTE;
    for (let i = start; i < end; i++) {
      const byte = bytes[i] ?? 0;
      if (doubling && byte === QUOTE) out[length++] = QUOTE;
      out[length++] = byte;
    }
    out[length++] = QUOTE;
    this.#length = length;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}
