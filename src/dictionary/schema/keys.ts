import { foldName } from '../../lib/fold-name.ts';
import type { ForeignKey, Table } from '../../model/table.ts';
import { refused } from './members.ts';
import type { Schema, SchemaForeignKey } from './schema.ts';

/**
 * Keys of a schema. Whether a key stands twice in a table only the database knows, and whether a parent is there: so
 * what it does not check itself cannot be promised for a file that comes in parts.
 */

/** The column that a name of the schema means. */
type ColumnName = (name: string, where: string) => string;

/** Throws `schema-invalid` for a key that no key of the table holds: one of the same columns, or of fewer of them. */
export function refuseKeys(table: Table, schema: Schema, columnName: ColumnName): void {
  const unique = schema.fields.filter((field) => field.constraints.unique === true);
  const keys: ReadonlyArray<readonly [where: string, names: readonly string[]]> = [
    ['primaryKey', schema.primaryKey],
    ...schema.uniqueKeys.map((names, i) => [`uniqueKeys[${i}]`, names] as const),
    ...unique.map(({ name }) => [`field ${name}, unique`, [name]] as const),
  ];
  for (const [where, names] of keys) {
    const columns = names.map((name) => columnName(name, where));
    if (columns.length === 0 || isUnique(table, columns)) continue;
    throw refused(
      where,
      `no key of the table ${table.name} keeps ${columns.join(', ')} unique, so nobody would`,
      `add a unique key on ${columns.join(', ')} to the table, or take it out of the schema`,
    );
  }
}

function isUnique(table: Table, columns: readonly string[]): boolean {
  const keys = [table.primaryKey, ...table.uniqueKeys.map((key) => key.columns)];
  return keys.some((key) => key.length > 0 && key.every((column) => columns.includes(column)));
}

/** Throws `schema-invalid` for a foreign key that the table does not have. */
export function refuseForeignKeys(table: Table, schema: Schema, columnName: ColumnName): void {
  schema.foreignKeys.forEach((key, i) => {
    const where = `foreignKeys[${i}]`;
    const columns = key.fields.map((name) => columnName(name, where));
    if (table.foreignKeys.some((known) => isSame(known, columns, key, table.name))) return;
    const parent = key.resource === '' ? table.name : key.resource;
    throw refused(
      where,
      `the table ${table.name} has no foreign key from ${columns.join(', ')} to ${parent} (${key.parentFields.join(', ')}), so nobody would check it`,
      'add it to the table, or take it out of the schema; the resource is named as its table is',
    );
  });
}

/** Pairs of columns in any order. */
function isSame(
  known: ForeignKey,
  columns: readonly string[],
  key: SchemaForeignKey,
  table: string,
): boolean {
  const parent = key.resource === '' ? table : key.resource;
  if (foldName(known.parentTable) !== foldName(parent) || known.columns.length !== columns.length)
    return false;
  return columns.every((column, i) => {
    const at = known.columns.indexOf(column);
    return at >= 0 && foldName(known.parentColumns[at] ?? '') === foldName(key.parentFields[i] ?? '');
  });
}
