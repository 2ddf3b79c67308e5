/** A table as files ask for it, the same for every engine: what `rowferry plan` proposes. */

/** What the values of a column are, as narrow as all of them allow. */
export type PlannedType =
  | { readonly kind: 'integer'; readonly bits: 32 | 64 }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'float' | 'boolean' | 'date' | 'uuid' | 'json' | 'binary' }
  | { readonly kind: 'time'; readonly fractionDigits: number }
  | PlannedDatetime
  | { readonly kind: 'text' };

export interface PlannedDatetime {
  readonly kind: 'datetime';
  readonly fractionDigits: number;
  /** none: no value names a zone; utc: all name UTC; any: all name a zone. */
  readonly zone: 'none' | 'utc' | 'any';
  /** All lie in the years 1971 to 2037, whatever their zone. */
  readonly inTimestamp: boolean;
}

export interface PlannedColumn {
  readonly name: string;
  readonly type: PlannedType;
  /** Of the longest value, in characters and in bytes of UTF-8; also of values that are not text. */
  readonly longest: number;
  readonly longestBytes: number;
  readonly nullable: boolean;
  /** What the type rests on, for a comment. */
  readonly evidence: string;
}

export interface PlannedForeignKey {
  readonly column: string;
  readonly parentTable: string;
  readonly parentColumn: string;
  /** What the proposal rests on, for a comment. */
  readonly evidence: string;
}

export interface PlannedTable {
  readonly name: string;
  readonly columns: readonly PlannedColumn[];
  readonly primaryKey: readonly string[];
  /** Columns other than the primary key that foreign keys point at. */
  readonly uniqueColumns: readonly string[];
  /** Of several columns each; a table that is converted may have some. */
  readonly uniqueKeys?: ReadonlyArray<readonly string[]>;
  readonly foreignKeys: readonly PlannedForeignKey[];
  /** Lines of comment above the table. */
  readonly notes: readonly string[];
}
