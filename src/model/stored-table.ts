import type { Column, ForeignKey, UniqueKey } from './table.ts';

/** What a backup knows of a table and of the values that lie in it. */

/** How a value lies in the database; `invalid-text`: a TEXT whose bytes are not valid in the database's encoding. */
export type StorageClass = 'integer' | 'real' | 'text' | 'blob' | 'invalid-text';

/** The order of the branches in a column of several classes. */
export const STORAGE_CLASSES: readonly StorageClass[] = ['integer', 'real', 'text', 'blob', 'invalid-text'];

/** A TEXT that no string can carry: its bytes as they lie in the database. */
export class InvalidText {
  readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** In a column of integers and reals the integers come as bigint, the reals as number. */
export type StoredValue = null | number | bigint | string | Uint8Array | InvalidText;

/**
 * How the values of a column stand in the file. `classes`: each value as it lies there, for engines whose columns hold
 * any; in the order of STORAGE_CLASSES, never empty. Otherwise all values are of the one Avro type that the kind names.
 */
export type ColumnForm =
  | { readonly kind: 'classes'; readonly classes: readonly StorageClass[] }
  | { readonly kind: SimpleKind }
  /** Microseconds since 1970-01-01T00:00:00Z; not `utc`: those that a clock without a zone shows. */
  | { readonly kind: 'timestamp-micros'; readonly utc: boolean }
  /** Two's complement, big-endian, in `size` bytes. */
  | {
      readonly kind: 'decimal';
      readonly precision: number;
      readonly scale: number;
      readonly size: number;
    };

/** `date`: days since 1970-01-01; `time-micros`: microseconds since midnight. */
export type SimpleKind =
  | 'boolean'
  | 'int'
  | 'long'
  | 'float'
  | 'double'
  | 'string'
  | 'bytes'
  | 'date'
  | 'time-micros';

export interface StoredColumn
  extends Pick<Column, 'name' | 'sqlType' | 'nullable' | 'default' | 'generated' | 'identity'> {
  readonly form: ColumnForm;
  /** NULL is allowed, or was found all the same. */
  readonly optional: boolean;
  /** Why the form is not the one that the type asks for; null otherwise. */
  readonly reason: string | null;
}

/** Of a column whose values have classes; none otherwise. */
export function classesOf({ form }: Pick<StoredColumn, 'form'>): readonly StorageClass[] {
  return form.kind === 'classes' ? form.classes : [];
}

/** An index or trigger and the statement that makes it. */
export interface SchemaObject {
  readonly name: string;
  readonly sql: string;
}

export interface Sequence {
  readonly column: string;
  /** The last value given out, as decimal digits: it may pass 2^53. */
  readonly value: string;
}

/** All that restore needs to know; JSON can carry it. */
export interface TableFacts {
  readonly table: string;
  readonly columns: readonly StoredColumn[];
  readonly primaryKey: readonly string[];
  readonly uniques: readonly UniqueKey[];
  readonly checks: readonly string[];
  readonly indexes: readonly SchemaObject[];
  readonly foreignKeys: readonly ForeignKey[];
  /** Foreign keys of other tables that point at this one, each with its table. */
  readonly referencedBy: ReadonlyArray<ForeignKey & { readonly table: string }>;
  readonly triggers: readonly SchemaObject[];
  readonly sequences: readonly Sequence[];
  readonly createTable: string;
  /** Statements that are run behind the rows of a table that is made again: what cannot stand in front of them. */
  readonly later?: readonly SchemaObject[];
  /** Of text in the database, e.g. UTF-8. */
  readonly encoding: string;
}
