import type { Staged } from '../database/database.ts';
import { RowferryError } from '../errors.ts';
import { failpoint } from '../lib/failpoint.ts';
import type { Counts } from '../model/receipt.ts';
import type { Reject, RejectError } from '../model/reject.ts';
import type { Mode } from '../model/table.ts';
import { type BatchWriter, type Inserted, insertBatch } from './insert-batch.ts';
import type { Prepared } from './prepare.ts';

/** What became of the records of one batch. */
export interface Written {
  readonly counts: Counts;
  readonly rejects: readonly Reject[];
  readonly strategy: string;
}

/** Where a batch stands in its load. */
export interface Place {
  readonly byte: number;
  /** 0-based physical line. */
  readonly line: number;
  /** Records of the load before it. */
  readonly record: number;
}

export const START: Place = { byte: 0, line: 0, record: 0 };

/** Inserts a staged batch inside the open transaction and accounts for every record of it. */
export async function writeStaged(
  writer: BatchWriter,
  staged: Staged,
  prepared: Prepared,
  mode: Mode,
  place: Place,
): Promise<Written> {
  return account(prepared, await insertPrepared(writer, staged, prepared, mode), place);
}

export async function insertPrepared(
  writer: BatchWriter,
  staged: Staged,
  { plan, encoded, errors }: Prepared,
  mode: Mode,
): Promise<Inserted> {
  const bad = errors.map(({ index }) => index);
  const inserted = await insertBatch(writer, { staged, encoded, plan, mode, bad });
  failpoint('after_rows');
  return inserted;
}

/** Every record of a batch that was inserted at this place of its load. */
export function account(prepared: Prepared, { outcome, rejects }: Inserted, place: Place): Written {
  const errors = new Map(prepared.errors.map((entry) => [entry.index, [...entry.errors]]));
  for (const reject of rejects) addErrors(errors, reject.index, reject.errors);
  const { inserted, updated, skipped } = outcome;
  const counts = { read: prepared.records, inserted, updated, skipped, rejected: errors.size };
  refuseImbalance(counts, prepared.plan.table.name);
  return { counts, rejects: toRejects(prepared, errors, place), strategy: outcome.strategy };
}

/** A column that has an error already needs no second one: a missing parent of no number says nothing. */
function addErrors(errors: Map<number, RejectError[]>, index: number, more: readonly RejectError[]): void {
  const known = errors.get(index);
  if (known === undefined) errors.set(index, [...more]);
  else known.push(...more.filter((error) => !known.some((each) => each.column === error.column)));
}

/** The promise of the program, checked before every commit. */
function refuseImbalance({ read, inserted, updated, skipped, rejected }: Counts, table: string): void {
  const settled = inserted + updated + skipped + rejected;
  if (read === settled) return;
  throw new RowferryError('internal', `${table}: ${read} records were read but ${settled} accounted for`);
}

function toRejects(prepared: Prepared, errors: ReadonlyMap<number, RejectError[]>, place: Place): Reject[] {
  if (errors.size === 0) return [];
  const { bytes, recordStarts, recordEnds, recordLines, placed } = prepared;
  return [...errors]
    .sort(([a], [b]) => a - b)
    .map(([index, list]) => ({
      index: place.record + index,
      line: place.line + (recordLines[index] ?? 0) + 1,
      byteOffset: placed ? place.byte + (recordStarts[index] ?? 0) : 0,
      raw: bytes.slice(recordStarts[index], recordEnds[index]),
      errors: list,
    }));
}
