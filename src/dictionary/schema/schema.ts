import { patternSize } from '../../lib/pattern.ts';
import type { FieldsMatch } from '../../model/table.ts';
import { readField, type SchemaField } from './field.ts';
import {
  listMember,
  type Members,
  markedTextsMember,
  membersOf,
  namesMember,
  objectMember,
  refused,
  shown,
  textMember,
} from './members.ts';

/** A Frictionless Table Schema, version 1 or 2: https://datapackage.org/standard/table-schema/ */
export interface Schema {
  readonly fields: readonly SchemaField[];
  /** Null where nothing is said, or nothing that rowferry does not ask anyway: names of the header in any order. */
  readonly fieldsMatch: FieldsMatch['match'] | null;
  readonly primaryKey: readonly string[];
  readonly uniqueKeys: ReadonlyArray<readonly string[]>;
  readonly foreignKeys: readonly SchemaForeignKey[];
  /** What of the descriptor was passed over, in sentences. */
  readonly warnings: readonly string[];
}

export interface SchemaForeignKey {
  readonly fields: readonly string[];
  /** Empty: the table itself. */
  readonly resource: string;
  readonly parentFields: readonly string[];
}

/** Characters of a schema as JSON: a thousand columns with long descriptions. */
const MAX_SCHEMA = 256 << 10;
/** Instructions of all patterns of a schema: they are compiled while others wait. */
const MAX_PATTERNS_SIZE = 10_000;
/** Fields of a schema: as many as a record has. */
const MAX_FIELDS = 1000;

/** Throws `schema-invalid` with the place, what was found and what was expected. */
export function readSchema(value: unknown): Schema {
  const members = membersOf(value, 'the schema');
  if (JSON.stringify(members).length > MAX_SCHEMA) {
    throw refused('the schema', `has more than ${MAX_SCHEMA} characters`);
  }
  const descriptors = listMember(members, 'fields', 'the schema');
  if (descriptors === undefined || descriptors.length === 0 || descriptors.length > MAX_FIELDS) {
    throw refused(
      'the schema',
      `has no list of 1 to ${MAX_FIELDS} fields`,
      'expected {"fields": [{"name": "id", …}]}',
    );
  }
  const warnings: string[] = [];
  const missingValues = markedTextsMember(members, 'missingValues', 'the schema');
  const fields = readFields(descriptors, warnings).map((field) => withMissing(field, missingValues));
  return {
    fields,
    fieldsMatch: matchOf(members),
    primaryKey: namesMember(members, 'primaryKey', 'the schema') ?? [],
    uniqueKeys: (listMember(members, 'uniqueKeys', 'the schema') ?? []).map(keyOf),
    foreignKeys: (listMember(members, 'foreignKeys', 'the schema') ?? []).map(foreignKeyOf),
    warnings,
  };
}

/** Stops at the pattern that makes it too much, so that a schema takes no time that grows with all of its patterns. */
function readFields(descriptors: readonly unknown[], warnings: string[]): SchemaField[] {
  let size = 0;
  return descriptors.map((each, i) => {
    const field = readField(each, i, warnings);
    const { pattern } = field.constraints;
    if (pattern !== undefined) size += patternSize(pattern);
    if (size <= MAX_PATTERNS_SIZE) return field;
    throw refused(
      `field ${field.name}`,
      `the patterns of the schema have more than ${MAX_PATTERNS_SIZE} instructions up to here`,
    );
  });
}

function withMissing(field: SchemaField, missingValues: string[] | undefined): SchemaField {
  if (missingValues === undefined || field.reading.missingValues !== undefined) return field;
  return { ...field, reading: { ...field.reading, missingValues } };
}

/** The first profile of v2 had a list where the standard has a text. */
function matchOf(members: Members): Schema['fieldsMatch'] {
  const [found, ...others] = namesMember(members, 'fieldsMatch', 'the schema') ?? [];
  switch (found) {
    case undefined:
    case 'superset':
    case 'partial':
      if (others.length === 0) return null;
      break;
    case 'exact':
    case 'equal':
    case 'subset':
      if (others.length === 0) return found;
  }
  throw refused(
    'the schema',
    `fieldsMatch is ${shown(members.fieldsMatch)}; expected exact, equal, subset, superset or partial`,
  );
}

function keyOf(value: unknown, index: number): readonly string[] {
  const names = namesMember({ key: value }, 'key', `uniqueKeys[${index}]`);
  if (names !== undefined && names.length > 0) return names;
  throw refused(`uniqueKeys[${index}]`, `found ${shown(value)}; expected a list of names`);
}

function foreignKeyOf(value: unknown, index: number): SchemaForeignKey {
  const where = `foreignKeys[${index}]`;
  const members = membersOf(value, where);
  const fields = namesMember(members, 'fields', where) ?? [];
  const reference = objectMember(members, 'reference', where) ?? {};
  const parentFields = namesMember(reference, 'fields', where) ?? [];
  if (fields.length === 0 || fields.length !== parentFields.length) {
    throw refused(
      where,
      `has ${fields.length} fields and refers to ${parentFields.length}; expected as many, one or more`,
    );
  }
  return { fields, resource: textMember(reference, 'resource', where) ?? '', parentFields };
}
