import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SqlValue } from '../../src/database/database.ts';
import type { Mode } from '../../src/model/table.ts';
import { send, summary } from '../ingest/fixture.ts';
import { errorsOf, type Rig } from './rig.ts';

/** One request and all that becomes of it: the same on every engine. */
export interface Case {
  readonly name: string;
  readonly table: string;
  /** Statements of another program before it. */
  readonly before?: string;
  readonly mode?: Mode;
  readonly csv: string;
  /** read = inserted + updated + skipped + rejected */
  readonly counts: string;
  /** "line code column value" of every error, in order; none by default. */
  readonly rejects?: readonly string[];
  /** Of every error, in order: how it ends, since databases say more. */
  readonly messages?: readonly string[];
  /** Default: the whole table by its first column, or `orderBy`. */
  readonly select?: string;
  readonly orderBy?: string;
  readonly rows: readonly (readonly SqlValue[])[];
}

export function runCases(what: string, rig: Rig, cases: readonly Case[]): void {
  describe(what, () => {
    for (const each of cases) test(each.name, () => runCase(rig, each));
  });
}

async function runCase(rig: Rig, each: Case): Promise<void> {
  const { table, mode = 'insert', csv, rejects = [], messages } = each;
  await rig.empty();
  if (each.before !== undefined) await rig.target.run(each.before);
  const receipt = await send(rig.ingest, csv, { table, mode, format: 'csv' });
  assert.equal(summary(receipt), each.counts, JSON.stringify(receipt.rejects));
  assert.deepEqual(errorsOf(receipt.rejects), rejects);
  const said = receipt.rejects.flatMap(({ errors }) => errors.map(({ message }) => message));
  for (const [i, message] of (messages ?? []).entries()) {
    assert.ok(said[i]?.endsWith(message), `${said[i]} does not end with: ${message}`);
  }
  const select = each.select ?? `SELECT * FROM ${table} ORDER BY ${each.orderBy ?? '1, 2'}`;
  assert.deepEqual(await rig.rows(select), each.rows);
}
