import { resolveDialect } from '../csv/dialect.ts';
import { joinRecords, recordsOnly } from '../csv/general/again.ts';
import { readRecords } from '../csv/read-records.ts';
import type { Connection } from '../database/database.ts';
import { RowferryError } from '../errors.ts';
import type { LedgerLoad } from '../ledger/loads.ts';
import { countRejects, pagesOfRejects } from '../ledger/rejects.ts';
import type { Dialect } from '../model/dialect.ts';
import { fieldText } from '../model/field-text.ts';
import type { PlacedReject, StoredReject } from '../model/reject.ts';
import { type Fields, Likeness, type Mistaken, ownOf, type PlacedRow } from './likeness.ts';
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

/**
 * A reject for each row, whatever its state. By their order where it is said, or where there are as many rows as
 * rejects, or as open ones, and none looks like another reject than the one in its place; else by the primary key.
 * `bad-request` where a row is for none: what cannot be told is not guessed.
 */
export async function matchCorrections(corrections: Corrections): Promise<readonly PlacedReject[]> {
  const { connection, load, prepared, first } = corrections;
  const limit = prepared.records;
  if (limit === 0) return [];
  const inOrder = first !== undefined || limit === load.rejected;
  const open = inOrder ? 0 : await countRejects(connection, load.id, 'open');
  if (!inOrder && limit !== open) return matchByKey(corrections, null);
  const rows = await placedRows(corrections, inOrder ? { skip: first ?? 0 } : { state: 'open' });
  if (rows.length < limit) {
    throw new RowferryError(
      'bad-request',
      `${limit} rows from reject ${first ?? 0} on; load ${load.id} has ${load.rejected} rejects`,
      { hint: 'send a row for each reject, in the order of their lines' },
    );
  }
  const mistaken = await mistakenIn(corrections, rows);
  return mistaken === null ? rows.map(({ reject }) => reject) : matchByKey(corrections, mistaken);
}

type Places = { readonly skip: number } | { readonly state: 'open' };

/** Each row with the reject in its place, as far as there are some. */
async function placedRows({ connection, load, prepared }: Corrections, places: Places): Promise<PlacedRow[]> {
  const rows = fieldsOf(rawsOf(prepared), prepared.dialect, namesOf(prepared));
  const placed: PlacedRow[] = [];
  for await (const page of pagesOfRejects(connection, load.id, places)) {
    const found = fieldsOfRejects(load, page);
    for (const [i, { raw: _raw, ...reject }] of page.entries()) {
      const fields = rows[placed.length] ?? null;
      if (placed.length === rows.length) return placed;
      const own = fields === null ? null : ownOf(fields, reject, found[i] ?? null);
      placed.push({ fields: fields ?? NO_FIELDS, reject, own });
    }
  }
  return placed;
}

const NO_FIELDS: Fields = new Map();

/** Of a piece of a larger file only its surroundings are looked at: they show what was taken out or put in. */
async function mistakenIn(
  { connection, load, first }: Corrections,
  rows: readonly PlacedRow[],
): Promise<Mistaken | null> {
  const likeness = new Likeness(rows);
  const skip = Math.max(0, (first ?? 0) - rows.length);
  let left = first === undefined ? Number.POSITIVE_INFINITY : first - skip + 2 * rows.length;
  for await (const page of pagesOfRejects(connection, load.id, { skip })) {
    const found = fieldsOfRejects(load, page);
    for (const [i, reject] of page.entries()) {
      if (left-- === 0) return null;
      const fields = found[i] ?? null;
      const mistaken = fields === null ? null : likeness.mistakenFor(reject, fields);
      if (mistaken !== null) return mistaken;
    }
  }
  return null;
}

