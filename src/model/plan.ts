import type { Column, Table } from './table.ts';

/** Which fields of a tape go into which columns of a table. */
export interface InsertPlan {
  readonly table: Table;
  readonly columns: readonly Column[];
  /** Field of the tape for each of `columns`. */
  readonly fields: readonly number[];
}
