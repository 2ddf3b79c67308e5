import { hash, randomBytes } from 'node:crypto';
import type { StoredColumn } from '../model/stored-table.ts';
import { type Entry, filesFor, HASH_BYTES, Partitions, withFolder } from './diff-partitions.ts';
import type { BackupTable } from './open-table.ts';
import { ValueTexts } from './value-texts.ts';

/**
 * Two backups held against each other, row by row and without a database. By their primary key where both have the
 * same one; otherwise, and where a part of the key is NULL, a row is known by all of its values, and so often as it
 * stands there. Memory is bounded, whatever the number of rows; the disk takes 32 bytes for each.
 */

export interface DiffColumns {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Of another type now. */
  readonly changed: readonly string[];
}

export type Change = 'added' | 'removed' | 'changed';

/** A row that is not the same in both; the values of common columns as texts, null for NULL. */
export interface ChangedRow {
  readonly change: Change;
  readonly before: Readonly<Record<string, string | null>> | null;
  readonly after: Readonly<Record<string, string | null>> | null;
}

export interface Diff {
  /** What rows are told apart by; empty: by all of their values. */
  readonly key: readonly string[];
  readonly columns: DiffColumns;
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  readonly same: number;
  /** The first of them, in no certain order. */
  readonly rows: readonly ChangedRow[];
}

export interface DiffOptions {
  /** Rows of each kind that are shown. */
  readonly limit: number;
  /** Over how many files the rows are spread; default: as their number asks for. */
  readonly files?: number;
}

export async function diffBackups(a: BackupTable, b: BackupTable, options: DiffOptions): Promise<Diff> {
  const columns = diffColumns(a.facts.columns, b.facts.columns);
  const common = a.facts.columns
    .map(({ name }) => name)
    .filter((name) => b.facts.columns.some((column) => column.name === name));
  const key = commonKey(a, b, common);
  const salt = randomBytes(HASH_BYTES).toString('latin1');
  const readerOf = (table: BackupTable): RowHashes => new RowHashes(table, common, key, salt);
  return withFolder(async (folder) => {
    const { limit, files = filesFor(Math.max(a.facts.rows, b.facts.rows)) } = options;
    const before = await spread(readerOf(a), await Partitions.create(folder, 'a', files));
    const after = await spread(readerOf(b), await Partitions.create(folder, 'b', files));
    const found = new Found(limit);
    for (let index = 0; index < files; index++) await compare(before, after, index, found);
    const rows = [...(await found.show(readerOf(a), readerOf(b)))];
    const { added, removed, changed, same } = found;
    return { key, columns, added, removed, changed, same, rows };
  });
}

function diffColumns(before: readonly StoredColumn[], after: readonly StoredColumn[]): DiffColumns {
  const types = new Map(before.map(({ name, sqlType }) => [name, sqlType]));
  const names = new Set(after.map(({ name }) => name));
  return {
    added: after.map(({ name }) => name).filter((name) => !types.has(name)),
    removed: before.map(({ name }) => name).filter((name) => !names.has(name)),
    changed: after
      .filter(({ name, sqlType }) => types.has(name) && types.get(name) !== sqlType)
      .map(({ name }) => name),
  };
}

function commonKey(a: BackupTable, b: BackupTable, common: readonly string[]): readonly string[] {
  const key = a.facts.primaryKey;
  const isSame =
    key.length === b.facts.primaryKey.length && key.every((name) => b.facts.primaryKey.includes(name));
  return isSame && key.every((name) => common.includes(name)) ? key : [];
}

/** The rows of one backup, hashed by key and whole. */
class RowHashes {
  readonly #table: BackupTable;
  readonly #names: readonly string[];
  readonly #values: ValueTexts;
  readonly #places: readonly number[];
  readonly #keyPlaces: readonly number[];
  readonly #salt: string;

  constructor(table: BackupTable, names: readonly string[], key: readonly string[], salt: string) {
    const { columns } = table.facts;
    const placeOf = (name: string): number => columns.findIndex((column) => column.name === name);
    this.#table = table;
    this.#names = names;
    this.#values = new ValueTexts(columns);
    this.#places = names.map(placeOf);
    this.#keyPlaces = key.map(placeOf);
    this.#salt = salt;
  }

