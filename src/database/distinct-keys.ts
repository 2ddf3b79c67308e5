import { fieldText } from '../model/field-text.ts';
import type { InsertPlan } from '../model/plan.ts';
import type { ForeignKey } from '../model/table.ts';
import { FIELD_NULL, RECORD_QUOTE_STRAY, RECORD_QUOTE_UNCLOSED, type Tape } from '../model/tape.ts';
import type { DistinctKeys } from './database.ts';

/** The foreign keys of the table all of whose columns are planned, with the distinct keys of the tape. */
export function distinctForeignKeys(tape: Tape, plan: InsertPlan): DistinctKeys[] {
  return plan.table.foreignKeys.flatMap((key, foreignKey) => {
    const fields = plannedFields(plan, key);
    return fields === null ? [] : [{ foreignKey, ...distinctKeys(tape, fields) }];
  });
}

/**
 * Fields of the tape for the columns of a foreign key; null when one of them is not planned, or is kept otherwise than
 * it is written (bytes in hexadecimal, truth as 0 and 1), so that its text finds no parent.
 */
export function plannedFields(plan: InsertPlan, key: ForeignKey): number[] | null {
  const fields = key.columns.map((name) => {
    const index = plan.columns.findIndex((column) => column.name === name);
    const kind = plan.columns[index]?.kind;
    return kind === 'binary' || kind === 'boolean' ? -1 : (plan.fields[index] ?? -1);
  });
  return fields.includes(-1) ? null : fields;
}

const BROKEN = RECORD_QUOTE_STRAY | RECORD_QUOTE_UNCLOSED;

function distinctKeys(tape: Tape, fields: readonly number[]): Omit<DistinctKeys, 'foreignKey'> {
  const keyOf = new Int32Array(tape.records).fill(-1);
  const table = new KeyTable(tape, fields);
  for (let r = 0; r < tape.records; r++) {
    if (((tape.faults[r] ?? 0) & BROKEN) !== 0 || tape.fieldCounts[r] !== tape.width) continue;
    if (!table.isNull(r)) keyOf[r] = table.index(r);
  }
  return { values: table.values(), keyOf };
}

/** Where the numbers of 1, 2, 3 and 4 digits begin among all that are written with so many. */
const FIRST_OF_LENGTH = [0, 0, 10, 110, 1110] as const;
const SHORT_NUMBERS = 11_110;

/** The place of what is written with one to four digits; -1 for everything else. */
function placeOf(bytes: Uint8Array, start: number, end: number): number {
  const first = FIRST_OF_LENGTH[end - start];
  if (first === undefined || start === end) return -1;
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = (bytes[i] ?? 0) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return first + value;
}

/**
 * Open-addressing hash table over the bytes of fields; a key is known by the record it first stands in. Short numbers,
 * which most keys into small tables are, have a place of their own and are not hashed: a third of the time.
 */
class KeyTable {
  readonly #tape: Tape;
  readonly #fields: readonly number[];
  readonly #first: number[] = [];
  readonly #short = new Int32Array(SHORT_NUMBERS).fill(-1);
  /** Of the keys, those that stand in `#slots`. */
  readonly #hashedKeys: number[] = [];
  #slots = new Int32Array(1024).fill(-1);

  constructor(tape: Tape, fields: readonly number[]) {
    this.#tape = tape;
    this.#fields = fields;
  }

  isNull(record: number): boolean {
    const { flags, width } = this.#tape;
    for (const field of this.#fields) if ((flags[record * width + field] ?? 0) & FIELD_NULL) return true;
    return false;
  }

  index(record: number): number {
    const place = this.#placeOf(record);
    if (place < 0) return this.#hashed(record);
    const known = this.#short[place] ?? -1;
    if (known >= 0) return known;
    this.#short[place] = this.#first.length;
    return this.#add(record);
  }

  #placeOf(record: number): number {
    const [field, another] = this.#fields;
    if (field === undefined || another !== undefined) return -1;
    const { bytes, starts, ends, width } = this.#tape;
    const slot = record * width + field;
    return placeOf(bytes, starts[slot] ?? 0, ends[slot] ?? 0);
  }

  #add(record: number): number {
    this.#first.push(record);
    return this.#first.length - 1;
  }

  #hashed(record: number): number {
    if (this.#hashedKeys.length * 2 > this.#slots.length) this.#grow();
    const mask = this.#slots.length - 1;
    let slot = this.#hash(record) & mask;
    for (;;) {
      const known = this.#slots[slot] ?? -1;
      if (known < 0) break;
      if (this.#equal(this.#first[known] ?? 0, record)) return known;
      slot = (slot + 1) & mask;
    }
    const added = this.#add(record);
    this.#slots[slot] = added;
    this.#hashedKeys.push(added);
    return added;
  }

  values(): string[][] {
    const { width } = this.#tape;
    return this.#first.map((record) =>
      this.#fields.map((field) => fieldText(this.#tape, record * width + field)),
    );
  }

  /** FNV-1a over the bytes, with the fields' ends mixed in. */
  #hash(record: number): number {
    const { bytes, starts, ends, width } = this.#tape;
    let hash = 0x811c9dc5;
    for (const field of this.#fields) {
      const slot = record * width + field;
      const end = ends[slot] ?? 0;
      for (let i = starts[slot] ?? 0; i < end; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193);
      hash = Math.imul(hash ^ 0x100, 0x01000193);
    }
    return (hash ^ (hash >>> 15)) >>> 0;
  }

  #equal(a: number, b: number): boolean {
    const { bytes, starts, ends, width } = this.#tape;
    for (const field of this.#fields) {
      let i = starts[a * width + field] ?? 0;
      let j = starts[b * width + field] ?? 0;
      const end = ends[a * width + field] ?? 0;
      if (end - i !== (ends[b * width + field] ?? 0) - j) return false;
      while (i < end) if (bytes[i++] !== bytes[j++]) return false;
    }
    return true;
  }

  #grow(): void {
    this.#slots = new Int32Array(this.#slots.length * 4).fill(-1);
    const mask = this.#slots.length - 1;
    for (const key of this.#hashedKeys) {
      let slot = this.#hash(this.#first[key] ?? 0) & mask;
      while ((this.#slots[slot] ?? -1) >= 0) slot = (slot + 1) & mask;
      this.#slots[slot] = key;
    }
  }
}
