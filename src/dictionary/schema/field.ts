import { nearNames } from '../../lib/near-names.ts';
import { patternProblem } from '../../lib/pattern.ts';
import { isTimeZone } from '../../lib/time-zone.ts';
import type { ColumnReading } from '../../model/column-reading.ts';
import {
  countMember,
  flagMember,
  type Members,
  markedTextsMember,
  markMember,
  membersOf,
  objectMember,
  refused,
  type Scalar,
  scalarMember,
  shown,
  textMember,
  textsMember,
  valuesMember,
} from './members.ts';

/** The fields of a schema: https://datapackage.org/standard/table-schema/#field */

const FIELD_TYPES = [
  'any',
  'array',
  'boolean',
  'date',
  'datetime',
  'duration',
  'geojson',
  'geopoint',
  'integer',
  'list',
  'number',
  'object',
  'string',
  'time',
  'year',
  'yearmonth',
] as const;
export type FieldType = (typeof FIELD_TYPES)[number];

export interface Constraints {
  readonly required?: boolean | undefined;
  readonly unique?: boolean | undefined;
  readonly minimum?: Scalar | undefined;
  readonly maximum?: Scalar | undefined;
  readonly exclusiveMinimum?: Scalar | undefined;
  readonly exclusiveMaximum?: Scalar | undefined;
  readonly minLength?: number | undefined;
  readonly maxLength?: number | undefined;
  readonly pattern?: string | undefined;
  readonly enum?: readonly Scalar[] | undefined;
}

export interface SchemaField {
  readonly name: string;
  readonly type: FieldType;
  readonly format: string;
  /** Not left out: `default` goes before what the dialect says. */
  readonly saysFormat: boolean;
  readonly constraints: Constraints;
  /** How its values are written, as far as is said. */
  readonly reading: Omit<ColumnReading, 'format'>;
}

/** Members that say nothing of the values. */
const DESCRIPTIVE = ['title', 'description', 'example', 'rdfType', 'categoriesOrdered'];
const KNOWN = new Set([
  ...['name', 'type', 'format', 'constraints', 'categories', 'missingValues', 'trueValues', 'falseValues'],
  ...['decimalChar', 'groupChar', 'bareNumber', 'delimiter', 'itemType'],
  // Not of the standard: the only ways to say so.
  ...['percent', 'timeZone'],
  ...DESCRIPTIVE,
]);

/** Throws `schema-invalid`. What is passed over is added to `warnings`. */
export function readField(value: unknown, index: number, warnings: string[]): SchemaField {
  const members = membersOf(value, `fields[${index}]`);
  const name = textMember(members, 'name', `fields[${index}]`);
  if (name === undefined || name === '') throw refused(`fields[${index}]`, 'has no name');
  const where = `field ${name}`;
  warnOf(members, where, warnings);
  const type = typeOf(members, where);
  if (type === 'list') warnings.push(`${where}: the items of lists are not checked`);
  return {
    name,
    type,
    format: textMember(members, 'format', where) ?? 'default',
    saysFormat: Object.hasOwn(members, 'format'),
    constraints: constraintsOf(members, where),
    reading: readingOf(members, where),
  };
}

function warnOf(members: Members, where: string, warnings: string[]): void {
  for (const name of Object.keys(members)) {
    if (!KNOWN.has(name)) warnings.push(`${where}: ${name} is not of Table Schema and is passed over`);
  }
}

/** Without one a field is a string in v1 and anything in v2: the same for values that are texts. */
function typeOf(members: Members, where: string): FieldType {
  const found = textMember(members, 'type', where) ?? 'any';
  const type = FIELD_TYPES.find((each) => each === found);
  if (type !== undefined) return type;
  const near = nearNames(found, FIELD_TYPES);
  const hint = near.length > 0 ? `did you mean ${near.join(' or ')}?` : `types: ${FIELD_TYPES.join(', ')}`;
  throw refused(where, `its type is ${shown(found)}, which is none of Table Schema`, hint);
}

function readingOf(members: Members, where: string): SchemaField['reading'] {
  const bareNumber = flagMember(members, 'bareNumber', where);
  const decimalChar = markMember(members, 'decimalChar', where);
  const groupChar = markMember(members, 'groupChar', where);
  const trueValues = textsMember(members, 'trueValues', where);
  const falseValues = textsMember(members, 'falseValues', where);
  const missingValues = markedTextsMember(members, 'missingValues', where);
  if (groupChar !== undefined && groupChar === (decimalChar ?? '.')) {
    throw refused(where, `decimalChar and groupChar are both ${shown(groupChar)}`);
  }
  const percent = flagMember(members, 'percent', where);
  const timeZone = zoneMember(members, where);
  const both = trueValues?.find((each) => falseValues?.includes(each));
  if (both !== undefined) throw refused(where, `${shown(both)} stands in trueValues and in falseValues`);
  return {
    ...(bareNumber === undefined ? {} : { bareNumber }),
    ...(decimalChar === undefined ? {} : { decimalChar }),
    ...(groupChar === undefined ? {} : { groupChar }),
    ...(trueValues === undefined ? {} : { trueValues }),
    ...(falseValues === undefined ? {} : { falseValues }),
    ...(missingValues === undefined ? {} : { missingValues }),
    ...(percent === undefined ? {} : { percent }),
    ...(timeZone === undefined ? {} : { timeZone }),
  };
}

function zoneMember(members: Members, where: string): string | undefined {
  const timeZone = textMember(members, 'timeZone', where);
  if (timeZone === undefined || isTimeZone(timeZone)) return timeZone;
  throw refused(where, `its timeZone is ${shown(timeZone)}`, 'e.g. Europe/Madrid, UTC or +02:00');
}

const CONSTRAINTS = [
  'required',
  'unique',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'minLength',
  'maxLength',
  'pattern',
  'enum',
];

function constraintsOf(field: Members, where: string): Constraints {
  const members = objectMember(field, 'constraints', where) ?? {};
  const unknown = Object.keys(members).find((name) => !CONSTRAINTS.includes(name));
  if (unknown !== undefined) throw unknownConstraint(unknown, where);
  const pattern = textMember(members, 'pattern', where);
  const problem = pattern === undefined ? null : patternProblem(pattern);
  if (problem !== null) {
    throw refused(
      where,
      `its pattern ${shown(pattern)} ${problem}`,
      'patterns are those of RE2: docs/schemas.md',
    );
  }
  return {
    required: flagMember(members, 'required', where),
    unique: flagMember(members, 'unique', where),
    minimum: scalarMember(members, 'minimum', where),
    maximum: scalarMember(members, 'maximum', where),
    exclusiveMinimum: scalarMember(members, 'exclusiveMinimum', where),
    exclusiveMaximum: scalarMember(members, 'exclusiveMaximum', where),
    minLength: countMember(members, 'minLength', where),
    maxLength: countMember(members, 'maxLength', where),
    pattern,
    enum: valuesMember(members, 'enum', where) ?? valuesMember(field, 'categories', where),
  };
}

function unknownConstraint(name: string, where: string): Error {
  const near = nearNames(name, CONSTRAINTS);
  const hint =
    near.length > 0 ? `did you mean ${near.join(' or ')}?` : `constraints: ${CONSTRAINTS.join(', ')}`;
  return refused(where, `the constraint ${shown(name)} cannot be checked`, hint);
}
