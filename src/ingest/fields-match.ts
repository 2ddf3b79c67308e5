import { RowferryError } from '../errors.ts';
import type { InsertPlan } from '../model/plan.ts';
import type { Column, Table } from '../model/table.ts';

/** Which columns a file has, by the `fieldsMatch` of its schema. */

/** Those of a content without a header: the schema's where it says all of them, else the table's. */
export function columnsInOrder({ columns, fields }: Table): readonly Column[] {
  if (fields?.match !== 'exact') return columns.filter((column) => !column.generated);
  return fields.columns.flatMap((name) => columns.filter((column) => column.name === name));
}

/** The plan, if its header has the columns that the schema asks for. `header-invalid` otherwise. */
export function matching(plan: InsertPlan): InsertPlan {
  const { fields } = plan.table;
  if (fields === undefined) return plan;
  const found = plan.columns.map(({ name }) => name);
  const missing = fields.columns.filter((name) => !found.includes(name));
  const others = fields.match === 'subset' ? [] : found.filter((name) => !fields.columns.includes(name));
  if (missing.length > 0 || others.length > 0) {
    const problems = [
      ...missing.map((name) => `${name} is missing`),
      ...others.map((name) => `${name} is none of it`),
    ];
    throw mismatch(plan, problems.slice(0, 20).join('; '));
  }
  const ordered = fields.match !== 'exact' || found.every((name, i) => name === fields.columns[i]);
  if (ordered) return plan;
  throw mismatch(plan, `its columns are ${found.join(', ')}; expected ${fields.columns.join(', ')}`);
}

function mismatch({ table }: InsertPlan, problem: string): RowferryError {
  return new RowferryError(
    'header-invalid',
    `the header does not have the fields of the schema of ${table.name} (fieldsMatch: ${table.fields?.match}): ${problem}`,
    { hint: 'mend the header, or the fieldsMatch of the schema: superset allows fewer columns in any order' },
  );
}
