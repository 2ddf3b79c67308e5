import { resolveDialect } from '../csv/dialect.ts';
import { joinRecords, recordsOnly } from '../csv/general/again.ts';
import { readRecords } from '../csv/read-records.ts';
import type { Connection } from '../database/database.ts';
import { RowferryError } from '../errors.ts';
import type { LedgerLoad } from '../ledger/loads.ts';
import { countRejects, listRejects } from '../ledger/rejects.ts';
import type { Dialect } from '../model/dialect.ts';
import { fieldText } from '../model/field-text.ts';
import type { StoredReject } from '../model/reject.ts';
import type { Prepared } from './prepare.ts';

/** Which reject each corrected row is for. */

export interface Corrections {
  readonly connection: Connection;
  /** Whose rejects are corrected. */
  readonly load: LedgerLoad;
  readonly prepared: Prepared;
  /** The rows are the rejects from this one on, counted from 0 in the order of their lines; undefined: not said. */
  readonly first?: number | undefined;
}

/** Rejects read from the ledger at a time. */
const PAGE = 2000;

/**
 * A reject for each row, whatever its state. By their order where it is said, or where there are as many rows as
 * rejects, or as open ones; else by the primary key. `bad-request` where a row is for none: what cannot be told is not
 * guessed.
 */
export async function matchCorrections(corrections: Corrections): Promise<readonly StoredReject[]> {
  const { connection, load, prepared, first } = corrections;
  const limit = prepared.records;
  if (limit === 0) return [];
  const inOrder = first !== undefined || limit === load.rejected;
  const open = inOrder ? 0 : await countRejects(connection, load.id, 'open');
  if (!inOrder && limit !== open) return matchByKey(corrections);
  const filter = inOrder ? { skip: first ?? 0 } : { state: 'open' as const };
  const rejects = await listRejects(connection, load.id, { limit, ...filter });
  if (rejects.length === limit) return rejects;
  throw new RowferryError(
    'bad-request',
    `${limit} rows from reject ${first ?? 0} on; load ${load.id} has ${load.rejected} rejects`,
    { hint: 'send a row for each reject, in the order of their lines' },
  );
}

async function matchByKey({ connection, load, prepared }: Corrections): Promise<StoredReject[]> {
  const key = prepared.plan.table.primaryKey;
  const names = prepared.plan.columns.map(({ name }) => name);
  const readable = (columns: readonly string[]) =>
    key.length > 0 && key.every((name) => columns.includes(name));
  if (load.columns === null || !readable(load.columns) || !readable(names)) throw notToBeTold(load, prepared);
  const waiting = new Map<string, number[]>();
  for (const [row, value] of keysOf(rawsOf(prepared), prepared.dialect, names, key).entries()) {
    waiting.set(value, [...(waiting.get(value) ?? []), row]);
  }
  const found: (StoredReject | undefined)[] = new Array(prepared.records);
  const dialect = resolveDialect(load.dialect ?? {});
  for await (const page of pages(connection, load.id)) {
    const keys = keysOf(
      page.map(({ raw }) => raw),
      dialect,
      load.columns,
      key,
    );
    for (const [i, reject] of page.entries()) {
      const row = waiting.get(keys[i] ?? '')?.shift();
      if (row !== undefined) found[row] = reject;
    }
  }
  return Array.from(found, (reject) => {
    if (reject === undefined) throw notToBeTold(load, prepared);
    return reject;
  });
}

async function* pages(connection: Connection, id: string): AsyncGenerator<readonly StoredReject[]> {
  for (let after: number | undefined = -1; after !== undefined; ) {
    const page: StoredReject[] = await listRejects(connection, id, { after, limit: PAGE });
    yield page;
    after = page.length < PAGE ? undefined : page.at(-1)?.index;
  }
}

const rawsOf = ({ bytes, recordStarts, recordEnds, records }: Prepared): Uint8Array[] =>
  Array.from({ length: records }, (_, row) => bytes.slice(recordStarts[row], recordEnds[row]));

/** The key of each record as JSON, as it is written; '' where a record does not stand on a line of its own. */
function keysOf(
  raws: readonly Uint8Array[],
  dialect: Dialect,
  columns: readonly string[],
  key: readonly string[],
): string[] {
  const fields = key.map((name) => columns.indexOf(name));
  const said = recordsOnly(dialect);
  const tape = readRecords(joinRecords(raws, said), said, { width: columns.length, last: true });
  if (tape.records !== raws.length) return raws.map((raw) => oneKey(raw, said, columns.length, fields));
  return raws.map((_, record) => keyAt(tape, record, fields));
}

function oneKey(raw: Uint8Array, dialect: Dialect, width: number, fields: readonly number[]): string {
  const tape = readRecords(new Uint8Array(raw), dialect, { width, last: true });
  return tape.records === 1 ? keyAt(tape, 0, fields) : '';
}

const keyAt = (tape: Parameters<typeof fieldText>[0], record: number, fields: readonly number[]): string =>
  JSON.stringify(fields.map((field) => fieldText(tape, record * tape.width + field)));

function notToBeTold({ id, rejected }: LedgerLoad, { records, plan }: Prepared): RowferryError {
  const key = plan.table.primaryKey.join(', ') || 'none';
  return new RowferryError(
    'bad-request',
    `which reject each row is for cannot be told: ${records} rows, and ${rejected} rejects of load ${id} (primary key: ${key})`,
    { hint: 'send a row for each reject, in their order; leave those in that cannot be mended yet' },
  );
}
