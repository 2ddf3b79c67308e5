import { RowferryError } from '../errors.ts';
import { classesOf, type StoredColumn, type TableFacts } from '../model/stored-table.ts';

/**
 * `restore-schema-drift` naming each column in which the table is not what the saved one was when it was backed up;
 * that may be another one.
 */
export function refuseDrift(saved: TableFacts, present: TableFacts): void {
  const differences = [
    ...saved.columns.flatMap((column) => difference(column, find(present.columns, column.name))),
    ...present.columns
      .filter((column) => find(saved.columns, column.name) === undefined)
      .map((column) => `column ${column.name} was added`),
  ];
  const hasInvalidText = saved.columns.some((column) => classesOf(column).includes('invalid-text'));
  if (hasInvalidText && saved.encoding !== present.encoding) {
    differences.push(`text was kept as ${saved.encoding} and is kept as ${present.encoding}`);
  }
  if (differences.length === 0) return;
  throw driftError(saved.table, present.table, differences.join('; '));
}

function driftError(saved: string, present: string, differences: string): RowferryError {
  const isOther = saved.toLowerCase() !== present.toLowerCase();
  return isOther
    ? new RowferryError(
        'restore-schema-drift',
        `${present} is not like ${saved} when its backup was made: ${differences}`,
        { hint: `name a table that is not there: it is then made like ${saved}` },
      )
    : new RowferryError(
        'restore-schema-drift',
        `${present} is not what it was when the backup was made: ${differences}`,
        { hint: 'change the table back to what it was, or drop it: it is then made as it was' },
      );
}

function find(columns: readonly StoredColumn[], name: string): StoredColumn | undefined {
  return columns.find((column) => column.name.toLowerCase() === name.toLowerCase());
}

function difference(saved: StoredColumn, present: StoredColumn | undefined): string[] {
  const { name } = saved;
  if (present === undefined) return [`column ${name} is gone`];
  if (saved.generated !== present.generated) {
    return [`column ${name} ${present.generated ? 'is generated now' : 'is not generated any more'}`];
  }
  if (saved.sqlType.toUpperCase() === present.sqlType.toUpperCase()) return [];
  return [`column ${name} was ${saved.sqlType || 'without type'}, is ${present.sqlType || 'without type'}`];
}
