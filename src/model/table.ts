/** The dictionary's nouns: what rowferry knows of a table of the target database. */

import type { ColumnReading } from './column-reading.ts';

/** The type families of check/; each has one checker and one row in every engine's type map. */
export type ColumnKind =
  | 'integer'
  | 'decimal'
  | 'float'
  | 'boolean'
  | 'text'
  | 'date'
  | 'time'
  | 'datetime'
  | 'uuid'
  | 'json'
  | 'binary';

/** Texts that are more than texts; what each of them is stands in docs/schemas.md. */
export type TextFormat =
  | 'email'
  | 'uri'
  | 'base64'
  | 'yearmonth'
  | 'duration'
  | 'geopoint'
  | 'object'
  | 'array';

/** A smallest or largest value as a file has it in the usual form: 12.50, 2021-11-07, 02:48:42. */
export interface Bound {
  readonly value: string;
  readonly exclusive: boolean;
}

/** What a schema asks of the values of a column beyond what the database does. */
export interface ColumnRules {
  readonly required?: boolean;
  /** Only what a column of this kind would take too. */
  readonly kind?: ColumnKind;
  readonly format?: TextFormat;
  /** integer, decimal, float, date, time and datetime, and texts of these kinds. */
  readonly minimum?: Bound;
  readonly maximum?: Bound;
  /** In Unicode code points. */
  readonly minLength?: number;
  readonly maxLength?: number;
  /** The whole text fits it. https://github.com/google/re2/wiki/Syntax */
  readonly pattern?: string;
  /** Compared as values of the column's kind: 1.50 is 1.5. */
  readonly enum?: readonly string[];
}

export interface Column {
  readonly name: string;
  /** The declared type as the database writes it, e.g. `VARCHAR(200)`. */
  readonly sqlType: string;
  readonly kind: ColumnKind;
  /** The engine's own name of the type, without length and domain, where values are sent by type, e.g. `int4`. */
  readonly baseType?: string;
  readonly nullable: boolean;
  /** The default as SQL text, null where there is none. */
  readonly default: string | null;
  /** Computed by the database: never written. */
  readonly generated: boolean;
  /** Filled by the database when left out (INTEGER PRIMARY KEY, identity, AUTO_INCREMENT). */
  readonly identity: boolean;
  /** text: most characters (Unicode code points). */
  readonly maxLength?: number;
  /** decimal: digits in all and after the point. */
  readonly precision?: number;
  readonly scale?: number;
  /** decimal: the engine keeps no more significant digits than this; of whole numbers it keeps 18 all the same. */
  readonly significantDigits?: number;
  /** text and binary: most bytes, where that is less than `maxLength` characters may have. */
  readonly maxBytes?: number;
  /** text: spaces at the end are lost. binary: shorter values are filled up to `maxBytes`. */
  readonly padded?: boolean;
  /** text and JSON: the database makes a number of what looks like one, so only what that keeps can be stored. */
  readonly makesNumbers?: boolean;
  /** The database rounds or cuts what does not fit the type, without a word; it is asked before. */
  readonly alters?: boolean;
  /** text: by which rules the database compares values, where columns have their own. */
  readonly collation?: string;
  /** integer: smallest and largest value; decimal and float: 0 where no number may be negative. */
  readonly minimum?: bigint;
  readonly maximum?: bigint;
  /** datetime and time: the column keeps a zone. */
  readonly withZone?: boolean;
  /** datetime and time: most digits of the fraction of a second. */
  readonly fractionDigits?: number;
  /** time: most hours, also negative ones, where a column keeps spans of time; default 0 to 23. */
  readonly spanHours?: number;
  /** datetime: first and last second, in seconds since 1970-01-01T00:00:00Z. */
  readonly firstSecond?: number;
  readonly lastSecond?: number;
  /** float: 32 for single precision; a double otherwise. */
  readonly bits?: 32 | 64;
  readonly enum?: readonly string[];
  /** text: a list of these with commas between, in any order, each at most once. */
  readonly members?: readonly string[];
  /** How its values are written, where a schema says so. */
  readonly read?: ColumnReading;
  readonly rules?: ColumnRules;
}

export interface UniqueKey {
  readonly name: string;
  readonly columns: readonly string[];
  readonly primary: boolean;
  /** It may be checked at the end of the transaction instead of with each row. */
  readonly deferrable?: boolean;
}

export interface ForeignKey {
  readonly name: string;
  readonly columns: readonly string[];
  /** Where the parent is in another schema than those that names are looked up in. */
  readonly parentSchema?: string;
  readonly parentTable: string;
  readonly parentColumns: readonly string[];
  readonly onDelete: string;
  readonly onUpdate: string;
  /** MATCH FULL: all parts of the key are NULL or none is. */
  readonly matchFull?: boolean;
}

export interface Table {
  /** Undefined where the engine has no schemas. */
  readonly schema?: string;
  readonly name: string;
  readonly columns: readonly Column[];
  readonly primaryKey: readonly string[];
  /** Every unique key, the primary key among them. */
  readonly uniqueKeys: readonly UniqueKey[];
  readonly foreignKeys: readonly ForeignKey[];
  /** CHECK clauses as SQL text. */
  readonly checks: readonly string[];
  readonly triggers: readonly string[];
  /** The statement that made the table, where the engine keeps it. */
  readonly createSql?: string;
  /** Of a schema: which columns a file has. */
  readonly fields?: FieldsMatch;
}

/**
 * exact: these columns in this order, also where there is no header. equal: these in any order. subset: these, and
 * others.
 */
export interface FieldsMatch {
  readonly match: 'exact' | 'equal' | 'subset';
  /** Of the table. */
  readonly columns: readonly string[];
}

/** What the order of tables hangs on: parents come first. */
export type RelatedTable = Pick<Table, 'name' | 'foreignKeys'>;

/** insert: a row whose key exists is a reject; skip: it is passed over; upsert: it is updated. */
export type Mode = 'insert' | 'skip' | 'upsert';
export const MODES: readonly Mode[] = ['insert', 'skip', 'upsert'];
