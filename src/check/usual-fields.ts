import type { Column } from '../model/table.ts';
import { FIELD_NULL, FIELD_QUOTED, MAX_RECORD_BYTES, NOT_READ } from '../model/tape.ts';
import type { ColumnCheck, Span } from './column-check.ts';
import { isPlainDatetime } from './plain-datetime.ts';
import { shortInteger } from './short-integer.ts';

/**
 * Loops for the columns that most tables consist of. Each knows the form that most fields have and passes these; of
 * the others it writes the records into `odd` and returns how many they are. It may take good fields for odd ones,
 * but never a bad one for good: what is wrong with a field only the judge of its type says.
 *
 * Nothing is called in the loops that is not compiled into them: V8 reads the fields of an array object anew after
 * each call, which would double the time.
 */
export type OddFields = (check: ColumnCheck, span: Span, odd: Int32Array) => number;

/** Leaves short numbers on the tape for those who need them next. */
export const oddIntegers: OddFields = ({ tape, view, field, column }, { from, to }, odd) => {
  const { starts, ends, flags, integers, width } = tape;
  const least = Math.max(Number(column.minimum ?? NOT_READ), NOT_READ + 1);
  const most = Math.min(Number(column.maximum ?? -NOT_READ), -NOT_READ - 1);
  let count = 0;
  for (let r = from, slot = from * width + field; r < to; r++, slot += width) {
    const usual = (flags[slot] ?? 0) <= FIELD_QUOTED;
    const value = usual ? shortInteger(view, starts[slot] ?? 0, ends[slot] ?? 0) : NOT_READ;
    if (value >= least && value <= most) integers[slot] = value;
    else odd[count++] = r;
  }
  return count;
};

/** A text of n bytes has at most n characters, so of most fields the length alone is looked at. */
export const oddTexts: OddFields = ({ tape, field, column }, { from, to }, odd) => {
  const { starts, ends, flags, width } = tape;
  const enough = surelyGood(column);
  let count = 0;
  for (let r = from, slot = from * width + field; r < to; r++, slot += width) {
    const length = (ends[slot] ?? 0) - (starts[slot] ?? 0);
    if (length > enough || ((flags[slot] ?? 0) & FIELD_NULL) !== 0) odd[count++] = r;
  }
  return count;
};

/** Texts of so many bytes need no judge; -1 where all do. */
function surelyGood({ enum: allowed, members, padded, makesNumbers, maxLength, maxBytes }: Column): number {
  if (allowed !== undefined || members !== undefined || padded === true || makesNumbers === true) return -1;
  return Math.min(maxLength ?? MAX_RECORD_BYTES, maxBytes ?? MAX_RECORD_BYTES);
}

export const oddDatetimes: OddFields = ({ tape, view, field, column }, { from, to }, odd) => {
  const { starts, ends, flags, width } = tape;
  const anyTime = column.firstSecond === undefined && column.lastSecond === undefined;
  let count = 0;
  for (let r = from, slot = from * width + field; r < to; r++, slot += width) {
    const usual = anyTime && (flags[slot] ?? 0) <= FIELD_QUOTED;
    if (!usual || !isPlainDatetime(view, starts[slot] ?? 0, ends[slot] ?? 0)) odd[count++] = r;
  }
  return count;
};
