import { fieldText } from '../model/field-text.ts';
import type { Tape } from '../model/tape.ts';

/** Names that must come again; a single one may be a value as well. */
const ENOUGH = 2;

/** Finds where another table starts in the same file: at a record that repeats the header. */
export class OtherTable {
  readonly #names: readonly string[];
  readonly #first: Uint8Array;

  constructor(names: readonly string[]) {
    this.#names = names;
    this.#first = new TextEncoder().encode(names[0] ?? '');
  }

  /** A table with some columns fewer or more at its end is one too. */
  startsAt(tape: Tape, record: number): boolean {
    if (!this.#startsAlike(tape, record)) return false;
    const fields = Math.min(tape.fieldCounts[record] ?? 0, tape.width, this.#names.length);
    if (fields < ENOUGH || fields * 2 < this.#names.length) return false;
    for (let field = 0; field < fields; field++) {
      if (fieldText(tape, record * tape.width + field) !== this.#names[field]) return false;
    }
    return true;
  }

  /** Looked at for every record, so by bytes. */
  #startsAlike(tape: Tape, record: number): boolean {
    const slot = record * tape.width;
    const start = tape.starts[slot] ?? 0;
    const first = this.#first;
    if ((tape.ends[slot] ?? 0) - start !== first.length || first.length === 0) return false;
    for (let i = 0; i < first.length; i++) if (tape.bytes[start + i] !== first[i]) return false;
    return true;
  }
}