  async *entries(): AsyncGenerator<Entry> {
    for await (const _ of this.#table.rows(this.#values)) {
      const row = this.#hash(this.#places);
      const isKeyed = this.#keyPlaces.length > 0 && this.#keyPlaces.every((place) => this.#isSet(place));
      yield { row, key: isKeyed ? this.#hash(this.#keyPlaces) : row };
    }
  }

  /** Of the row that was given last. */
  values(): Record<string, string | null> {
    const pairs = this.#names.map((name, index): [string, string | null] => [
      name,
      this.#values.texts[this.#places[index] ?? -1] ?? null,
    ]);
    return Object.fromEntries(pairs);
  }

  #isSet(place: number): boolean {
    return this.#values.tags[place] !== 'null';
  }

  #hash(places: readonly number[]): string {
    const { tags, texts } = this.#values;
    const values = places.map((place) => [tags[place], texts[place]]);
    return hash('sha256', this.#salt + JSON.stringify(values), 'latin1').slice(0, HASH_BYTES);
  }
}

async function spread(rows: RowHashes, partitions: Partitions): Promise<Partitions> {
  try {
    for await (const entry of rows.entries()) {
      const written = partitions.add(entry);
      if (written !== null) await written;
    }
  } finally {
    await partitions.finish();
  }
  return partitions;
}

async function compare(before: Partitions, after: Partitions, index: number, found: Found): Promise<void> {
  const gone = new Tally();
  const come = new Tally();
  for await (const entry of before.entries(index)) gone.add(entry);
  for await (const entry of after.entries(index)) {
    if (gone.take(entry)) found.same += 1;
    else come.add(entry);
  }
  const left = gone.byKey();
  for (const { key, row } of come.entries()) {
    const old = left.get(key)?.pop();
    if (old === undefined) found.add('added', null, row);
    else found.add('changed', old, row);
  }
  for (const rows of left.values()) for (const row of rows) found.add('removed', row, null);
}

/** How often each entry came. */
class Tally {
  readonly #times = new Map<string, number>();

  add({ key, row }: Entry): void {
    this.#times.set(key + row, (this.#times.get(key + row) ?? 0) + 1);
  }

  /** False where there is none. */
  take({ key, row }: Entry): boolean {
    const times = this.#times.get(key + row);
    if (times === undefined) return false;
    if (times === 1) this.#times.delete(key + row);
    else this.#times.set(key + row, times - 1);
    return true;
  }

  *entries(): Generator<Entry> {
    for (const [both, times] of this.#times) {
      const entry = { key: both.slice(0, HASH_BYTES), row: both.slice(HASH_BYTES) };
      for (let time = 0; time < times; time++) yield entry;
    }
  }

  byKey(): Map<string, string[]> {
    const rows = new Map<string, string[]>();
    for (const { key, row } of this.entries()) {
      const same = rows.get(key);
      if (same === undefined) rows.set(key, [row]);
      else same.push(row);
    }
    return rows;
  }
}

interface Wanted {
  readonly change: Change;
  readonly before: string | null;
  readonly after: string | null;
}

/** Counts, and which rows are to be shown, known by their hashes until they are read again. */
class Found {
  readonly #limit: number;
  readonly #wanted: Wanted[] = [];
  added = 0;
  removed = 0;
  changed = 0;
  same = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(change: Change, before: string | null, after: string | null): void {
    this[change] += 1;
    if (this[change] <= this.#limit) this.#wanted.push({ change, before, after });
  }

  async show(before: RowHashes, after: RowHashes): Promise<ChangedRow[]> {
    if (this.#wanted.length === 0) return [];
    const old = await valuesOf(
      before,
      this.#wanted.map((each) => each.before),
    );
    const now = await valuesOf(
      after,
      this.#wanted.map((each) => each.after),
    );
    return this.#wanted.map(({ change, before: was, after: is }) => ({
      change,
      before: was === null ? null : (old.get(was) ?? null),
      after: is === null ? null : (now.get(is) ?? null),
    }));
  }
}

type Values = Readonly<Record<string, string | null>>;

/** Equal rows have one hash and one set of values. */
async function valuesOf(rows: RowHashes, hashes: ReadonlyArray<string | null>): Promise<Map<string, Values>> {
  const wanted = new Set(hashes.filter((each) => each !== null));
  const found = new Map<string, Values>();
  if (wanted.size === 0) return found;
  for await (const { row } of rows.entries()) {
    if (wanted.has(row) && !found.has(row)) found.set(row, rows.values());
    if (found.size === wanted.size) break;
  }
  return found;
}
