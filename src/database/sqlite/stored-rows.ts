import { isUtf8 } from 'node:buffer';
import type { DatabaseSync } from 'node:sqlite';
import type { RowSink } from '../../model/row-sink.ts';
import { classesOf, InvalidText, type StoredColumn, type StoredValue } from '../../model/stored-table.ts';
import type { Table } from '../../model/table.ts';
import { CarefulReadNeeded } from '../snapshot.ts';
import { quoteName } from './encode.ts';

/** The rows of a table, value for value as they lie there. */

export interface ReadingWay {
  /** Integers as bigint and texts as bytes, which the driver can neither refuse nor alter. */
  readonly careful: boolean;
  /** Integers as bigint, so that they cannot be taken for reals. Beside reals they always are. */
  readonly bigints: boolean;
  /** Of text in the database: UTF-8, UTF-16le or UTF-16be. */
  readonly encoding: string;
}

/** Each row once, in no certain order; yields when the sink is full. */
export function* pushStoredRows(
  db: DatabaseSync,
  table: Table,
  columns: readonly StoredColumn[],
  way: ReadingWay,
  sink: RowSink,
): Generator<void> {
  const rows = way.careful ? readCarefully(db, table, columns, way) : readFast(db, table, columns, way);
  for (const row of rows) {
    for (let column = 0; column < columns.length; column++) sink.value(row[column] ?? null);
    if (sink.endRow()) yield;
  }
}

function* readFast(
  db: DatabaseSync,
  table: Table,
  columns: readonly StoredColumn[],
  way: ReadingWay,
): Generator<readonly StoredValue[]> {
  const names = columns.map((column) => quoteName(column.name));
  const statement = db.prepare(`SELECT ${names.join(', ')} FROM ${quoteName(table.name)}`);
  statement.setReturnArrays(true);
  statement.setReadBigInts(way.bigints || columns.some(isMixedNumber));
  try {
    for (const row of statement.iterate()) yield asArray(row);
  } catch (error) {
    // The driver refuses integers beyond 2^53 unless all of them are to come as bigint.
    if (error instanceof Error && 'code' in error && error.code === 'ERR_OUT_OF_RANGE') {
      throw new CarefulReadNeeded(error);
    }
    throw error;
  }
}

function isMixedNumber(column: StoredColumn): boolean {
  return classesOf(column).includes('integer') && classesOf(column).includes('real');
}

/** Each text comes as a blob; a further result column says of which values that is true. */
function* readCarefully(
  db: DatabaseSync,
  table: Table,
  columns: readonly StoredColumn[],
  way: ReadingWay,
): Generator<readonly StoredValue[]> {
  const texts = columns.flatMap((column, index) => (holdsText(column) ? [index] : []));
  const names = columns.map((column) => {
    const name = quoteName(column.name);
    return holdsText(column) ? `iif(typeof(${name}) = 'text', CAST(${name} AS BLOB), ${name})` : name;
  });
  const flags = texts.map((index) => `typeof(${quoteName(columns[index]?.name ?? '')}) = 'text'`);
  const statement = db.prepare(`SELECT ${[...names, ...flags].join(', ')} FROM ${quoteName(table.name)}`);
  statement.setReturnArrays(true);
  statement.setReadBigInts(true);
  for (const row of statement.iterate()) yield withTexts(asArray(row), columns.length, texts, way.encoding);
}

function holdsText(column: StoredColumn): boolean {
  return classesOf(column).includes('text') || classesOf(column).includes('invalid-text');
}

function withTexts(
  row: readonly StoredValue[],
  width: number,
  texts: readonly number[],
  encoding: string,
): StoredValue[] {
  const values = row.slice(0, width);
  texts.forEach((index, flag) => {
    const value = values[index];
    if (row[width + flag] === 1n && value instanceof Uint8Array) values[index] = storedText(value, encoding);
  });
  return values;
}

/** The declared type of a row does not know setReturnArrays. */
function asArray(row: unknown): readonly StoredValue[] {
  if (!Array.isArray(row)) throw new TypeError('a row that is not an array');
  return row;
}

export function storedText(bytes: Uint8Array, encoding: string): string | InvalidText {
  if (encoding === 'UTF-8') return isUtf8(bytes) ? Buffer.from(bytes).toString() : new InvalidText(bytes);
  try {
    return new TextDecoder(encoding.toLowerCase(), { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return new InvalidText(bytes);
  }
}
