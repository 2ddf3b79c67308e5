import { compareDecimals } from '../../lib/compare-decimals.ts';
import type { Bound, Column, ColumnKind, ColumnRules } from '../../model/table.ts';
import { isOrdered, valueText } from './bounds.ts';
import type { SchemaField } from './field.ts';
import { refused } from './members.ts';
import { isText, readingOf, typeRules } from './types.ts';

/** The column with the rules of its field, less those that the database has anyway. */
export function refineColumn(column: Column, field: SchemaField, keyed: boolean): Column {
  const type = typeRules(field, column);
  const kind = type.kind ?? column.kind;
  const rules: ColumnRules = {
    ...type,
    ...requiredRule(column, field, keyed),
    ...boundRules(column, field, kind, type),
    ...lengthRules(column, field),
    ...patternRule(column, field),
    ...enumRule(column, field, kind),
  };
  const read = readingOf(field, column);
  return {
    ...column,
    ...(read === undefined ? {} : { read }),
    ...(Object.keys(rules).length === 0 ? {} : { rules }),
  };
}

function requiredRule(column: Column, field: SchemaField, keyed: boolean): ColumnRules {
  const required = column.nullable && (keyed || field.constraints.required === true);
  return required ? { required } : {};
}

function boundRules(column: Column, field: SchemaField, kind: ColumnKind, type: ColumnRules): ColumnRules {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = field.constraints;
  const least = boundOf(field, kind, { minimum, exclusiveMinimum }) ?? type.minimum;
  const most = boundOf(field, kind, { maximum, exclusiveMaximum }) ?? type.maximum;
  if ((least ?? most) !== undefined) refuseUnordered(column, field, kind);
  return {
    ...(least === undefined || isKnownMinimum(column, least) ? {} : { minimum: least }),
    ...(most === undefined || isKnownMaximum(column, most) ? {} : { maximum: most }),
  };
}

type OneBound = Readonly<Record<string, string | number | boolean | undefined>>;

function boundOf(field: SchemaField, kind: ColumnKind, bounds: OneBound): Bound | undefined {
  const [said, ...others] = Object.entries(bounds).filter(([, value]) => value !== undefined);
  if (said === undefined) return undefined;
  const [name, value = ''] = said;
  if (others.length > 0) {
    throw refused(`field ${field.name}`, `has ${Object.keys(bounds).join(' and ')}; expected one of them`);
  }
  return { value: valueText(value, kind, field, name), exclusive: name.startsWith('exclusive') };
}

function refuseUnordered(column: Column, field: SchemaField, kind: ColumnKind): void {
  const zoned = kind === 'time' && column.withZone === true;
  if (isOrdered(kind) && !zoned) return;
  const what = zoned ? 'times with a zone' : `values of ${column.sqlType}`;
  throw refused(
    `field ${field.name}`,
    `has a minimum or a maximum, and ${what} have no order that is checked`,
  );
}

/** Decimals have 0 as theirs or none. */
function isKnownMinimum(column: Column, { value, exclusive }: Bound): boolean {
  const known = column.minimum;
  if (known === undefined) return false;
  const distance = compareDecimals(value, String(known));
  return distance < 0 || (distance === 0 && !exclusive);
}

function isKnownMaximum(column: Column, { value, exclusive }: Bound): boolean {
  const known = column.maximum;
  if (known === undefined) return false;
  const distance = compareDecimals(value, String(known));
  return distance > 0 || (distance === 0 && !exclusive);
}

function lengthRules(column: Column, field: SchemaField): ColumnRules {
  const { minLength, maxLength } = field.constraints;
  if (minLength === undefined && maxLength === undefined) return {};
  refuseUnlessText('minLength and maxLength', column, field);
  return {
    ...(minLength === undefined || minLength === 0 ? {} : { minLength }),
    ...(maxLength === undefined || maxLength >= (column.maxLength ?? Number.POSITIVE_INFINITY)
      ? {}
      : { maxLength }),
  };
}

function patternRule(column: Column, field: SchemaField): ColumnRules {
  const { pattern } = field.constraints;
  if (pattern === undefined) return {};
  refuseUnlessText('pattern', column, field);
  return { pattern };
}

function refuseUnlessText(what: string, column: Column, field: SchemaField): void {
  if (isText(field, column)) return;
  throw refused(
    `field ${field.name}`,
    `${what} cannot be checked: they are for strings, and the field is of type ${field.type}, the column ${column.sqlType}`,
  );
}

function enumRule(column: Column, field: SchemaField, kind: ColumnKind): ColumnRules {
  const members = field.constraints.enum;
  if (members === undefined) return {};
  if (kind === 'json' || kind === 'binary') {
    throw refused(`field ${field.name}`, `has an enum, and values of ${column.sqlType} are not compared`);
  }
  const values = members.map((each) => valueText(each, kind, field, 'enum'));
  const known = column.kind === 'text' ? column.enum : undefined;
  return known?.every((each) => values.includes(each)) ? {} : { enum: values };
}
