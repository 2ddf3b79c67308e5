import type { Dialect } from '../../model/dialect.ts';
import { FIELD_NULL, FIELD_QUOTED, MAX_FIELDS, type Tape } from '../../model/tape.ts';
import { align } from '../repair/align.ts';
import { columnProfiles, isGood } from '../repair/column-profiles.ts';
import type { ColumnProfile, Field } from '../repair/profile.ts';
import type { Appended } from './appended.ts';

/** Good records that say enough of the columns. */
const KNOWN = 8;
/** Columns are looked at anew after so many records. */
const NEIGHBOURS = 5000;

/**
 * `ragged: repair`: gives the records with too few or too many fields as many as there are columns, where one delimiter
 * is missing, too many or data, and the records beside them tell which. Their fields are written to `appended`, which
 * begins where `bytes` ends. Nothing is repaired where more records are ragged than good: it is the dialect then.
 */
export function repairRagged(tape: Tape, dialect: Dialect, appended: Appended): void {
  const ragged = raggedRecords(tape);
  if (ragged.length === 0 || ragged.length > goodRecords(tape)) return;
  const repair = new Repair({ ...tape, bytes: appended.after(tape.bytes) }, dialect);
  // Written when all are read: what was repaired is no neighbour that others could go by.
  const found = ragged.map((record) => ({ record, fields: repair.fieldsOf(record) }));
  const to = { nullText: dialect.nullSequence, appended, start: tape.bytes.length };
  for (const { record, fields } of found) if (fields !== null) write(tape, record, fields, to);
}

/** A record with a fault stays what it is: nobody knows what belongs to it. */
function raggedRecords({ records, faults, fieldCounts, width }: Tape): number[] {
  const ragged: number[] = [];
  for (let r = 0; r < records; r++) {
    const fields = fieldCounts[r] ?? 0;
    if (faults[r] === 0 && fields !== width && fields <= MAX_FIELDS) ragged.push(r);
  }
  return ragged;
}

function goodRecords(tape: Tape): number {
  let good = 0;
  for (let r = 0; r < tape.records; r++) if (isGood(tape, r)) good++;
  return good;
}

class Repair {
  readonly #tape: Tape;
  readonly #dialect: Dialect;
  /** Bytes that are wrong make a reject, so they must not become U+FFFD. */
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  #profiles: readonly ColumnProfile[] = [];
  #profiledAt = Number.NEGATIVE_INFINITY;

  constructor(tape: Tape, dialect: Dialect) {
    this.#tape = tape;
    this.#dialect = dialect;
  }

  /** Null: no way to read the record fits its columns, or several do. */
  fieldsOf(record: number): readonly Field[] | null {
    const profiles = this.#profilesAt(record);
    const line = this.#lineOf(record);
    if (line === null || (profiles[0]?.values ?? 0) < KNOWN) return null;
    return align(line, { marks: this.#dialect, profiles, damage: 1 })?.fields ?? null;
  }

  #lineOf(record: number): string | null {
    const { bytes, recordStarts, recordEnds } = this.#tape;
    try {
      return this.#decoder.decode(bytes.subarray(recordStarts[record], recordEnds[record]));
    } catch {
      return null;
    }
  }

  #profilesAt(record: number): readonly ColumnProfile[] {
    if (record - this.#profiledAt < NEIGHBOURS) return this.#profiles;
    this.#profiledAt = record;
    this.#profiles = columnProfiles(this.#tape, record);
    return this.#profiles;
  }
}

interface Destination {
  readonly nullText: string | null;
  readonly appended: Appended;
  /** Where `appended` begins on the tape. */
  readonly start: number;
}

const encoder = new TextEncoder();

function write(tape: Tape, record: number, fields: readonly Field[], to: Destination): void {
  const { nullText, appended, start } = to;
  const { width, starts, ends, flags, fieldCounts } = tape;
  for (const [i, { text, quoted }] of fields.entries()) {
    const slot = record * width + i;
    const bytes = encoder.encode(text);
    appended.reserve(bytes.length).set(bytes, appended.length);
    starts[slot] = start + appended.length;
    appended.length += bytes.length;
    ends[slot] = start + appended.length;
    flags[slot] = !quoted && (text === '' || text === nullText) ? FIELD_NULL : FIELD_QUOTED;
  }
  fieldCounts[record] = width;
}
