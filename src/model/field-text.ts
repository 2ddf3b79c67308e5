import { FIELD_DOUBLED, type Tape } from './tape.ts';

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The text of the field at `slot`, doubled quotes undone. Only for what is rare or shown to people. */
export function fieldText(tape: Tape, slot: number): string {
  const start = tape.starts[slot] ?? 0;
  const raw = decoder.decode(tape.bytes.subarray(start, tape.ends[slot] ?? start));
  if (((tape.flags[slot] ?? 0) & FIELD_DOUBLED) === 0) return raw;
  const quote = String.fromCharCode(tape.bytes[start - 1] ?? 34);
  return raw.replaceAll(quote + quote, quote);
}
