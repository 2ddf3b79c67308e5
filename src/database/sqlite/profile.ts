import type { DatabaseSync } from 'node:sqlite';
import {
  InvalidText,
  STORAGE_CLASSES,
  type StorageClass,
  type StoredColumn,
} from '../../model/stored-table.ts';
import type { Column, Table } from '../../model/table.ts';
import { quoteName } from './encode.ts';
import { type ReadingWay, storedText } from './stored-rows.ts';

/** Which classes of values lie in each column, found by typeof() over the whole table. */

interface Profile {
  readonly rows: number;
  readonly columns: readonly StoredColumn[];
}

/** SQLite gives at most 2,000 columns to a result; two are asked for per column. */
const COLUMNS_PER_QUERY = 500;

export function profileColumns(db: DatabaseSync, table: Table, way: ReadingWay): Profile {
  const from = quoteName(table.name);
  const count = db.prepare(`SELECT count(*) AS n FROM ${from}`).get();
  const rows = Number(count?.n);
  const columns: StoredColumn[] = [];
  for (let first = 0; first < table.columns.length; first += COLUMNS_PER_QUERY) {
    columns.push(
      ...profileSlice(db, table, table.columns.slice(first, first + COLUMNS_PER_QUERY), rows, way),
    );
  }
  return { rows, columns };
}

/** One pass tells for which columns the guess (the class of the first value) holds for all values. */
function profileSlice(
  db: DatabaseSync,
  table: Table,
  columns: readonly Column[],
  rows: number,
  way: ReadingWay,
): StoredColumn[] {
  const guesses = columns.map((column) => firstClass(db, table, column));
  const asked = columns.map((column, index) => {
    const name = quoteName(column.name);
    return `count(${name}), sum(typeof(${name}) = '${guesses[index]}')`;
  });
  const statement = db.prepare(`SELECT ${asked.join(', ')} FROM ${quoteName(table.name)}`);
  statement.setReturnArrays(true);
  const counts: readonly unknown[] = Object.values(statement.get() ?? {});
  return columns.map((column, index) => {
    const filled = Number(counts[index * 2]);
    const alike = Number(counts[index * 2 + 1] ?? 0);
    const guess = guesses[index] ?? 'blob';
    const found = alike === filled ? [guess] : classesOf(db, table, column);
    const classes = way.careful ? carefulClasses(db, table, column, found, way) : found;
    return storedColumn(column, classes, filled < rows);
  });
}

function storedColumn(column: Column, classes: readonly StorageClass[], hasNull: boolean): StoredColumn {
  const { name, sqlType, nullable, generated, identity } = column;
  return {
    name,
    sqlType,
    nullable,
    default: column.default,
    generated,
    identity,
    form: { kind: 'classes', classes },
    optional: nullable || hasNull,
    reason:
      classes.length > 1 || classes.includes('invalid-text')
        ? `the column holds ${classes.join(' and ')}`
        : null,
  };
}

/** The class of the first value, or the one that the type asks for when there is none. */
function firstClass(db: DatabaseSync, table: Table, column: Column): StorageClass {
  const name = quoteName(column.name);
  const row = db
    .prepare(
      `SELECT typeof(${name}) AS class FROM ${quoteName(table.name)} WHERE ${name} IS NOT NULL LIMIT 1`,
    )
    .get();
  return STORAGE_CLASSES.find((each) => each === row?.class) ?? declaredClass(column.sqlType);
}

/** https://sqlite.org/datatype3.html, 3.1; NUMERIC columns without values are taken for text. */
function declaredClass(sqlType: string): StorageClass {
  if (/int/i.test(sqlType)) return 'integer';
  if (/char|clob|text/i.test(sqlType)) return 'text';
  if (/blob/i.test(sqlType) || sqlType === '') return 'blob';
  return /real|floa|doub/i.test(sqlType) ? 'real' : 'text';
}

function classesOf(db: DatabaseSync, table: Table, column: Column): StorageClass[] {
  const name = quoteName(column.name);
  const rows = db
    .prepare(
      `SELECT DISTINCT typeof(${name}) AS class FROM ${quoteName(table.name)} WHERE ${name} IS NOT NULL`,
    )
    .all();
  return STORAGE_CLASSES.filter((each) => rows.some((row) => row.class === each));
}

/** Text is looked at byte by byte: some of it may be no text in the database's encoding. */
function carefulClasses(
  db: DatabaseSync,
  table: Table,
  column: Column,
  found: readonly StorageClass[],
  way: ReadingWay,
): readonly StorageClass[] {
  if (!found.includes('text')) return found;
  const name = quoteName(column.name);
  const statement = db.prepare(
    `SELECT CAST(${name} AS BLOB) AS bytes FROM ${quoteName(table.name)} WHERE typeof(${name}) = 'text'`,
  );
  let valid = false;
  let invalid = false;
  for (const { bytes } of statement.iterate()) {
    const isInvalid = bytes instanceof Uint8Array && storedText(bytes, way.encoding) instanceof InvalidText;
    invalid ||= isInvalid;
    valid ||= !isInvalid;
    if (valid && invalid) break;
  }
  return STORAGE_CLASSES.filter((each) => {
    if (each === 'invalid-text') return invalid;
    return found.includes(each) && (each !== 'text' || valid || !invalid);
  });
}