async function matchByKey(corrections: Corrections, mistaken: Mistaken | null): Promise<PlacedReject[]> {
  const { connection, load, prepared } = corrections;
  const key = prepared.plan.table.primaryKey;
  const names = namesOf(prepared);
  const readable = (columns: readonly string[]) =>
    key.length > 0 && key.every((name) => columns.includes(name));
  if (load.columns === null || !readable(load.columns) || !readable(names))
    throw notToBeTold(load, prepared, mistaken);
  const keyOf = (fields: Fields | null) => JSON.stringify(key.map((name) => fields?.get(name) ?? null));
  const waiting = new Map<string, number[]>();
  for (const [row, fields] of fieldsOf(rawsOf(prepared), prepared.dialect, names).entries()) {
    const value = keyOf(fields);
    waiting.set(value, [...(waiting.get(value) ?? []), row]);
  }
  const found: (PlacedReject | undefined)[] = new Array(prepared.records);
  for await (const page of pagesOfRejects(connection, load.id)) {
    const fields = fieldsOfRejects(load, page);
    for (const [i, { raw: _raw, ...reject }] of page.entries()) {
      const row = waiting.get(keyOf(fields[i] ?? null))?.shift();
      if (row !== undefined) found[row] = reject;
    }
  }
  return Array.from(found, (reject) => {
    if (reject === undefined) throw notToBeTold(load, prepared, mistaken);
    return reject;
  });
}

const namesOf = ({ plan }: Prepared): string[] => plan.columns.map(({ name }) => name);

const rawsOf = ({ bytes, recordStarts, recordEnds, records }: Prepared): Uint8Array[] =>
  Array.from({ length: records }, (_, row) => bytes.slice(recordStarts[row], recordEnds[row]));

function fieldsOfRejects(load: LedgerLoad, rejects: readonly StoredReject[]): (Fields | null)[] {
  if (load.columns === null) return [];
  const raws = rejects.map(({ raw }) => raw);
  return fieldsOf(raws, resolveDialect(load.dialect ?? {}), load.columns);
}

/** As they are written; null for a record that does not stand on a line of its own. */
function fieldsOf(
  raws: readonly Uint8Array[],
  dialect: Dialect,
  columns: readonly string[],
): (Fields | null)[] {
  const said = recordsOnly(dialect);
  const tape = readRecords(joinRecords(raws, said), said, { width: columns.length, last: true });
  if (tape.records !== raws.length) return raws.map((raw) => fieldsOfOne(raw, said, columns));
  return raws.map((_, record) => fieldsAt(tape, record, columns));
}

function fieldsOfOne(raw: Uint8Array, dialect: Dialect, columns: readonly string[]): Fields | null {
  const tape = readRecords(new Uint8Array(raw), dialect, { width: columns.length, last: true });
  return tape.records === 1 ? fieldsAt(tape, 0, columns) : null;
}

const fieldsAt = (
  tape: Parameters<typeof fieldText>[0],
  record: number,
  columns: readonly string[],
): Fields => new Map(columns.map((name, field) => [name, fieldText(tape, record * tape.width + field)]));

function notToBeTold(load: LedgerLoad, prepared: Prepared, mistaken: Mistaken | null): RowferryError {
  const { id, rejected } = load;
  const { records, plan, dialect } = prepared;
  if (isOfOneField(load, prepared)) {
    const delimiter = JSON.stringify(dialect.delimiter);
    return new RowferryError(
      'bad-request',
      `the first row has no ${delimiter} in it, which stands between the fields of load ${id}`,
      {
        hint: 'say how the rows are written, such as --dialect \'{"delimiter":","}\' where a spreadsheet wrote commas',
      },
    );
  }
  const key = plan.table.primaryKey.join(', ') || 'none';
  const because =
    mistaken === null
      ? `${records} rows, and ${rejected} rejects of load ${id}`
      : `the row in the place of the reject of line ${mistaken.row.reject.line} looks like that of line ${mistaken.like.line} of load ${id}`;
  return new RowferryError(
    'bad-request',
    `which reject each row is for cannot be told: ${because} (primary key: ${key})`,
    {
      hint: `send a row for each reject, in their order (rowferry rejects ${id} --all --export raw --out fixed.csv writes them); leave those in that cannot be mended yet`,
    },
  );
}

/** Read with the delimiter of the load, though written with another. */
function isOfOneField(
  { columns }: LedgerLoad,
  { bytes, recordStarts, recordEnds, dialect }: Prepared,
): boolean {
  if (columns === null || columns.length === 1) return false;
  const first = new TextDecoder().decode(bytes.subarray(recordStarts[0], recordEnds[0]));
  return !first.includes(dialect.delimiter);
}
