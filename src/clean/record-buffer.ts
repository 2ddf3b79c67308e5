import { csvRecord } from '../csv/write.ts';
import { fieldText } from '../model/field-text.ts';
import { FIELD_DOUBLED, FIELD_NULL, FIELD_QUOTED, type Tape } from '../model/tape.ts';

const COMMA = 44;
const QUOTE = 34;
const LF = 10;
const CR = 13;
const START_BYTES = 1 << 20;
/** Fewer bytes are copied faster one by one than by a call. */
const SHORT = 128;

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
      const out = this.#bytes;
      let length = this.#length;
      for (let i = start; i < end; i++) out[length++] = bytes[i] ?? 0;
      this.#length = length;
    } else {
      this.#bytes.set(bytes.subarray(start, end), this.#length);
      this.#length += end - start;
    }
    this.#bytes[this.#length++] = LF;
  }

  /** The fields of a record; `quote` is the character that is doubled in those that say so. */
  fields(tape: Tape, record: number, quote: number): void {
    const { bytes, starts, ends, flags, width } = tape;
    const first = record * width;
    const after = first + width;
    let needed = 1;
    for (let slot = first; slot < after; slot++) needed += 2 * ((ends[slot] ?? 0) - (starts[slot] ?? 0)) + 4;
    this.#reserve(needed);
    const out = this.#bytes;
    let length = this.#length;
    for (let slot = first; slot < after; slot++) {
      if (slot > first) out[length++] = COMMA;
      const flag = flags[slot] ?? 0;
      const start = starts[slot] ?? 0;
      const end = ends[slot] ?? 0;
      if ((flag & FIELD_NULL) !== 0) continue;
      if ((flag & FIELD_DOUBLED) !== 0 && quote !== QUOTE) {
        const text = encoder.encode(fieldText(tape, slot));
        length = putQuoted(out, length, text, 0, text.length, true);
      } else if ((flag & FIELD_DOUBLED) !== 0 || ((flag & FIELD_QUOTED) !== 0 && start === end)) {
        length = putQuoted(out, length, bytes, start, end, false);
      } else length = put(out, length, bytes, start, end);
    }
    out[length++] = LF;
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

/** By byte, 1: a field that has it stands in quotes. */
const QUOTED_FOR = new Uint8Array(256);
for (const byte of [COMMA, QUOTE, LF, CR]) QUOTED_FOR[byte] = 1;

/** The length after the field, which is written at `at`, in quotes where it needs them. */
function put(out: Uint8Array, at: number, bytes: Uint8Array, start: number, end: number): number {
  let length = at;
  for (let i = start; i < end; i++) {
    const byte = bytes[i] ?? 0;
    if (QUOTED_FOR[byte] === 1) return putQuoted(out, at, bytes, start, end, true);
    out[length++] = byte;
  }
  return length;
}

function putQuoted(
  out: Uint8Array,
  at: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  doubling: boolean,
): number {
  let length = at;
  out[length++] = QUOTE;
  for (let i = start; i < end; i++) {
    const byte = bytes[i] ?? 0;
    if (doubling && byte === QUOTE) out[length++] = QUOTE;
    out[length++] = byte;
  }
  out[length++] = QUOTE;
  return length;
}
