import { fieldText } from '../../model/field-text.ts';
import { FIELD_QUOTED, type Tape } from '../../model/tape.ts';
import { ColumnProfile } from './profile.ts';

/** Good records that a profile is made of; more say no more. */
const ENOUGH = 200;

/** The columns of the good records around `record`: as many fields as columns, and no fault. */
export function columnProfiles(tape: Tape, record: number): ColumnProfile[] {
  const profiles = Array.from({ length: tape.width }, () => new ColumnProfile());
  let left = ENOUGH;
  const nearest = Math.max(record, tape.records - record);
  for (let away = 1; away <= nearest && left > 0; away++) {
    for (const near of [record - away, record + away]) {
      if (near < 0 || near >= tape.records || !isGood(tape, near)) continue;
      add(profiles, tape, near);
      left--;
    }
  }
  return profiles;
}

export function isGood(tape: Tape, record: number): boolean {
  return tape.faults[record] === 0 && tape.fieldCounts[record] === tape.width;
}

function add(profiles: readonly ColumnProfile[], tape: Tape, record: number): void {
  for (const [field, profile] of profiles.entries()) {
    const slot = record * tape.width + field;
    const quoted = ((tape.flags[slot] ?? 0) & FIELD_QUOTED) !== 0;
    profile.add({ text: fieldText(tape, slot), quoted });
  }
}
