import { type Ddl, tablesDdl } from '../database/ddl.ts';
import { RowferryError } from '../errors.ts';
import { classesOf, type StoredColumn } from '../model/stored-table.ts';
import type { PlannedColumn, PlannedTable, PlannedType } from '../model/table-plan.ts';
import type { ValueKind } from './converted-rows.ts';
import type { BackupFacts } from './manifest.ts';

/** What becomes of the columns of a backup of another engine. */
export interface Conversion {
  /** The table as it takes the rows: each column as text, those of bytes as bytes. */
  readonly facts: BackupFacts;
  /** In the order of the columns. */
  readonly kinds: readonly ValueKind[];
  /** A line for each column that is another one afterwards. */
  readonly changes: readonly string[];
  readonly notTaken: readonly string[];
}

/** Longest texts of each column. */
export interface Length {
  readonly characters: number;
  readonly bytes: number;
}

/** Into a table that is there; `restore-schema-drift` where its columns have other names, or are generated. */
export function intoPresent(
  backup: BackupFacts,
  table: string,
  present: readonly StoredColumn[],
): Conversion {
  const wanted = new Map(present.map((column) => [column.name.toLowerCase(), column]));
  const pairs = backup.columns.map((column) => ({ column, into: wanted.get(column.name.toLowerCase()) }));
  const differences = [
    ...pairs.flatMap(({ column, into }) => {
      if (into === undefined) return [`column ${column.name} is gone`];
      return into.generated ? [`column ${into.name} is generated`] : [];
    }),
    ...present
      .filter(({ name }) => !backup.columns.some((each) => each.name.toLowerCase() === name.toLowerCase()))
      .map(({ name }) => `column ${name} was added`),
  ];
  if (differences.length > 0) {
    throw new RowferryError(
      'restore-schema-drift',
      `${table} has not the columns of ${backup.table} in the backup: ${differences.join('; ')}`,
      { hint: 'name a table that is not there with --table: it is then made' },
    );
  }
  const columns = pairs.map(({ column, into = column }) => written(column, into.name, into.sqlType));
  return {
    facts: { ...backup, table, columns, sequences: [] },
    kinds: pairs.map(({ column, into }) => kindOf(column, into)),
    changes: pairs.flatMap(({ column, into = column }) => changeOf(column, into.sqlType, null, into)),
    notTaken: [],
  };
}

/** Columns of the tables that foreign keys point at, by the name that the database spells the table by. */
export type Parents = ReadonlyMap<string, readonly StoredColumn[]>;

/** Into a table that is made for it. `tables`: those of the database. */
export function intoMissing(
  backup: BackupFacts,
  table: string,
  ddl: Ddl,
  lengths: readonly Length[],
  tables: readonly string[],
  parents: Parents,
): Conversion {
  const keys = keysOf(backup, table, tables);
  const planned: PlannedTable = {
    name: table,
    columns: backup.columns.map((column, index) => {
      const key = keys.kept.foreignKeys.find((each) => each.column === column.name);
      const parent = parents.get(key?.parentTable ?? '')?.find(({ name }) => name === key?.parentColumn);
      return plannedColumn(backup, column, lengths[index], parent);
    }),
    primaryKey: backup.primaryKey,
    notes: [],
    ...keys.kept,
  };
  const [made] = tablesDdl(ddl, [planned]);
  const types = made?.types ?? [];
  return {
    facts: {
      ...backup,
      table,
      columns: backup.columns.map((column, index) => written(column, column.name, types[index]?.sql ?? '')),
      createTable: made?.create ?? '',
      foreignKeys: backup.foreignKeys
        .filter(({ name }) => keys.names.has(name))
        .map((key) => ({ ...key, parentTable: keys.parentOf(key.parentTable) ?? key.parentTable })),
      referencedBy: [],
      indexes: [],
      triggers: [],
      sequences: [],
      later: [],
    },
    kinds: backup.columns.map((column) => kindOf(column, undefined)),
    changes: backup.columns.flatMap((column, index) =>
      changeOf(column, types[index]?.sql ?? '', types[index]?.note ?? null),
    ),
    notTaken: [...keys.left, ...leftOf(backup)],
  };
}

function keysOf(backup: BackupFacts, table: string, tables: readonly string[]) {
  const parentOf = (parent: string): string | undefined =>
    parent.toLowerCase() === backup.table.toLowerCase()
      ? table
      : tables.find((each) => each.toLowerCase() === parent.toLowerCase());
  const isKept = (key: BackupFacts['foreignKeys'][number]): boolean =>
    key.columns.length === 1 && key.parentSchema === undefined && parentOf(key.parentTable) !== undefined;
  const foreignKeys = backup.foreignKeys.filter(isKept).map((key) => ({
    column: key.columns[0] ?? '',
    parentTable: parentOf(key.parentTable) ?? '',
    parentColumn: key.parentColumns[0] ?? '',
    evidence: '',
  }));
  const uniques = backup.uniques.map(({ columns }) => columns);
  return {
    parentOf,
    names: new Set(backup.foreignKeys.filter(isKept).map(({ name }) => name)),
    kept: {
      foreignKeys,
      uniqueColumns: uniques.flatMap(([column = '', ...more]) => (more.length === 0 ? [column] : [])),
      uniqueKeys: uniques.filter((columns) => columns.length > 1),
    },
    left: [
      ...backup.foreignKeys.filter((key) => !isKept(key)).map((key) => `foreign key to ${key.parentTable}`),
      ...backup.foreignKeys
        .filter((key) => isKept(key) && /cascade|set/i.test(`${key.onDelete} ${key.onUpdate}`))
        .map((key) => `actions of the foreign key to ${key.parentTable}`),
    ],
  };
}

