import { basename } from 'node:path';
import type { PlannedColumn, PlannedForeignKey, PlannedTable } from '../model/table-plan.ts';
import type { ColumnProfile } from './column-profile.ts';
import { columnType, evidenceOf } from './column-type.ts';
import { keyRank } from './likely-names.ts';
import { uniqueColumns } from './primary-key.ts';
import type { Pair } from './probe.ts';
import type { Candidate, Keyed } from './references.ts';
import type { TableProfile } from './table-profile.ts';

/** A table in the terms of model/table-plan.ts, and what a person should know of it. */
export function plannedTable(
  keyed: Keyed,
  pairs: readonly Pair[],
  proposed: readonly Candidate[],
  changes: readonly string[],
): PlannedTable & { readonly warnings: readonly string[] } {
  const { table, names } = keyed;
  const nameOf = (field: number): string => names[field] ?? '';
  const pair = pairs.find(({ unique }) => unique)?.fields ?? [];
  const primaryKey = (keyed.key === null ? pair : [keyed.key]).map(nameOf);
  const pointedAt = proposed.filter(({ parent }) => parent === keyed).map(({ parentField }) => parentField);
  const uniqueColumns = [...new Set(pointedAt)].filter((field) => field !== keyed.key).map(nameOf);
  const warnings = [
    ...doubts(keyed),
    ...table.doubts,
    ...affixed(keyed),
    ...changes,
    ...leftOut(keyed),
    ...keyless(keyed, primaryKey),
  ];
  return {
    name: table.name,
    columns: table.columns.map((_, field) => plannedColumn(keyed, field, proposed)),
    primaryKey,
    uniqueColumns,
    foreignKeys: proposed.filter(({ child }) => child === keyed).map(foreignKey),
    notes: [source(keyed), ...table.notes, ...warnings],
    warnings,
  };
}

function plannedColumn(keyed: Keyed, field: number, proposed: readonly Candidate[]): PlannedColumn {
  const profile = profileOf(keyed, field);
  const target = keyProfile(keyed, field, proposed);
  return {
    name: keyed.names[field] ?? '',
    type: columnType(target),
    longest: target.maxCharacters,
    longestBytes: target.maxBytes,
    nullable: profile.nulls > 0 || profile.values === 0,
    evidence: evidenceOf(profile),
  };
}

/** A column has the type of the key that it points at: some databases ask for that, and it holds all of its values. */
function keyProfile(
  keyed: Keyed,
  field: number,
  proposed: readonly Candidate[],
  seen: readonly Candidate[] = [],
): ColumnProfile {
  const own = (each: Candidate) => each.child === keyed && each.field === field && !seen.includes(each);
  const at = proposed.find(own);
  if (at === undefined) return profileOf(keyed, field);
  return keyProfile(at.parent, at.parentField, proposed, [...seen, at]);
}

function profileOf({ table }: Keyed, field: number): ColumnProfile {
  const profile = table.columns[field];
  if (profile === undefined) throw new RangeError(`table ${table.name} has no field ${field}`);
  return profile;
}

function foreignKey({ child, field, parent, parentField, inclusion, named }: Candidate): PlannedForeignKey {
  const share = Math.round(inclusion.coverage * 100);
  const why = named ? 'the names say so, and' : 'proposed by its values alone:';
  return {
    column: child.names[field] ?? '',
    parentTable: parent.table.name,
    parentColumn: parent.names[parentField] ?? '',
    evidence: `${why} all ${inclusion.found} values are there, ${share} % of the keys come`,
  };
}

function source({ table }: Keyed): string {
  const files = table.files.map(({ input }) => basename(input.label)).join(', ');
  return `${files}: ${table.rows} ${table.rows === 1 ? 'row' : 'rows'}`;
}

function doubts({ table }: Keyed): string[] {
  return table.files.flatMap(({ input, doubt, header }) =>
    doubt === null
      ? []
      : [`${basename(input.label)}: ${doubt}; --dialect '{"header":${header === null}}' if that is not so`],
  );
}

const AFFIX = '(?:[$€£¥%]|EUR|USD|GBP|CHF)';
const DIGITS = "\\d[\\d.,' \\u00a0\\u202f]*";
const AFFIXED = new RegExp(`^[-+]?(?:${AFFIX}\\s?[-+]?${DIGITS}|${DIGITS}${AFFIX})$`);
/** Numbers are no longer. Bytes. */
const LONGEST = 40;

/** Texts of which the first one is a number with a currency or a percent sign: a schema can say that it is to be dropped. */
function affixed({ table, names }: Keyed): string[] {
  return table.columns.flatMap(({ madeText, maxBytes }, field) => {
    if (madeText === null || maxBytes > LONGEST || !AFFIXED.test(madeText.value)) return [];
    const read = madeText.value.includes('%') ? '"bareNumber":false or "percent":true' : '"bareNumber":false';
    return [
      `column ${names[field]}: ${madeText.value} in line ${madeText.line} is a number with a sign beside it; it stays text. ` +
        `To have numbers, make it a column of numbers and load with a --schema whose field has ${read}, and its decimalChar and groupChar`,
    ];
  });
}

function leftOut({ table }: Keyed): string[] {
  if (table.leftOutRows === 0) return [];
  const codes = [...table.leftOut].map(([code, count]) => `${code} ${count}`).join(', ');
  const records = table.leftOutRows === 1 ? '1 record' : `${table.leftOutRows} records`;
  return [`${records} left out, as a load would reject them: ${codes}`];
}

function keyless({ table, names, key }: Keyed, primaryKey: readonly string[]): string[] {
  const missed = names.flatMap((name, field) => {
    if (field === key || keyRank(name, table.name) < 3) return [];
    const reason = whyNoKey(table.columns[field]);
    return reason === null ? [] : [`${name} is no key: ${reason}`];
  });
  return primaryKey.length > 0 || table.rows === 0 ? missed : [...missed, noKey(table, names)];
}

/** A column may tell the rows apart by chance. */
function noKey(table: TableProfile, names: readonly string[]): string {
  const different = uniqueColumns(table).flatMap((field) => names[field] ?? []);
  if (different.length === 0) return 'no primary key: no column, and no two, tell all rows apart';
  return `no primary key: ${different.join(', ')} ${different.length === 1 ? 'has' : 'have'} another value in every row, which may be by chance`;
}

function whyNoKey(profile: ColumnProfile | undefined): string | null {
  if (profile === undefined || profile.keys !== null) return null;
  if (profile.firstNull !== null) return `it is empty in line ${profile.firstNull}`;
  if (profile.tooMany) return 'it has more values than there is memory to compare';
  const { repeated } = profile;
  return repeated === null ? null : `${JSON.stringify(repeated.value)} comes again in line ${repeated.line}`;
}
