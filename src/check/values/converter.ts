import type { Appended } from './appended.ts';

/**
 * Reads the value in area.bytes[start, end): KEPT, UNREAD, or where the value written anew starts; it goes to the end of
 * the area.
 */
export type Converter = (area: Appended, start: number, end: number) => number;

/** The value stands in the form that the check takes. */
export const KEPT = -1;
/** The value is not written as is declared. */
export const UNREAD = -2;

/** Whether bytes[start, end) are these. */
export function stands(bytes: Uint8Array, start: number, end: number, text: Uint8Array): boolean {
  if (end - start !== text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text[i]) return false;
  return true;
}
