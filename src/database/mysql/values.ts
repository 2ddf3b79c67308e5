import type { InsertPlan } from '../../model/plan.ts';
import type { Column } from '../../model/table.ts';
import { quoteName } from './names.ts';

/** How the text of an encoded value becomes a value of its column: mostly as it is. */
export function columnValue(column: Column, text: string): string {
  if (column.kind === 'binary') return `UNHEX(${text})`;
  // Digits would be taken for the bytes of the bits.
  if (isBits(column)) return `CAST(${text} AS UNSIGNED)`;
  return text;
}

export const isBits = (column: Column): boolean => column.baseType === 'bit';

interface Targets {
  /** Columns and user variables, one per planned column. */
  readonly targets: readonly string[];
  /** What makes values of the variables. */
  readonly assignments: readonly string[];
}

export function variableColumns({ columns }: InsertPlan): Targets {
  const assignments: string[] = [];
  const targets = columns.map((column, c) => {
    const variable = `@rowferry_${c}`;
    const value = columnValue(column, variable);
    if (value === variable) return quoteName(column.name);
    assignments.push(`${quoteName(column.name)} = ${value}`);
    return variable;
  });
  return { targets, assignments };
}
