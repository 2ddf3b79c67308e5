import type { ColumnReading } from '../../model/column-reading.ts';
import { booleanJudge } from '../formats.ts';
import { type Converter, KEPT, stands, UNREAD } from './converter.ts';

interface Spelling {
  readonly bytes: Uint8Array;
  /** true or false */
  readonly truth: Uint8Array;
}

const encoder = new TextEncoder();

/** Truth in declared spellings; the usual ones stay those of the value for which none are declared. */
export function booleanConverter({ trueValues, falseValues }: ColumnReading): Converter | null {
  if (trueValues === undefined && falseValues === undefined) return null;
  const spellings = [...spell(trueValues, 'true'), ...spell(falseValues, 'false')];
  return (area, start, end) => {
    for (const { bytes, truth } of spellings) {
      if (!stands(area.bytes, start, end, bytes)) continue;
      const at = area.end;
      area.put(truth);
      return at;
    }
    if (booleanJudge(area.bytes, start, end) !== null) return UNREAD;
    const usual = isTrue(area.bytes[start] ?? 0) ? trueValues : falseValues;
    return usual === undefined ? KEPT : UNREAD;
  };
}

function spell(values: readonly string[] | undefined, truth: 'true' | 'false'): Spelling[] {
  return (values ?? []).map((value) => ({ bytes: encoder.encode(value), truth: encoder.encode(truth) }));
}

/** Of a usual spelling: 1, t, T. */
function isTrue(first: number): boolean {
  return first === 49 || (first | 32) === 116;
}
