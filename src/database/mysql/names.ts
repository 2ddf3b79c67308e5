import type { InsertPlan } from '../../model/plan.ts';

export const quoteName = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

/** A text as SQL, for sessions whose strings have backslashes as escapes. */
export const quoteText = (text: string): string =>
  `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''").replaceAll('\0', '\\0')}'`;

export const tableName = ({ table }: InsertPlan): string => quoteName(table.name);

export const columnList = ({ columns }: InsertPlan): string =>
  columns.map((column) => quoteName(column.name)).join(', ');
