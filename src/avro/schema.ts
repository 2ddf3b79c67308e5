import { RowferryError } from '../errors.ts';
import type { Profile } from '../model/avro-options.ts';
import { type ColumnForm, classesOf, type StorageClass, type StoredColumn } from '../model/stored-table.ts';
import { MAX_COLUMNS } from './limits.ts';

/**
 * The Avro schema of a backup: one record per row, one field per column. Names that Avro does not allow are
 * sanitised and keep the real one as `sqlName`; `sqlType` is the type as the database wrote it.
 * `table-unsupported` for more columns than readers take.
 */
export function tableSchema(
  table: string,
  columns: readonly StoredColumn[],
  profile: Profile = 'iceberg',
): object {
  if (columns.length > MAX_COLUMNS) {
    throw new RowferryError(
      'table-unsupported',
      `${table} has ${columns.length} columns; a backup holds at most ${MAX_COLUMNS}`,
    );
  }
  const names = new Set<string>();
  return {
    type: 'record',
    name: avroName(table, new Set()),
    sqlName: table,
    fields: columns.map((column) => {
      const name = avroName(column.name, names);
      return {
        name,
        type: avroType(column, name, profile),
        ...(name === column.name ? {} : { sqlName: column.name }),
        sqlType: column.sqlType,
        ...(column.generated ? { sqlGenerated: true } : {}),
      };
    }),
  };
}

/** Names that readers keep for types, or (`__proto__`) lose when they make objects of rows. */
const RESERVED = new Set(
  ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string', 'record', 'error', 'enum'].concat([
    'array',
    'map',
    'fixed',
    'union',
    'request',
    'error_union',
    '__proto__',
    'constructor',
    'prototype',
  ]),
);

/** Avro 1.11, Names: [A-Za-z_][A-Za-z0-9_]*. Adds the name to `taken`. */
export function avroName(sqlName: string, taken: Set<string>): string {
  const safe = sqlName.replace(/[^A-Za-z0-9_]/gu, '_').replace(/^(?=[0-9]|$)/, '_');
  const base = RESERVED.has(safe) ? `${safe}_` : safe;
  let name = base;
  for (let copy = 2; taken.has(name); copy++) name = `${base}_${copy}`;
  taken.add(name);
  return name;
}

function avroType(column: StoredColumn, field: string, profile: Profile): unknown {
  const { form } = column;
  const types =
    form.kind === 'classes'
      ? form.classes.map((each) => branchType(each, column, field))
      : [formType(form, field, profile)];
  if (column.optional) return ['null', ...types];
  return types.length === 1 ? types[0] : types;
}

/** Avro 1.11, Logical Types. Never `uuid` on a string: some readers refuse the file. */
function formType(form: Exclude<ColumnForm, { kind: 'classes' }>, field: string, profile: Profile): unknown {
  switch (form.kind) {
    case 'date':
      return { type: 'int', logicalType: 'date' };
    case 'time-micros':
      return { type: 'long', logicalType: 'time-micros' };
    case 'timestamp-micros':
      return !form.utc && profile === 'standard'
        ? { type: 'long', logicalType: 'local-timestamp-micros' }
        : { type: 'long', logicalType: 'timestamp-micros', 'adjust-to-utc': form.utc };
    case 'decimal': {
      const { precision, scale, size } = form;
      return { type: 'fixed', name: `${field}_decimal`, size, logicalType: 'decimal', precision, scale };
    }
    default:
      return form.kind;
  }
}

const TYPES: Readonly<Record<StorageClass, string>> = {
  integer: 'long',
  real: 'double',
  text: 'string',
  blob: 'bytes',
  'invalid-text': 'bytes',
};

/** A union holds `bytes` only once: beside blobs, text that is not UTF-8 is wrapped, which costs no byte. */
function branchType(storage: StorageClass, column: StoredColumn, field: string): unknown {
  if (storage !== 'invalid-text' || !classesOf(column).includes('blob')) return TYPES[storage];
  return { type: 'record', name: `${field}_invalid_text`, fields: [{ name: 'bytes', type: 'bytes' }] };
}
