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
