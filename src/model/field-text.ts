import { FIELD_DOUBLED, FIELD_NULL, type Tape } from './tape.ts';

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The text of the field at `slot`, doubled quotes undone. Only for what is rare or shown to people. */
export function fieldText(tape: Tape, slot: number): string {
  const start = tape.starts[slot] ?? 0;
  return textAt(tape, start, tape.ends[slot] ?? start, tape.flags[slot] ?? 0);
}

/** The text of a field as it came, before its value was rewritten; null for an empty one without quotes. */
export function writtenText(tape: Tape, record: number, field: number): string | null {
  const slot = record * tape.width + field;
  const written = tape.asWritten?.get(field);
  const flags = (written === undefined ? tape.flags[slot] : written.flags[record]) ?? 0;
  if (flags & FIELD_NULL) return null;
  if (written === undefined) return fieldText(tape, slot);
  const start = written.starts[record] ?? 0;
  return textAt(tape, start, written.ends[record] ?? start, flags);
}

function textAt(tape: Tape, start: number, end: number, flags: number): string {
  const raw = decoder.decode(tape.bytes.subarray(start, end));
  if ((flags & FIELD_DOUBLED) === 0) return raw;
  const quote = String.fromCharCode(tape.bytes[start - 1] ?? 34);
  return raw.replaceAll(quote + quote, quote);
}
