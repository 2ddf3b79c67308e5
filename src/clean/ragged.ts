import type { Field } from '../csv/repair/profile.ts';
import type { Dialect } from '../model/dialect.ts';
import { fieldText } from '../model/field-text.ts';
import { FIELD_QUOTED, MAX_FIELDS, type Tape } from '../model/tape.ts';
import type { TapeReader } from './tape-reader.ts';

/**
 * The fields of a record with too few or too many of them, as `ragged` says: `pad` puts empty ones after too few,
 * `trim` leaves out what is empty after too many. Null: the record is rejected. `reader` is
 * another one than the tape's, whose place its own takes.
 */
export function raggedFields(
  tape: Tape,
  record: number,
  { dialect, reader }: { readonly dialect: Dialect; readonly reader: TapeReader },
): readonly Field[] | null {
  const found = tape.fieldCounts[record] ?? 0;
  const few = found < tape.width;
  if (found > MAX_FIELDS || dialect.ragged !== (few ? 'pad' : 'trim')) return null;
  const from = tape.recordStarts[record] ?? 0;
  const whole = reader.read(tape.bytes.slice(from, tape.recordEnds[record]), {
    from: 0,
    width: Math.max(found, tape.width),
    last: true,
    maxRecords: 1,
  });
  const fields = Array.from({ length: whole.width }, (_, slot) => ({
    text: fieldText(whole, slot),
    quoted: ((whole.flags[slot] ?? 0) & FIELD_QUOTED) !== 0,
  }));
  return fields.slice(tape.width).every(({ text }) => text === '') ? fields.slice(0, tape.width) : null;
}
