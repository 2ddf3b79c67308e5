import type { Column } from '../model/table.ts';
import type { BytesJudge } from './column-check.ts';

/** Length in Unicode code points, or one of an enum's values; null where any text will do. */
export function textJudge(column: Column): BytesJudge | null {
  if (column.enum !== undefined) return enumJudge(column.enum);
  return column.maxLength === undefined ? null : lengthJudge(column.maxLength);
}

/** A text of n bytes has at most n characters, so only the long ones are counted. */
function lengthJudge(maxLength: number): BytesJudge {
  return (bytes, start, end) => {
    if (end - start <= maxLength) return null;
    let characters = 0;
    for (let i = start; i < end; i++) if (((bytes[i] ?? 0) & 0xc0) !== 0x80) characters++;
    return characters > maxLength ? 'length' : null;
  };
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

function enumJudge(allowed: readonly string[]): BytesJudge {
  const values = new Set(allowed);
  return (bytes, start, end) => (values.has(decoder.decode(bytes.subarray(start, end))) ? null : 'enum');
}
