import type { SqlValue } from '../../src/database/database.ts';
import type { Meanings } from './meaning.ts';
import type { Spellings, Values } from './values.ts';

/** A type under test: the values that come, what they mean, and how they are read back. */
export interface ColumnType {
  /** As in CREATE TABLE, e.g. `numeric(10,2)`. */
  readonly declared: string;
  /** Behind the columns of CREATE TABLE, e.g. `STRICT`. */
  readonly table?: string;
  readonly values: Values;
  readonly meaning: Meanings;
  /** SQL that gives what is stored in column `v`. */
  readonly select: string;
  /** What `select` gave, in the words of `meaning`; its text by default. */
  readonly canonical?: (stored: SqlValue) => string;
  /** The checks let texts pass that the database refuses, which takes long where they are many. */
  readonly leftToDatabase?: boolean;
  /** Only the database knows all spellings: the type of a plain cast, for those whose meaning is to ask. */
  readonly ask?: string;
  /** Spellings that all go in the database's binary form, of a type of which others go as text. */
  readonly binary?: Spellings;
  /** Values are so large that a small part of them will do. */
  readonly part?: number;
}

/** A database of one engine, with a table of its own for each type. */
export interface RoundTripDatabase {
  readonly url: string;
  run(sql: string): Promise<void>;
}
