import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { whereIs } from '../up-process.ts';
import type { Database, Query, Row } from './databases.ts';
import type { EventsFile } from './events.ts';
import { damaged } from './integrity.ts';
import { balancesOf, type LedgerState, ledgerState } from './ledger-state.ts';

/**
 * Invariant I as the list of what breaks it: (a) the balance of each load, (b) sums of the ledger = rows of the table
 * = distinct rows, (c) the rejects, (d) the receipts that a client holds, (e) each file in one place, (f) nothing
 * running past its lease, (g) the database's own checks.
 */
export interface Held {
  /** What a client was answered: a receipt of a load, or of a part, whose range is then told. */
  readonly load: string;
  readonly read: number;
  readonly inserted: number;
  readonly rejected: number;
  readonly range: { readonly firstByte: number; readonly endByte: number } | null;
}

/** (a)–(d) and (g) as they hold at any moment, in the middle of loads and after any fault. */
export function standing(database: Database, held: readonly Held[] = []): Promise<string[]> {
  return database.snapshot(async (query) => {
    const ledger = await ledgerState(database.engine, query);
    if (ledger === null) return [];
    return [...balancesOf(ledger), ...(await rowsOf(query, ledger)), ...receiptsOf(ledger, held)];
  });
}

export interface Ended {
  readonly files: readonly EventsFile[];
  readonly held: readonly Held[];
  /** Where the files lie, if a folder was watched. */
  readonly home: { readonly path: string } | null;
}

/** All of it, when every file has been loaded, nobody is at work, and the leases of those who died are over. */
export async function violations(database: Database, { files, held, home }: Ended): Promise<string[]> {
  const found = await database.snapshot(async (query) => {
    const ledger = await ledgerState(database.engine, query);
    if (ledger === null) return ['there is no ledger'];
    return [
      ...balancesOf(ledger),
      ...(await rowsOf(query, ledger)),
      ...(await wantedRows(query, files)),
      ...receiptsOf(ledger, [...held, ...(home === null ? [] : files.flatMap((file) => onDisk(home, file)))]),
      ...openOnes(ledger),
    ];
  });
  const places = home === null ? [] : files.flatMap((file) => placesOf(home, file));
  return [...found, ...places, ...(await damaged(database))];
}

const EVENTS = `SELECT e.file AS file, count(*) AS n, count(DISTINCT e.line) AS distinct_lines,
  sum(e.line) AS line_sum FROM events e GROUP BY e.file`;

/** (b) A file's rows are those that its load counts: a load is known by its file's name. */
async function rowsOf(query: Query, { loads }: LedgerState): Promise<string[]> {
  const rows = new Map((await query(EVENTS)).map((row) => [Number(row.file), row]));
  const found: string[] = [];
  for (const load of loads.filter(({ name }) => fileOf(name) !== null)) {
    const row = rows.get(fileOf(load.name) ?? 0);
    const n = Number(row?.n ?? 0);
    if (n !== load.inserted) found.push(`(b) ${load.name}: ${n} rows, the ledger says ${load.inserted}`);
    if (n !== Number(row?.distinct_lines ?? 0)) found.push(`(b) ${load.name}: ${n} rows, some twice`);
    rows.delete(fileOf(load.name) ?? 0);
  }
  // Rows of requests: their loads have no names.
  rows.delete(0);
  return [...found, ...[...rows.keys()].map((file) => `(b) rows of file ${file}, of which there is no load`)];
}

const fileOf = (name: string): number | null => {
  const [, number] = /events-(\d+)\.csv$/.exec(name) ?? [];
  return number === undefined ? null : Number(number);
};

async function wantedRows(query: Query, files: readonly EventsFile[]): Promise<string[]> {
  const rows = new Map((await query(EVENTS)).map((row) => [Number(row.file), row]));
  return files.flatMap(({ name, expected }) => {
    const row: Row = rows.get(expected.file) ?? { n: 0, line_sum: 0 };
    return differences(
      `(b) ${name}`,
      { n: expected.inserted, line_sum: expected.lineSum },
      { n: Number(row.n), line_sum: Number(row.line_sum) },
    );
  });
}

/** (d) What was answered once stays true. */
function receiptsOf({ loads, batches }: LedgerState, held: readonly Held[]): string[] {
  const known = new Map<string, Row>(loads.map((load) => [load.id, { ...load }]));
  for (const batch of batches) known.set(`${batch.load} ${batch.firstByte}`, { ...batch });
  return held.flatMap(({ load, range, read, inserted, rejected }) => {
    const place = range === null ? load : `${load} ${range.firstByte}`;
    const row = known.get(place);
    if (row === undefined) return [`(d) a client holds a receipt of ${place}, the ledger knows none`];
    const wanted = { read, inserted, rejected, ...(range === null ? {} : { endByte: range.endByte }) };
    return differences(`(d) receipt of ${place}`, wanted, row);
  });
}

function onDisk(home: { readonly path: string }, { name }: EventsFile): Held[] {
  const path = join(home.path, 'data', 'done', `${name}.receipt.json`);
  if (!existsSync(path)) return [];
  const { load, read, inserted, rejected } = JSON.parse(readFileSync(path, 'utf8'));
  return [{ load, read, inserted, rejected, range: null }];
}

/** (e) */
function placesOf(home: { readonly path: string }, { name }: EventsFile): string[] {
  const found = whereIs(home, name);
  const receipt = existsSync(join(home.path, 'data', 'done', `${name}.receipt.json`));
  return [
    ...(found.length === 1 && found[0] === `done/${name}`
      ? []
      : [`(e) ${name} lies in: ${found.join(', ')}`]),
    ...(receipt ? [] : [`(e) ${name} has no receipt`]),
  ];
}

/** (f) */
function openOnes({ loads, answers }: LedgerState): string[] {
  return [
    ...loads
      .filter(({ state }) => state === 'receiving')
      .map(({ name }) => `(f) the load of ${name} is left open`),
    ...answers
      .filter(({ state }) => state === 'running')
      .map(({ key, lease }) => `(f) request ${key} is told as running, its lease ends at ${lease}`),
  ];
}

function differences(what: string, wanted: Row, found: Row): string[] {
  return Object.entries(wanted)
    .filter(([name, value]) => found[name] !== value)
    .map(([name, value]) => `${what}: ${name} is ${found[name]}, expected ${value}`);
}
