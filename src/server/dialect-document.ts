import { type TSchema, Type } from 'typebox';
import { MAX_DIALECT_LIST, MAX_DIALECT_ROW, MAX_DIALECT_TEXT, MAX_MARK, RAGGED } from '../model/dialect.ts';

/** A dialect in requests and answers. What may stand together is decided in csv/dialect.ts. */

const nullable = <T extends TSchema>(schema: T, description: string) =>
  Type.Union([schema, Type.Null()], { description });
const text = (least = 1, most = MAX_DIALECT_TEXT) => Type.String({ minLength: least, maxLength: most });
const asciiMark = Type.String({ pattern: '^[\\x01-\\x09\\x0b\\x0c\\x0e-\\x7f]$' });
const flag = (description: string) => Type.Boolean({ description });
const count = (description: string) => Type.Integer({ minimum: 0, maximum: MAX_DIALECT_ROW, description });
const rows = (minItems: number, description: string) =>
  Type.Array(Type.Integer({ minimum: 1, maximum: MAX_DIALECT_ROW }), {
    minItems,
    maxItems: MAX_DIALECT_LIST,
    description,
  });
const spellings = Type.Array(text(), { minItems: 1, maxItems: MAX_DIALECT_LIST });

const properties = {
  delimiter: Type.String({ minLength: 1, maxLength: MAX_MARK, description: 'Between fields' }),
  lineTerminator: nullable(text(1, MAX_MARK), 'Ends a record; null: LF, CRLF and CR, also mixed'),
  quoteChar: nullable(asciiMark, 'One ASCII character; null: nothing is quoted'),
  doubleQuote: flag('A quote inside quotes is written twice'),
  escapeChar: nullable(asciiMark, 'One ASCII character that takes the meaning off the one after it'),
  nullSequence: nullable(text(0), 'A field of this text without quotes is NULL, beside the empty one'),
  skipInitialSpace: flag('Spaces after a delimiter are no part of the field'),
  header: nullable(Type.Boolean(), 'Null until the first record was seen'),
  headerRows: rows(1, 'Rows of the header, from 1, ascending, counted after skipRows'),
  headerJoin: Type.String({
    maxLength: MAX_DIALECT_TEXT,
    description: 'Between the parts of a name that stands in several header rows',
  }),
  commentChar: nullable(text(1, MAX_MARK), 'Rows that start with it are none'),
  commentRows: rows(0, 'Rows that are none, from 1, ascending, counted after skipRows'),
  encoding: Type.String({
    minLength: 1,
    maxLength: MAX_DIALECT_TEXT,
    description: 'A label of the WHATWG Encoding standard',
  }),
  skipRows: count('Physical lines before the first row'),
  skipFooterRows: count('Records at the end that are none'),
  skipBlankRows: flag('Empty lines are no records'),
  ragged: Type.Enum([...RAGGED], { description: 'What becomes of a record with too few or too many fields' }),
  decimalChar: Type.String({ minLength: 1, maxLength: 1, description: 'Of decimals and floats' }),
  groupChar: nullable(text(1, 1), 'Between groups of digits'),
  dateFormat: nullable(text(), 'With the directives of strptime, e.g. %d/%m/%Y; null: ISO 8601'),
  datetimeFormat: nullable(text(), 'With the directives of strptime; null: ISO 8601'),
  timeZone: nullable(text(), 'Of date-times that name no zone: an IANA name or a UTC offset; null: UTC'),
  trueValues: nullable(spellings, 'The only spellings of true; null: the usual ones'),
  falseValues: nullable(spellings, 'The only spellings of false; null: the usual ones'),
};

export const DialectDocument = Type.Object(properties, {
  description:
    'The properties of Data Package v2 Table Dialect, and more; docs/dialects.md explains them, and the descriptors of other standards that are taken too',
  additionalProperties: false,
});

/** For requests: every property may be left out. */
export const DialectInput = Type.Partial(DialectDocument, { additionalProperties: false });
