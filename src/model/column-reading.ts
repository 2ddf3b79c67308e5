/**
 * How the values of one column are written, where that is not how those of the dialect are: the properties of Frictionless
 * Table Schema fields, and two of rowferry's own. What is left out is as in the dialect.
 * https://datapackage.org/standard/table-schema/
 */
export interface ColumnReading {
  /** Numbers: the mark before the fraction. */
  readonly decimalChar?: string;
  /** Numbers: the mark between groups of digits; null: there is none. */
  readonly groupChar?: string | null;
  /** Numbers: false takes a currency or a percent sign before or after the number, and drops it. */
  readonly bareNumber?: boolean;
  /** Numbers: written in hundredths with a percent sign: 12.5 % is 0.125. Not of the standard. */
  readonly percent?: boolean;
  /**
   * Dates, times, date-times: strptime directives as of lib/date-format.ts, or `default` (ISO 8601); bytes: `default`
   * (hexadecimal digits) or `base64`.
   */
  readonly format?: string;
  /** Truth: all spellings of each, to the letter. */
  readonly trueValues?: readonly string[];
  readonly falseValues?: readonly string[];
  /** All kinds: fields of these texts are NULL, in quotes too; the empty text is only where it stands among them. */
  readonly missingValues?: readonly string[];
  /** Date-times and times of columns with a zone: the IANA zone of values without one. Not of the standard. */
  readonly timeZone?: string;
}
