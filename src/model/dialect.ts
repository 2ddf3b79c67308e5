/** What becomes of a record with too few or too many fields. docs/dialects.md says what each does. */
export const RAGGED = ['reject', 'pad', 'trim', 'repair'] as const;
export type Ragged = (typeof RAGGED)[number];

/**
 * How a CSV file is written: the properties of Data Package v2 Table Dialect, and those that real files need beside
 * them. https://datapackage.org/standard/table-dialect/
 */
export interface Dialect {
  /** 1 to 16 characters. */
  readonly delimiter: string;
  /** 1 to 16 characters; null: LF, CRLF and CR, also mixed. */
  readonly lineTerminator: string | null;
  /** One ASCII character, or null when nothing is quoted. */
  readonly quoteChar: string | null;
  /** A quote inside quotes is written twice. */
  readonly doubleQuote: boolean;
  /** One ASCII character that takes the meaning off the one after it. */
  readonly escapeChar: string | null;
  /** A field of this text without quotes is NULL, beside the empty one. */
  readonly nullSequence: string | null;
  /** Spaces after a delimiter are no part of the field. */
  readonly skipInitialSpace: boolean;
  /** Null until the first record was seen: the dictionary finds it. */
  readonly header: boolean | null;
  /** Rows of the header, 1-based, ascending, counted after `skipRows`. */
  readonly headerRows: readonly number[];
  /** Between the parts of a name that stands in several header rows. */
  readonly headerJoin: string;
  /** Rows that start with it are none. 1 to 16 characters. */
  readonly commentChar: string | null;
  /** Rows that are none, 1-based, ascending, counted after `skipRows`. */
  readonly commentRows: readonly number[];
  /** The canonical name of a WHATWG encoding. */
  readonly encoding: string;
  /** Physical lines before the first row. */
  readonly skipRows: number;
  /** Records at the end that are none. */
  readonly skipFooterRows: number;
  readonly skipBlankRows: boolean;
  readonly ragged: Ragged;
  /** Of decimals and floats. */
  readonly decimalChar: string;
  /** Between groups of digits. */
  readonly groupChar: string | null;
  /** With the directives of strptime, e.g. `%d/%m/%Y`; null: ISO 8601. */
  readonly dateFormat: string | null;
  readonly datetimeFormat: string | null;
  /** IANA name or UTC offset of date-times that name no zone; null: UTC. */
  readonly timeZone: string | null;
  /** The only spellings of true and of false; null: the usual ones. */
  readonly trueValues: readonly string[] | null;
  readonly falseValues: readonly string[] | null;
}

/** RFC 4180 in UTF-8; the header is found by the dictionary. */
export const DEFAULT_DIALECT: Dialect = {
  delimiter: ',',
  lineTerminator: null,
  quoteChar: '"',
  doubleQuote: true,
  escapeChar: null,
  nullSequence: null,
  skipInitialSpace: false,
  header: null,
  headerRows: [1],
  headerJoin: ' ',
  commentChar: null,
  commentRows: [],
  encoding: 'utf-8',
  skipRows: 0,
  skipFooterRows: 0,
  skipBlankRows: true,
  ragged: 'reject',
  decimalChar: '.',
  groupChar: null,
  dateFormat: null,
  datetimeFormat: null,
  timeZone: null,
  trueValues: null,
  falseValues: null,
};

/** Counts of rows and numbers of rows. */
export const MAX_DIALECT_ROW = 10_000;
/** Rows of a header, comment rows, spellings of a boolean. */
export const MAX_DIALECT_LIST = 100;
/** Characters of a delimiter, a record end and a comment mark. */
export const MAX_MARK = 16;
/** Characters of the other texts. */
export const MAX_DIALECT_TEXT = 64;
