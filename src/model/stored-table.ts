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

export interface StoredColumn
  extends Pick<Column, 'name' | 'sqlType' | 'nullable' | 'default' | 'generated' | 'identity'> {
  /** The classes found in the snapshot, in the order of STORAGE_CLASSES; never empty. */
  readonly classes: readonly StorageClass[];
  /** NULL is allowed, or was found all the same. */
  readonly optional: boolean;
  /** Why the column has more than one class, or one that its type does not ask for; null otherwise. */
  readonly reason: string | null;
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
  /** Of text in the database, e.g. UTF-8. */
  readonly encoding: string;
}
