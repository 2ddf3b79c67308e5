import type { InsertPlan } from '../../model/plan.ts';

export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Always with its schema, where it is known: what stands first in the search_path may change. */
export const qualified = (schema: string | undefined, name: string): string =>
  schema === undefined ? quoteName(name) : `${quoteName(schema)}.${quoteName(name)}`;

export const tableName = ({ table }: InsertPlan): string => qualified(table.schema, table.name);

export const columnList = ({ columns }: InsertPlan): string =>
  columns.map((column) => quoteName(column.name)).join(', ');
