import type { DatabaseSync } from 'node:sqlite';
import type { Staged } from '../database.ts';
import { runStatement } from './run-statement.ts';

/** A staged batch is an attached in-memory database batch0, batch1, … with one table. */
export function stageImage(db: DatabaseSync, image: Uint8Array, nth: number): Staged {
  const name = nameOf(nth);
  db.exec(`ATTACH ':memory:' AS ${name}`);
  db.deserialize(image, { dbName: name });
  return { source: `${name}.rows` };
}

/** The images are freed; none are attached then. */
export function detachImages(db: DatabaseSync, count: number): 0 {
  for (let nth = 0; nth < count; nth++) db.exec(`DETACH ${nameOf(nth)}`);
  return 0;
}

const nameOf = (nth: number): string => `batch${nth}`;

/** Rowids of a staged batch are the ordinals of its records + 1. */
export function unstage(db: DatabaseSync, staged: Staged, records: readonly number[]): void {
  const statement = db.prepare(`DELETE FROM ${staged.source} WHERE rowid = ?`);
  for (const record of records) runStatement(statement, record + 1);
}

export function countStaged(db: DatabaseSync, staged: Staged): number {
  return Number(db.prepare(`SELECT count(*) AS n FROM ${staged.source}`).get()?.n);
}
