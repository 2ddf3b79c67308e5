import { scanBytes } from '../../src/csv/dialect.ts';
import { type ScanOptions, scan } from '../../src/csv/scan.ts';
import { DEFAULT_DIALECT, type Dialect } from '../../src/model/dialect.ts';
import { fieldText } from '../../src/model/field-text.ts';
import { FIELD_NULL, FIELD_QUOTED, type Tape } from '../../src/model/tape.ts';

/** A record of a tape in words: null is a NULL field. */
export interface SeenRecord {
  readonly fields: readonly (string | null)[];
  readonly line: number;
  readonly start: number;
  readonly end: number;
  readonly fault: number;
  readonly count: number;
}

export const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

export function scanText(
  content: string | Uint8Array<ArrayBuffer>,
  options: Partial<ScanOptions> = {},
  dialect: Dialect = DEFAULT_DIALECT,
): Tape {
  const bytes = typeof content === 'string' ? bytesOf(content) : content;
  return scan(bytes, { ...scanBytes(dialect), width: 3, last: true, ...options });
}

/** `at` and `line` are added to every place, as for a part that starts there. */
export function seen(tape: Tape, at = 0, line = 0): SeenRecord[] {
  return Array.from({ length: tape.records }, (_, r) => ({
    fields: Array.from({ length: tape.width }, (_unused, f) => fieldAt(tape, r * tape.width + f)),
    line: line + (tape.recordLines[r] ?? 0),
    start: at + (tape.recordStarts[r] ?? 0),
    end: at + (tape.recordEnds[r] ?? 0),
    fault: tape.faults[r] ?? 0,
    count: tape.fieldCounts[r] ?? 0,
  }));
}

function fieldAt(tape: Tape, slot: number): string | null {
  return (tape.flags[slot] ?? 0) & FIELD_NULL ? null : fieldText(tape, slot);
}

export const isQuoted = (tape: Tape, slot: number): boolean => ((tape.flags[slot] ?? 0) & FIELD_QUOTED) !== 0;

export const fieldsOf = (tape: Tape): (string | null)[][] => seen(tape).map(({ fields }) => [...fields]);
