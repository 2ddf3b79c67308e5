import type { SQLInputValue, StatementSync } from 'node:sqlite';

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
