import type { SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import type { SqlRow } from '../database.ts';

/**
 * Rows changed. The driver gives the connection's last rowid along, and fails when that is no number it can give
 * exactly (beyond 2^53), though the statement was carried out: hence as bigint.
 */
export function runStatement(statement: StatementSync, ...parameters: readonly SQLInputValue[]): number {
  statement.setReadBigInts(true);
  try {
    return Number(statement.run(...parameters).changes);
  } finally {
    statement.setReadBigInts(false);
  }
}

/** The driver fails on whole numbers beyond ±2^53 unless all of them come as bigint; those that fit become numbers again. */
export function readRows(statement: StatementSync, ...parameters: readonly SQLInputValue[]): SqlRow[] {
  statement.setReadBigInts(true);
  try {
    const rows = statement.all(...parameters);
    for (const row of rows) narrowIntegers(row);
    return rows;
  } finally {
    statement.setReadBigInts(false);
  }
}

function narrowIntegers(row: Record<string, SQLOutputValue>): void {
  for (const name in row) {
    const value = row[name];
    if (typeof value === 'bigint' && Number.isSafeInteger(Number(value))) row[name] = Number(value);
  }
}
