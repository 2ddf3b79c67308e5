/**
 * How a CSV file is written: the properties of Data Package v2 Table Dialect that rowferry honours.
 * https://datapackage.org/standard/table-dialect/
 */
export interface Dialect {
  /** One ASCII character. */
  readonly delimiter: string;
  /** One ASCII character, or null when nothing is quoted. */
  readonly quoteChar: string | null;
  /** Null until the first record was seen. */
  readonly header: boolean | null;
  readonly encoding: 'utf-8';
}

/** RFC 4180; the header is found by the dictionary. */
export const DEFAULT_DIALECT: Dialect = { delimiter: ',', quoteChar: '"', header: null, encoding: 'utf-8' };
