import type { Column, Table } from '../../model/table.ts';

/** A table as a Table Schema that describes the files rowferry takes for it; `refine` reads it back as the same table. */

/** As the API gives it too, where limits are numbers and texts. */
type DescribedColumn = Pick<Column, 'name' | 'nullable' | 'default' | 'generated' | 'identity'> & {
  /** A ColumnKind. */
  readonly kind: string;
  readonly maxLength?: number | undefined;
  readonly enum?: readonly string[] | undefined;
  readonly members?: readonly string[] | undefined;
  readonly spanHours?: number | undefined;
  readonly minimum?: bigint | number | string | undefined;
  readonly maximum?: bigint | number | string | undefined;
};

export interface DescribedTable extends Pick<Table, 'name' | 'primaryKey' | 'uniqueKeys'> {
  readonly columns: readonly DescribedColumn[];
  readonly foreignKeys: ReadonlyArray<
    Pick<Table['foreignKeys'][number], 'columns' | 'parentTable' | 'parentColumns'>
  >;
}

type Limit = number | string;

export interface FieldDocument {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly constraints?: Readonly<Record<string, boolean | Limit | readonly string[]>>;
}

export interface SchemaDocument {
  readonly $schema: string;
  readonly fields: readonly FieldDocument[];
  readonly primaryKey?: readonly string[];
  readonly uniqueKeys?: ReadonlyArray<readonly string[]>;
  readonly foreignKeys?: ReadonlyArray<{
    readonly fields: readonly string[];
    readonly reference: { readonly resource: string; readonly fields: readonly string[] };
  }>;
}

const PROFILE = 'https://datapackage.org/profiles/2.0/tableschema.json';

/** Columns that the database computes are none of a file's, and keys with such columns are left out. */
export function schemaOf(table: DescribedTable): SchemaDocument {
  const columns = table.columns.filter((column) => !column.generated);
  const names = new Set(columns.map(({ name }) => name));
  const isWhole = (key: readonly string[]) => key.length > 0 && key.every((name) => names.has(name));
  const uniqueKeys = table.uniqueKeys.filter((key) => !key.primary && isWhole(key.columns));
  const foreignKeys = table.foreignKeys.filter((key) => isWhole(key.columns));
  return {
    $schema: PROFILE,
    fields: columns.map(fieldOf),
    ...(isWhole(table.primaryKey) ? { primaryKey: table.primaryKey } : {}),
    ...(uniqueKeys.length === 0 ? {} : { uniqueKeys: uniqueKeys.map((key) => key.columns) }),
    ...(foreignKeys.length === 0
      ? {}
      : { foreignKeys: foreignKeys.map((key) => referenceOf(key, table.name)) }),
  };
}

/** The empty resource is the table itself. */
function referenceOf(key: DescribedTable['foreignKeys'][number], table: string) {
  const resource = key.parentTable === table ? '' : key.parentTable;
  return { fields: key.columns, reference: { resource, fields: key.parentColumns } };
}

function fieldOf(column: DescribedColumn): FieldDocument {
  const constraints = constraintsOf(column);
  return {
    name: column.name,
    ...typeOf(column),
    ...(Object.keys(constraints).length === 0 ? {} : { constraints }),
  };
}

const TYPES: Readonly<Record<string, Pick<FieldDocument, 'type' | 'format'>>> = {
  integer: { type: 'integer' },
  decimal: { type: 'number' },
  float: { type: 'number' },
  boolean: { type: 'boolean' },
  text: { type: 'string' },
  date: { type: 'date' },
  time: { type: 'time' },
  datetime: { type: 'datetime' },
  uuid: { type: 'string', format: 'uuid' },
  // Any JSON value: Table Schema has types for objects and for arrays alone.
  json: { type: 'any' },
  // Hexadecimal digits: the standard's format `binary` is base64.
  binary: { type: 'string' },
};

/** Spans of time may have more hours than a day. */
function typeOf(column: DescribedColumn): Pick<FieldDocument, 'type' | 'format'> {
  const type = column.spanHours === undefined ? TYPES[column.kind] : undefined;
  return type ?? { type: 'string' };
}

function constraintsOf(column: DescribedColumn): NonNullable<FieldDocument['constraints']> {
  const { kind, maxLength, enum: allowed, minimum, maximum } = column;
  const mustCome = !column.nullable && column.default === null && !column.identity;
  return {
    ...(mustCome ? { required: true } : {}),
    ...(maxLength === undefined || kind !== 'text' ? {} : { maxLength }),
    ...(isNumber(kind) && minimum !== undefined ? { minimum: limitOf(minimum) } : {}),
    ...(isNumber(kind) && maximum !== undefined ? { maximum: limitOf(maximum) } : {}),
    ...(allowed === undefined || kind !== 'text' ? {} : { enum: allowed }),
  };
}

const isNumber = (kind: string): boolean => kind === 'integer' || kind === 'decimal' || kind === 'float';

/** A text where readers of JSON would round the number. */
function limitOf(limit: bigint | number | string): Limit {
  const number = Number(limit);
  return Number.isSafeInteger(number) ? number : String(limit);
}

const PACKAGE_PROFILE = 'https://datapackage.org/profiles/2.0/datapackage.json';

/** Several tables as a data package, whose foreign keys name its resources. */
export function packageOf(tables: readonly DescribedTable[]): object {
  const resources = tables.map((table) => ({
    name: table.name,
    type: 'table',
    path: `${table.name}.csv`,
    schema: schemaOf(table),
  }));
  return { $schema: PACKAGE_PROFILE, resources };
}
