import { fieldText } from '../model/field-text.ts';
import { FIELD_DOUBLED, FIELD_NULL, type Tape } from '../model/tape.ts';
import type { Sighting } from './column-profile.ts';
import { key, pairKey, readKey } from './field-key.ts';
import { type KeyBudget, KeySet } from './key-set.ts';
import type { Stretch } from './planned-file.ts';

/** Second look at the records of a table: for what can only be asked when all first looks are done. */
export interface Probe {
  take(stretch: Stretch): void;
}

/** Whether all values of a column are among the keys of another one. */
export class Inclusion implements Probe {
  readonly field: number;
  found = 0;
  orphans = 0;
  firstOrphan: Sighting | null = null;
  readonly #keys: KeySet;
  readonly #hits: Uint8Array;
  #distinct = 0;

  constructor(field: number, keys: KeySet) {
    this.field = field;
    this.#keys = keys;
    this.#hits = new Uint8Array(Math.ceil(keys.slots / 8));
  }

  /** The part of the parent's keys that the column has, 0 to 1. */
  get coverage(): number {
    return this.#distinct / Math.max(this.#keys.size, 1);
  }

  take({ tape, view, bad, lines }: Stretch): void {
    const { flags, width, records, recordLines } = tape;
    for (let r = 0, slot = this.field; r < records; r++, slot += width) {
      if (bad[r] !== 0 || ((flags[slot] ?? 0) & FIELD_NULL) !== 0) continue;
      keyAt(tape, view, slot);
      const at = this.#keys.find(key.low, key.high);
      if (at >= 0) {
        this.found++;
        this.#hit(at);
      } else {
        this.orphans++;
        this.firstOrphan ??= {
          value: fieldText(tape, slot).slice(0, 40),
          line: lines + (recordLines[r] ?? 0) + 1,
        };
      }
    }
  }

  #hit(at: number): void {
    const byte = this.#hits[at >> 3] ?? 0;
    const bit = 1 << (at & 7);
    if ((byte & bit) !== 0) return;
    this.#hits[at >> 3] = byte | bit;
    this.#distinct++;
  }
}

/** Whether no two records have the same values in two columns. */
export class Pair implements Probe {
  readonly fields: readonly [number, number];
  unique = true;
  readonly #keys: KeySet;

  constructor(fields: readonly [number, number], budget: KeyBudget) {
    this.fields = fields;
    this.#keys = new KeySet(budget);
  }

  take({ tape, view, bad }: Stretch): void {
    const [first, second] = this.fields;
    for (let r = 0, at = 0; this.unique && r < tape.records; r++, at += tape.width) {
      if (bad[r] !== 0) continue;
      keyAt(tape, view, at + first);
      const { low, high } = key;
      keyAt(tape, view, at + second);
      pairKey(low, high, key.low, key.high);
      // Also when there is no memory left: what is not known is not proposed.
      if (this.#keys.add(key.low, key.high) !== true) this.unique = false;
    }
    if (!this.unique) this.release();
  }

  release(): void {
    this.#keys.release();
  }
}

const encoder = new TextEncoder();

function keyAt(tape: Tape, view: DataView, slot: number): void {
  if (((tape.flags[slot] ?? 0) & FIELD_DOUBLED) === 0) {
    readKey(view, tape.starts[slot] ?? 0, tape.ends[slot] ?? 0);
    return;
  }
  const text = encoder.encode(fieldText(tape, slot));
  readKey(new DataView(text.buffer, text.byteOffset, text.length), 0, text.length);
}
