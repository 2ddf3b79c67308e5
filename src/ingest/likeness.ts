import type { PlacedReject } from '../model/reject.ts';

/** Whether rows that are told by their places alone look like the rejects in whose places they stand. */

/** The fields of a record by the columns of the table. */
export type Fields = ReadonlyMap<string, string>;

/** A row, and the reject it is taken for. */
export interface PlacedRow {
  readonly fields: Fields;
  readonly reject: PlacedReject;
  /** How many fields both have in common; null where they cannot be compared. */
  readonly own: number | null;
}

/** A row that has more in common with another reject than with the one it is taken for. */
export interface Mistaken {
  readonly row: PlacedRow;
  readonly like: PlacedReject;
}

/** A value that more rows have tells none of them. */
const MOST_ROWS_OF_A_VALUE = 4;

/**
 * A record that is mended keeps some of its fields as a rule. Where a row has fewer of those of its own reject than of
 * another one's, records were taken out, put in or sorted: by its place it would be loaded for a reject that it is not.
 */
export class Likeness {
  readonly #withValue = new Map<string, PlacedRow[]>();

  constructor(rows: readonly PlacedRow[]) {
    for (const row of rows) {
      if (row.own === null) continue;
      for (const value of valuesOf(row.fields)) {
        const known = this.#withValue.get(value);
        if (known === undefined) this.#withValue.set(value, [row]);
        else if (known.length <= MOST_ROWS_OF_A_VALUE) known.push(row);
      }
    }
  }

  /** The first row that is more like this reject than like its own. */
  mistakenFor(reject: PlacedReject, fields: Fields): Mistaken | null {
    for (const value of valuesOf(fields)) {
      const rows = this.#withValue.get(value) ?? [];
      if (rows.length > MOST_ROWS_OF_A_VALUE) continue;
      const row = rows.find(
        (each) => each.reject.index !== reject.index && inCommon(each.fields, fields) > (each.own ?? 0),
      );
      if (row !== undefined) return { row, like: reject };
    }
    return null;
  }
}

/** Null for a record with too few or too many fields: it has them in other columns than when it is mended. */
export function ownOf(row: Fields, reject: PlacedReject, fields: Fields | null): number | null {
  if (fields === null || reject.errors.some(({ column }) => column === null)) return null;
  return inCommon(row, fields);
}

function* valuesOf(fields: Fields): Generator<string> {
  for (const [column, value] of fields) if (value !== '') yield `${column}\n${value}`;
}

function inCommon(a: Fields, b: Fields): number {
  let count = 0;
  for (const [column, value] of a) if (value !== '' && b.get(column) === value) count += 1;
  return count;
}
