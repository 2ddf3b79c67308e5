import { convertValues } from '../check/values/convert.ts';
import type { Dialect } from '../model/dialect.ts';
import type { Column, ColumnKind } from '../model/table.ts';
import type { Tape } from '../model/tape.ts';
import type { ColumnProfile } from './column-profile.ts';
import { columnType } from './column-type.ts';
import type { Stretch } from './planned-file.ts';

/**
 * Where a dialect says how values are written, what a value is depends on what its column is taken for: 1.234 is a number
 * of thousands in one of numbers, and a text in one of texts. So each column is looked at in all of these ways.
 */
const READINGS = ['float', 'boolean', 'date', 'datetime'] as const satisfies readonly ColumnKind[];
export type Reading = (typeof READINGS)[number];

/** The kinds of planned types that a reading is for. */
const KINDS: Readonly<Record<Reading, readonly ColumnKind[]>> = {
  float: ['integer', 'decimal', 'float'],
  boolean: ['boolean'],
  date: ['date'],
  datetime: ['datetime'],
};

/** What the dialect says something of. */
export function declaredReadings(dialect: Dialect): Reading[] {
  const declared: Readonly<Record<Reading, boolean>> = {
    float: dialect.decimalChar !== '.' || dialect.groupChar !== null,
    boolean: dialect.trueValues !== null || dialect.falseValues !== null,
    date: dialect.dateFormat !== null,
    datetime: dialect.datetimeFormat !== null,
  };
  return READINGS.filter((reading) => declared[reading]);
}

/** The records with the fields of some columns as they are read; null: as they came. The given ones stay as they are. */
export function asRead(given: Stretch, dialect: Dialect, readings: readonly (Reading | null)[]): Stretch {
  const columns = readings.flatMap((reading, field) =>
    reading === null ? [] : [{ field, column: columnOf(reading) }],
  );
  if (columns.length === 0) return given;
  const table = {
    name: '',
    columns: [],
    primaryKey: [],
    uniqueKeys: [],
    foreignKeys: [],
    checks: [],
    triggers: [],
  };
  const plan = {
    table,
    columns: columns.map(({ column }) => column),
    fields: columns.map(({ field }) => field),
  };
  const tape = convertValues(copyOf(given.tape), plan, dialect);
  const view = new DataView(tape.bytes.buffer, tape.bytes.byteOffset, tape.bytes.length);
  return { ...given, tape, view };
}

const columnOf = (kind: Reading): Column => ({
  name: kind,
  sqlType: '',
  kind,
  nullable: true,
  default: null,
  generated: false,
  identity: false,
});

/** Values are rewritten in place. */
function copyOf(tape: Tape): Tape {
  const fields = tape.records * tape.width;
  return {
    ...tape,
    starts: tape.starts.slice(0, fields),
    ends: tape.ends.slice(0, fields),
    flags: tape.flags.slice(0, fields),
  };
}

/** A column as it came, and as each reading found it. */
export interface ReadColumn {
  readonly plain: ColumnProfile;
  readonly read: ReadonlyMap<Reading, ColumnProfile>;
}

/** The reading under which the column is what the reading is for; else as it came, which is text where it was declared. */
export function chosen({ plain, read }: ReadColumn): { profile: ColumnProfile; reading: Reading | null } {
  const isFor = (reading: Reading, profile: ColumnProfile): boolean =>
    KINDS[reading].includes(columnType(profile).kind);
  const [fit] = [...read].filter(([reading, profile]) => isFor(reading, profile));
  for (const profile of [plain, ...read.values()])
    if (profile !== fit?.[1] && profile !== plain) profile.dropKeys();
  if (fit !== undefined) {
    plain.dropKeys();
    return { profile: fit[1], reading: fit[0] };
  }
  if ([...read.keys()].some((reading) => isFor(reading, plain))) plain.isText = true;
  return { profile: plain, reading: null };
}
