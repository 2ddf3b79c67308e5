import type { Column } from '../../model/table.ts';
import type { ColumnEncoder, TapeColumn } from './column-encoder.ts';
import type { ElementForm } from './element-forms.ts';
import * as forms from './element-forms.ts';
import { arrayEncoder, type ElementType } from './encode-array.ts';
import { booleanEncoder, uuidEncoder } from './encode-fixed.ts';
import { float4Encoder, float8Encoder } from './encode-float.ts';
import { int2Encoder, int4Encoder, int8Encoder } from './encode-integer.ts';
import { intervalEncoder } from './encode-interval.ts';
import { cidrEncoder, inetEncoder, macaddrEncoder } from './encode-network.ts';
import { numericEncoder } from './encode-numeric.ts';
import { dateEncoder, timeEncoder, timestampEncoder, timetzEncoder } from './encode-temporal.ts';
import { byteaEncoder, jsonbEncoder, textEncoder } from './encode-text.ts';

/** Which types have a binary form here, and what may be done with their columns because of it. */

type EncoderMaker = (column: TapeColumn) => ColumnEncoder;

/**
 * Of fields that were checked. By pg_type.typname; the binary forms are those of each type's receive function. Not xml,
 * which reads its bytes in the character set that the document names, nor "char", which knows no empty value.
 */
const ENCODERS: Readonly<Record<string, EncoderMaker>> = {
  int2: int2Encoder,
  int4: int4Encoder,
  int8: int8Encoder,
  float4: float4Encoder,
  float8: float8Encoder,
  numeric: numericEncoder,
  bool: booleanEncoder,
  date: dateEncoder,
  time: timeEncoder,
  timetz: timetzEncoder,
  timestamp: timestampEncoder,
  timestamptz: timestampEncoder,
  uuid: uuidEncoder,
  bytea: byteaEncoder,
  text: textEncoder,
  varchar: textEncoder,
  bpchar: textEncoder,
  name: textEncoder,
  json: textEncoder,
  jsonb: jsonbEncoder,
};

/** Of fields that were not: these encoders read the usual spellings only. */
const FORM_ENCODERS: Readonly<Record<string, EncoderMaker>> = {
  inet: inetEncoder,
  cidr: cidrEncoder,
  macaddr: macaddrEncoder,
  interval: intervalEncoder,
};

const element = (oid: number, encoder: EncoderMaker, form: ElementForm | null = null): ElementType => ({
  oid,
  encoder,
  form,
});

/** By pg_type.typname of the elements, the OIDs of pg_type.dat in the sources of PostgreSQL. */
const ELEMENTS: Readonly<Record<string, ElementType>> = {
  int2: element(21, int2Encoder, forms.isInt2),
  int4: element(23, int4Encoder, forms.isInt4),
  int8: element(20, int8Encoder, forms.isInt8),
  float4: element(700, float4Encoder, forms.isFloat4),
  float8: element(701, float8Encoder, forms.isFloat8),
  numeric: element(1700, numericEncoder, forms.isNumeric),
  bool: element(16, booleanEncoder, forms.isBoolean),
  date: element(1082, dateEncoder, forms.isDate),
  time: element(1083, timeEncoder, forms.isTime),
  timetz: element(1266, timetzEncoder, forms.isTimetz),
  timestamp: element(1114, timestampEncoder, forms.isTimestamp),
  timestamptz: element(1184, timestampEncoder, forms.isTimestamptz),
  uuid: element(2950, uuidEncoder, forms.isUuid),
  bytea: element(17, byteaEncoder, forms.isBytea),
  text: element(25, textEncoder),
  varchar: element(1043, textEncoder),
  bpchar: element(1042, textEncoder),
  inet: element(869, inetEncoder),
  cidr: element(650, cidrEncoder),
  macaddr: element(829, macaddrEncoder),
  interval: element(1186, intervalEncoder),
};

/** Types of arrays are named after their elements, with _ before. */
function formEncoderOf(baseType: string): EncoderMaker | null {
  const elements = baseType.startsWith('_') ? ELEMENTS[baseType.slice(1)] : undefined;
  if (elements !== undefined) return (column) => arrayEncoder(column, elements);
  return FORM_ENCODERS[baseType] ?? null;
}

/** Extensions may stand in any schema; labels of enums are text. */
function checkedEncoder({ baseType = '', enum: labels }: Column): EncoderMaker | null {
  if (labels !== undefined) return textEncoder;
  return ENCODERS[baseType.endsWith('."citext"') ? 'text' : baseType] ?? null;
}

/** Null where only the text form will do; also for columns whose limits would alter values without a word. */
export const encoderOf = (column: Column): EncoderMaker | null =>
  checkedEncoder(column) ?? (column.alters === true ? null : formEncoderOf(column.baseType ?? ''));

/** Types whose values are equal when their binary forms are, and only then; texts by most collations. */
const ONE_FORM: ReadonlySet<string> = new Set(
  'int2 int4 int8 uuid date time timetz timestamp timestamptz bool bytea text varchar name'.split(' '),
);

export const hasOneForm = ({ baseType = '', enum: labels, collation }: Column): boolean =>
  collation === undefined && (labels !== undefined || ONE_FORM.has(baseType));

/** Types whose text only the database can judge, whatever form it is sent in. */
const FREE_TEXT: ReadonlySet<string> = new Set(['json', 'jsonb']);

/**
 * What was found good is taken by the type, so a whole batch can be sent to a table with columns of such types. `binary`:
 * the batch is in the binary format, so its encoders read whatever was not checked.
 */
export const isJudged = (column: Column, binary = false): boolean =>
  !FREE_TEXT.has(column.baseType ?? '') &&
  (binary || column.kind !== 'text' || checkedEncoder(column) !== null);
