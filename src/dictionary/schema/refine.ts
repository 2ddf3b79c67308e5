import { foldName } from '../../lib/fold-name.ts';
import { nearNames } from '../../lib/near-names.ts';
import type { Column, Table } from '../../model/table.ts';
import type { SchemaField } from './field.ts';
import { refuseForeignKeys, refuseKeys } from './keys.ts';
import { refused } from './members.ts';
import { refineColumn } from './refine-column.ts';
import type { Schema } from './schema.ts';

/**
 * The table with what the schema asks beyond it. A schema narrows: what the database would refuse stays refused.
 * Names are matched as those of a header are. Throws `schema-invalid` where both contradict each other, and for keys
 * that nobody would check.
 */
export function refine(table: Table, schema: Schema): Table {
  const fieldOf = matchFields(table, schema);
  const columnOf = columnsByField(fieldOf);
  const keyed = new Set(schema.primaryKey.map((name) => named(name, columnOf, 'primaryKey').name));
  refuseKeys(table, schema, (name, where) => named(name, columnOf, where).name);
  refuseForeignKeys(table, schema, (name, where) => named(name, columnOf, where).name);
  const columns = table.columns.map((column) => {
    const field = fieldOf.get(column);
    return field === undefined ? column : refineColumn(column, field, keyed.has(column.name));
  });
  if (schema.fieldsMatch === null) return { ...table, columns };
  const names = [...columnOf.values()].map(({ name }) => name);
  return { ...table, columns, fields: { match: schema.fieldsMatch, columns: names } };
}

/** The table as the database has it. */
export function unrefined({ fields: _fields, ...table }: Table): Table {
  const columns = table.columns.map(({ rules: _rules, read: _read, ...column }) => column);
  return { ...table, columns };
}

/** In the order of the fields. */
function matchFields(table: Table, schema: Schema): Map<Column, SchemaField> {
  const byName = new Map(table.columns.map((column) => [column.name, column]));
  const byFolded = new Map(table.columns.map((column) => [foldName(column.name), column]));
  const fieldOf = new Map<Column, SchemaField>();
  for (const field of schema.fields) {
    const column = byName.get(field.name) ?? byFolded.get(foldName(field.name));
    if (column === undefined) throw unknownField(field, table);
    if (column.generated) {
      throw refused(
        `field ${field.name}`,
        `the column ${column.name} is computed by the database and cannot be loaded`,
      );
    }
    const other = fieldOf.get(column);
    if (other !== undefined) {
      throw refused(`field ${field.name}`, `and field ${other.name} are both the column ${column.name}`);
    }
    fieldOf.set(column, field);
  }
  return fieldOf;
}

function columnsByField(fieldOf: ReadonlyMap<Column, SchemaField>): Map<string, Column> {
  return new Map([...fieldOf].map(([column, field]) => [foldName(field.name), column]));
}

function named(name: string, columnOf: ReadonlyMap<string, Column>, where: string): Column {
  const column = columnOf.get(foldName(name));
  if (column !== undefined) return column;
  throw refused(where, `names ${JSON.stringify(name)}, which is no field of the schema`);
}

function unknownField(field: SchemaField, table: Table): Error {
  const names = table.columns.map((column) => column.name);
  const near = nearNames(field.name, names);
  const hint =
    near.length > 0 ? `did you mean ${near.join(' or ')}?` : `columns of ${table.name}: ${names.join(', ')}`;
  return refused(`field ${field.name}`, `the table ${table.name} has no such column`, hint);
}
