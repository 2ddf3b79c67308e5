import { fieldText } from '../model/field-text.ts';
import type { InsertPlan } from '../model/plan.ts';
import type { ForeignKey } from '../model/table.ts';
import { FIELD_NULL, NOT_READ, RECORD_QUOTE_STRAY, RECORD_QUOTE_UNCLOSED, type Tape } from '../model/tape.ts';
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

/** In `keyOf`: the record has no key; its key is not looked up yet. */
const NO_KEY = -1;
const UNKNOWN = -2;

function distinctKeys(tape: Tape, fields: readonly number[]): Omit<DistinctKeys, 'foreignKey'> {
  const keyOf = unknownKeys(tape);
  const [field, another] = fields;
  const numbers = field === undefined || another !== undefined ? [] : smallNumbers(tape, field, keyOf);
  const table = new KeyTable(tape, fields, numbers);
  for (let r = 0; r < tape.records; r++) {
    if (keyOf[r] === UNKNOWN) keyOf[r] = table.isNull(r) ? NO_KEY : table.index(r);
  }
  return { values: table.values(), keyOf };
}

/** Of broken records nobody knows which field is the key. */
function unknownKeys({ records, faults, fieldCounts, width }: Tape): Int32Array<ArrayBuffer> {
  const keyOf = new Int32Array(records);
  for (let r = 0; r < records; r++) {
    const whole = ((faults[r] ?? 0) & BROKEN) === 0 && fieldCounts[r] === width;
    keyOf[r] = whole ? UNKNOWN : NO_KEY;
  }
  return keyOf;
}

/** Numbers below this have a place of their own, and most keys into small tables are such. */
const SMALL_NUMBERS = 65_536;
/** By the length of a field: the smallest number that is written with so many digits and no more. */
const LEAST_OF_LENGTH = Int32Array.of(SMALL_NUMBERS, 0, 10, 100, 1000, 10_000);

/**
 * The keys that `check` read as small numbers, written without sign and zeros in front, since keys are told apart by
 * how they are written. Returns the record each of them first stands in.
 */
function smallNumbers(tape: Tape, field: number, keyOf: Int32Array): number[] {
  const { integers, starts, ends, width, records } = tape;
  const indexOf = new Int32Array(SMALL_NUMBERS).fill(-1);
  const firsts = new Int32Array(SMALL_NUMBERS);
  let count = 0;
  for (let r = 0, slot = field; r < records; r++, slot += width) {
    const value = integers[slot] ?? NOT_READ;
    const length = (ends[slot] ?? 0) - (starts[slot] ?? 0);
    if (keyOf[r] !== UNKNOWN || value < 0 || value >= SMALL_NUMBERS || length > 5) continue;
    if (value < (LEAST_OF_LENGTH[length] ?? SMALL_NUMBERS)) continue;
    const known = indexOf[value] ?? -1;
    keyOf[r] = known < 0 ? count : known;
    if (known >= 0) continue;
    indexOf[value] = count;
    firsts[count++] = r;
  }
  return [...firsts.subarray(0, count)];
}

/** Open-addressing hash table over the bytes of fields; a key is known by the record it first stands in. */
class KeyTable {
  readonly #tape: Tape;
  readonly #fields: readonly number[];
  readonly #first: number[];
  #slots = new Int32Array(256);

  constructor(tape: Tape, fields: readonly number[], first: number[]) {
    this.#tape = tape;
    this.#fields = fields;
    this.#first = first;
    this.#grow();
  }

  isNull(record: number): boolean {
    const { flags, width } = this.#tape;
    for (const field of this.#fields) if ((flags[record * width + field] ?? 0) & FIELD_NULL) return true;
    return false;
  }

  index(record: number): number {
    if (this.#first.length * 2 > this.#slots.length) this.#grow();
    const mask = this.#slots.length - 1;
    let slot = this.#hash(record) & mask;
    for (;;) {
      const known = this.#slots[slot] ?? -1;
      if (known < 0) break;
      if (this.#equal(this.#first[known] ?? 0, record)) return known;
      slot = (slot + 1) & mask;
    }
    this.#slots[slot] = this.#first.length;
    this.#first.push(record);
    return this.#first.length - 1;
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
    const needed = Math.max(this.#slots.length, this.#first.length);
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(needed) + 2)).fill(-1);
    const mask = this.#slots.length - 1;
    this.#first.forEach((record, index) => {
      let slot = this.#hash(record) & mask;
      while ((this.#slots[slot] ?? -1) >= 0) slot = (slot + 1) & mask;
      this.#slots[slot] = index;
    });
  }
}
