import { formatProblem } from '../../lib/date-format.ts';
import type { ColumnReading } from '../../model/column-reading.ts';
import type { Column, ColumnKind, ColumnRules } from '../../model/table.ts';
import type { FieldType, SchemaField } from './field.ts';
import { refused } from './members.ts';

/** What the types and formats of fields ask of columns of each kind. */

type TypeRules = Pick<ColumnRules, 'kind' | 'format' | 'minimum' | 'maximum'>;
type Fits = Partial<Record<ColumnKind, TypeRules>>;

const NOTHING: TypeRules = {};
const ALL: Fits = {
  integer: NOTHING,
  decimal: NOTHING,
  float: NOTHING,
  boolean: NOTHING,
  text: NOTHING,
  date: NOTHING,
  time: NOTHING,
  datetime: NOTHING,
  uuid: NOTHING,
  json: NOTHING,
  binary: NOTHING,
};
const WHOLE: TypeRules = { kind: 'integer' };
const ZERO_OR_ONE: TypeRules = {
  minimum: { value: '0', exclusive: false },
  maximum: { value: '1', exclusive: false },
};
const OBJECT: Fits = { json: { format: 'object' }, text: { format: 'object' } };
const ARRAY: Fits = { json: { format: 'array' }, text: { format: 'array' } };

/** Kinds that are not named contradict the type. */
const FITS: Readonly<Record<FieldType, Fits>> = {
  any: ALL,
  string: ALL,
  integer: { integer: NOTHING, decimal: WHOLE, float: WHOLE, boolean: WHOLE, text: WHOLE },
  year: { integer: NOTHING, decimal: WHOLE, text: WHOLE },
  number: { integer: NOTHING, decimal: NOTHING, float: NOTHING, text: { kind: 'float' } },
  boolean: { boolean: NOTHING, integer: ZERO_OR_ONE, text: { kind: 'boolean' } },
  date: { date: NOTHING, text: { kind: 'date' } },
  time: { time: NOTHING, text: { kind: 'time' } },
  datetime: { datetime: NOTHING, text: { kind: 'datetime' } },
  yearmonth: { text: { format: 'yearmonth' } },
  duration: { text: { format: 'duration' } },
  geopoint: { text: { format: 'geopoint' } },
  geojson: OBJECT,
  object: OBJECT,
  array: ARRAY,
  list: { text: NOTHING },
};

/** Throws `schema-invalid` naming the field and the column where they contradict each other. */
export function typeRules(field: SchemaField, column: Column): TypeRules {
  const fits = fitsOf(field)[column.kind];
  if (fits !== undefined) return fits;
  const form = field.format === 'default' ? '' : ` of the format ${field.format}`;
  throw refused(
    `field ${field.name}`,
    `its type is ${field.type}${form}, and the column ${column.name} is ${column.sqlType}`,
    'give the field the type of the column, or leave its type out',
  );
}

const STRING_FORMATS: Readonly<Record<string, Fits>> = {
  email: { text: { format: 'email' } },
  uri: { text: { format: 'uri' } },
  uuid: { text: { kind: 'uuid' }, uuid: NOTHING },
  binary: { text: { format: 'base64' }, binary: NOTHING },
};

const GEOPOINT_FORMATS: Readonly<Record<string, Fits>> = { array: ARRAY, object: OBJECT };

function fitsOf(field: SchemaField): Fits {
  const { type, format } = field;
  if (format === 'default' || isPatterned(type)) return FITS[type];
  if (type === 'string') return STRING_FORMATS[format] ?? unknownFormat(field, Object.keys(STRING_FORMATS));
  if (type === 'geopoint')
    return GEOPOINT_FORMATS[format] ?? unknownFormat(field, Object.keys(GEOPOINT_FORMATS));
  if (type === 'any') return FITS[type];
  return unknownFormat(field, []);
}

const PATTERNED = ['date', 'time', 'datetime'] as const;
type Patterned = (typeof PATTERNED)[number];

const isPatterned = (type: FieldType): type is Patterned => PATTERNED.some((each) => each === type);

function unknownFormat({ name, type, format }: SchemaField, formats: readonly string[]): never {
  const list = ['default', ...formats].join(', ');
  throw refused(`field ${name}`, `its format is ${format}; those of ${type} that are read: ${list}`);
}

/** How the values of the column are read. Throws `schema-invalid` for what the column cannot be read by. */
export function readingOf(field: SchemaField, column: Column): ColumnReading | undefined {
  const { missingValues, ...marks } = field.reading;
  const format = formatOf(field, column);
  const read: ColumnReading = {
    ...withoutUsual(marks, column.kind),
    ...(format === undefined ? {} : { format }),
    ...(missingValues === undefined ? {} : { missingValues }),
  };
  for (const name of Object.keys(read)) refuseUnread(name, field, column);
  return Object.keys(read).length === 0 ? undefined : read;
}

function formatOf(field: SchemaField, column: Column): string | undefined {
  const { name, type, format, saysFormat } = field;
  if (type === 'string' && format === 'binary' && column.kind === 'binary') return 'base64';
  if (!isPatterned(type)) return undefined;
  if (format === 'default') return saysFormat && FORMATTED.has(column.kind) ? format : undefined;
  const problem = formatProblem(format, type);
  if (problem === null) return format;
  throw refused(`field ${name}`, `its format ${format} ${problem}`);
}

/** Writers of descriptors name what is usual too, which is no matter where the values are not numbers or truths. */
function withoutUsual(marks: ColumnReading, kind: ColumnKind): ColumnReading {
  const { decimalChar, bareNumber, ...others } = marks;
  const numbers = NUMBERS.has(kind);
  return {
    ...others,
    ...(decimalChar === undefined || (!numbers && decimalChar === '.') ? {} : { decimalChar }),
    ...(bareNumber === undefined || (!numbers && bareNumber) ? {} : { bareNumber }),
  };
}

const NUMBERS: ReadonlySet<ColumnKind> = new Set<ColumnKind>(['integer', 'decimal', 'float']);
const BOOLEANS: ReadonlySet<ColumnKind> = new Set<ColumnKind>(['boolean']);
const FORMATTED: ReadonlySet<ColumnKind> = new Set<ColumnKind>(['date', 'time', 'datetime', 'binary']);

const READ_BY: Readonly<Record<string, ReadonlySet<ColumnKind>>> = {
  decimalChar: NUMBERS,
  groupChar: NUMBERS,
  bareNumber: NUMBERS,
  trueValues: BOOLEANS,
  falseValues: BOOLEANS,
  format: FORMATTED,
  percent: NUMBERS,
  timeZone: new Set<ColumnKind>(['time', 'datetime']),
};

function refuseUnread(property: string, field: SchemaField, column: Column): void {
  const kinds = READ_BY[property];
  const zoneless = property === 'timeZone' && column.withZone !== true;
  if (kinds === undefined || (kinds.has(column.kind) && !zoneless)) return;
  throw refused(
    `field ${field.name}`,
    `its ${property} cannot be honoured: the column ${column.name} is ${column.sqlType}, whose values are kept as they are written`,
    `leave ${property} out`,
  );
}

/** Of texts that have a length and a pattern. */
export const isText = (field: SchemaField, column: Column): boolean =>
  column.kind === 'text' && (field.type === 'string' || field.type === 'any');
