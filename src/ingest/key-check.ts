import type { Connection, DatabaseReject } from '../database/database.ts';
import { duplicateError } from '../database/duplicate-rejects.ts';
import { numbersIn, rangeIn } from '../database/table-rows.ts';
import { NumberSet } from '../lib/number-set.ts';
import type { Table } from '../model/table.ts';
import type { Tape } from '../model/tape.ts';
import type { NumberKey, OwnKey } from './decidable.ts';
import { tapeNumber } from './tape-number.ts';

/** 32 MiB of bits: 268 million numbers that follow each other. */
const MOST_PAGES = 65_536;

/** Holds the rows of a whole file, part by part, to a unique key of whole numbers as if they were inserted. */
export class KeyCheck {
  readonly #connection: Connection;
  readonly #table: Table;
  readonly #unique: NumberKey;
  /** Of all parts so far; those of rows that repeat a key of the table as well. */
  readonly #keys = new NumberSet(MOST_PAGES);

  constructor(connection: Connection, table: Table, unique: NumberKey) {
    this.#connection = connection;
    this.#table = table;
    this.#unique = unique;
  }

  /**
   * Rows whose key stands in the table or earlier in the file; null when there is a key that cannot be told.
   * `gone`: one byte for each record, not 0 where it is a reject for other reasons.
   */
  async repeats(tape: Tape, gone: Uint8Array): Promise<DatabaseReject[] | null> {
    const numbers = this.#numbers(tape, gone);
    if (numbers === null) return null;
    const doubled = this.#add(numbers);
    if (this.#keys.full) return null;
    const known = await this.#inTable(numbers);
    if (doubled.size === 0 && known.size === 0) return [];
    return this.#rejects(numbers, doubled, known);
  }

  /** Whether each record with a key into its own table has a parent in the table or in the file as far as it was read. */
  async haveParents(tape: Tape, { field }: OwnKey): Promise<boolean> {
    const missing = new Set<number>();
    for (let r = 0, slot = field; r < tape.records; r++, slot += tape.width) {
      const parent = tapeNumber(tape, slot);
      if (parent === null) continue;
      if (Number.isNaN(parent)) return false;
      if (!this.#keys.has(parent)) missing.add(parent);
    }
    if (missing.size === 0) return true;
    const found = await numbersIn(this.#connection, this.#table, this.#unique.column, [...missing]);
    return found.size === missing.size;
  }

  /** By record, NaN where it has no key or is gone; null when one cannot be told. */
  #numbers(tape: Tape, gone: Uint8Array): Float64Array | null {
    const numbers = new Float64Array(tape.records);
    for (let r = 0, slot = this.#unique.field; r < tape.records; r++, slot += tape.width) {
      const number = gone[r] === 0 ? tapeNumber(tape, slot) : null;
      if (Number.isNaN(number)) return null;
      numbers[r] = number ?? Number.NaN;
    }
    return numbers;
  }

  /** The records whose numbers were there before them. */
  #add(numbers: Float64Array): Set<number> {
    const doubled = new Set<number>();
    for (let r = 0; r < numbers.length; r++) {
      const number = numbers[r] ?? 0;
      if (!Number.isNaN(number) && !this.#keys.add(number)) doubled.add(r);
    }
    return doubled;
  }

  /** Most files bring keys above those of the table: only others are looked up. */
  async #inTable(numbers: Float64Array): Promise<Set<number>> {
    const range = await rangeIn(this.#connection, this.#table, this.#unique.column);
    if (range === null) return new Set();
    const wanted = new Set<number>();
    for (const number of numbers) if (number >= range.least && number <= range.most) wanted.add(number);
    return numbersIn(this.#connection, this.#table, this.#unique.column, [...wanted]);
  }

  /** What stands in an earlier part stands in the table when a load comes to this one. */
  #rejects(
    numbers: Float64Array,
    doubled: ReadonlySet<number>,
    known: ReadonlySet<number>,
  ): DatabaseReject[] {
    const rejects: DatabaseReject[] = [];
    const firsts = new Set<number>();
    const wanted = new Set([...doubled].map((r) => numbers[r] ?? 0));
    numbers.forEach((number, index) => {
      const inTable = known.has(number);
      if (inTable || doubled.has(index)) {
        const errors = [duplicateError(this.#unique.key, String(number), inTable || !firsts.has(number))];
        rejects.push({ index, errors });
      } else if (wanted.has(number)) firsts.add(number);
    });
    return rejects;
  }
}