function leftOf({ columns, checks, indexes, triggers }: BackupFacts): string[] {
  return [
    ...columns.filter((each) => each.default !== null).map(({ name }) => `default of ${name}`),
    ...columns.filter(({ identity }) => identity).map(({ name }) => `numbering of ${name}`),
    ...checks.map((check) => check.replace(/^(?:CHECK )?/i, 'CHECK ')),
    ...indexes.map(({ name }) => `index ${name}`),
    ...triggers.map(({ name }) => `trigger ${name}`),
  ];
}

function plannedColumn(
  backup: BackupFacts,
  column: StoredColumn,
  length: Length | undefined,
  parent: StoredColumn | undefined,
): PlannedColumn {
  const inKey = backup.primaryKey.includes(column.name);
  return {
    name: column.name,
    type: likeParent(plannedType(column), parent),
    longest: length?.characters ?? 0,
    longestBytes: length?.bytes ?? 0,
    nullable: column.optional && !inKey,
    evidence: '',
  };
}

/** MySQL has keys only between integers of one size; a value that has no room there is refused by name. */
function likeParent(type: PlannedType, parent: StoredColumn | undefined): PlannedType {
  if (type.kind !== 'integer' || parent === undefined) return type;
  if (parent.form.kind !== 'int' && parent.form.kind !== 'long') return type;
  return { kind: 'integer', bits: parent.form.kind === 'int' ? 32 : 64 };
}

const DECLARED = /^(?:DECIMAL|NUMERIC) ?\((\d+), ?(\d+)\)$/i;

function plannedType(column: StoredColumn): PlannedType {
  const { form, sqlType } = column;
  switch (form.kind) {
    case 'int':
      return { kind: 'integer', bits: 32 };
    case 'long':
      return { kind: 'integer', bits: 64 };
    case 'float':
    case 'double':
      return { kind: 'float' };
    case 'decimal':
      return { kind: 'decimal', precision: form.precision, scale: form.scale };
    case 'time-micros':
      return { kind: 'time', fractionDigits: 6 };
    case 'timestamp-micros':
      return { kind: 'datetime', fractionDigits: 6, zone: form.utc ? 'utc' : 'none', inTimestamp: false };
    case 'string':
      return { kind: 'text' };
    case 'bytes':
      return { kind: 'binary' };
    case 'classes':
      return typeOfClasses(column, DECLARED.exec(sqlType));
    default:
      return { kind: form.kind };
  }
}

function typeOfClasses(column: StoredColumn, declared: RegExpExecArray | null): PlannedType {
  const classes = classesOf(column);
  const isMixed = classes.length > 1 && classes.includes('blob');
  if (isMixed || classes.includes('invalid-text')) {
    throw new RowferryError(
      'restore-schema-drift',
      `column ${column.name} holds ${classes.join(' and ')}: no column of another engine takes them`,
      { hint: 'make the values of the column ones of one kind, and back the table up again' },
    );
  }
  if (classes.includes('blob')) return { kind: 'binary' };
  if (classes.includes('text')) return { kind: 'text' };
  if (declared !== null) {
    return { kind: 'decimal', precision: Number(declared[1]), scale: Number(declared[2]) };
  }
  return classes.includes('real') ? { kind: 'float' } : { kind: 'integer', bits: 64 };
}

function written(column: StoredColumn, name: string, sqlType: string): StoredColumn {
  const form = { kind: isBytes(column) ? ('bytes' as const) : ('string' as const) };
  return { ...column, name, sqlType, form, optional: true, generated: false };
}

const isBytes = (column: StoredColumn): boolean =>
  column.form.kind === 'bytes' || (classesOf(column).length === 1 && classesOf(column).includes('blob'));

/** As numbers or moments where one of the two is one. */
function kindOf(column: StoredColumn, into: StoredColumn | undefined): ValueKind {
  const both = [column, ...(into === undefined ? [] : [into])];
  if (both.some(isNumber)) return 'number';
  return both.some(isMoment) ? 'moment' : 'plain';
}

function isNumber(column: StoredColumn): boolean {
  const classes = classesOf(column);
  if (classes.length > 0) return !classes.includes('text') && !classes.includes('blob');
  return ['boolean', 'int', 'long', 'float', 'double', 'decimal'].includes(column.form.kind);
}

const isMoment = ({ form }: StoredColumn): boolean =>
  ['date', 'time-micros', 'timestamp-micros'].includes(form.kind);

function changeOf(column: StoredColumn, sqlType: string, note: string | null, into?: StoredColumn): string[] {
  const { name, sqlType: before, generated, form } = column;
  const isUtc = form.kind === 'timestamp-micros' && form.utc;
  const zone =
    isUtc &&
    (into === undefined
      ? /^datetime/i.test(sqlType)
      : into.form.kind === 'timestamp-micros' && !into.form.utc);
  const notes = [
    ...(note === null ? [] : [note]),
    ...(zone ? ['moments in UTC without a zone'] : []),
    ...(classesOf(column).length > 1 ? [`${classesOf(column).join(' and ')} become one kind`] : []),
    ...(generated ? ['not generated any more'] : []),
  ];
  if (notes.length === 0 && before.toLowerCase() === sqlType.toLowerCase()) return [];
  const why = notes.length === 0 ? '' : ` (${notes.join('; ')})`;
  return [`${name}: ${before || 'without type'} becomes ${sqlType || 'without type'}${why}`];
}
