import type { Column } from '../model/table.ts';
import type { BytesJudge } from './column-check.ts';

const SPACE = 32;

/** Length in Unicode code points and in bytes, or values that the column lists; null where any text will do. */
export function textJudge(column: Column): BytesJudge | null {
  if (column.enum !== undefined) return enumJudge(column.enum);
  if (column.members !== undefined) return membersJudge(column.members);
  const { maxLength, maxBytes, padded } = column;
  if (maxBytes === undefined && padded !== true) {
    return maxLength === undefined ? null : lengthJudge(maxLength);
  }
  const fits = lengthJudge(maxLength ?? Number.POSITIVE_INFINITY);
  const most = maxBytes ?? Number.POSITIVE_INFINITY;
  return (bytes, start, end) => {
    if (end - start > most || (padded && end > start && bytes[end - 1] === SPACE)) return 'length';
    return fits(bytes, start, end);
  };
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

/** A set: its members with commas between, in any order; nothing is the empty set. */
function membersJudge(allowed: readonly string[]): BytesJudge {
  const members = new Set(allowed);
  return (bytes, start, end) => {
    if (start === end) return null;
    const parts = decoder.decode(bytes.subarray(start, end)).split(',');
    const fits = parts.every((part) => members.has(part)) && new Set(parts).size === parts.length;
    return fits ? null : 'enum';
  };
}
