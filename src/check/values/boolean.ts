import type { ColumnReading } from '../../model/column-reading.ts';
import { booleanJudge } from '../formats.ts';
import { type Converter, KEPT, UNREAD } from './converter.ts';

interface Spelling {
  readonly bytes: Uint8Array;
  readonly truth: 'true' | 'false';
}

const encoder = new TextEncoder();

/** Truth in declared spellings; the usual ones stay those of the value for which none are declared. */
export function booleanConverter({ trueValues, falseValues }: ColumnReading): Converter | null {
  if (trueValues === undefined && falseValues === undefined) return null;
  const spellings = [...spell(trueValues, 'true'), ...spell(falseValues, 'false')];
  return (area, start, end) => {
    const found = spellings.find(({ bytes }) => stands(area.bytes, start, end, bytes));
    if (found !== undefined) return area.text(found.truth);
    if (booleanJudge(area.bytes, start, end) !== null) return UNREAD;
    const usual = isTrue(area.bytes[start] ?? 0) ? trueValues : falseValues;
    return usual === undefined ? KEPT : UNREAD;
  };
}

function spell(values: readonly string[] | undefined, truth: 'true' | 'false'): Spelling[] {
  return (values ?? []).map((value) => ({ bytes: encoder.encode(value), truth }));
}

/** Whether bytes[start, end) are these. */
export function stands(bytes: Uint8Array, start: number, end: number, text: Uint8Array): boolean {
  if (end - start !== text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text[i]) return false;
  return true;
}

/** Of a usual spelling: 1, t, T. */
function isTrue(first: number): boolean {
  return first === 49 || (first | 32) === 116;
}
