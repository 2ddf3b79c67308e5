/** The dictionary's nouns: what rowferry knows of a table of the target database. */

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

export interface Column {
  readonly name: string;
  /** The declared type as the database writes it, e.g. `VARCHAR(200)`. */
  readonly sqlType: string;
  readonly kind: ColumnKind;
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
  /** integer: smallest and largest value. */
  readonly minimum?: bigint;
  readonly maximum?: bigint;
  /** datetime and time: the column keeps a zone. */
  readonly withZone?: boolean;
  /** datetime and time: most digits of the fraction of a second. */
  readonly fractionDigits?: number;
  readonly enum?: readonly string[];
}

export interface UniqueKey {
  readonly name: string;
  readonly columns: readonly string[];
  readonly primary: boolean;
}

export interface ForeignKey {
  readonly name: string;
  readonly columns: readonly string[];
  readonly parentTable: string;
  readonly parentColumns: readonly string[];
  readonly onDelete: string;
  readonly onUpdate: string;
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
}

/** What the order of tables hangs on: parents come first. */
export type RelatedTable = Pick<Table, 'name' | 'foreignKeys'>;

/** insert: a row whose key exists is a reject; skip: it is passed over; upsert: it is updated. */
export type Mode = 'insert' | 'skip' | 'upsert';
export const MODES: readonly Mode[] = ['insert', 'skip', 'upsert'];
