import { plainNumber } from '../../lib/plain-number.ts';
import type { ColumnReading } from '../../model/column-reading.ts';
import type { ColumnKind } from '../../model/table.ts';
import { withoutAffixes } from './affixes.ts';
import type { Appended } from './appended.ts';
import { type Converter, KEPT, stands, UNREAD } from './converter.ts';
import { MarkedNumber } from './marked-number.ts';

const encoder = new TextEncoder();

/** Numbers with marks of their own, with a currency or in hundredths; null where they stand as the check takes them. */
export function numberConverter(kind: ColumnKind, reading: ColumnReading): Converter | null {
  const { decimalChar = '.', groupChar = null, bareNumber = true, percent = false } = reading;
  const dressed = !bareNumber || percent;
  if (groupChar === null && !dressed && (decimalChar === '.' || kind === 'integer')) return null;
  const number = new MarkedNumber({
    decimal: encoder.encode(decimalChar),
    group: groupChar === null ? null : encoder.encode(groupChar),
    fraction: kind !== 'integer' || percent,
    exponent: kind === 'float' && !percent,
  });
  const bare: Converter = (area, start, end) => number.read(area, start, end);
  if (percent) return percentConverter(bare, kind === 'integer');
  return bareNumber ? bare : dressedConverter(bare);
}

const latin1 = (bytes: Uint8Array, start: number, end: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');

/** Longer texts are no numbers with a currency. */
const LONGEST = 400;

/** With a currency before or after it, or a percent sign that means nothing (Table Schema, bareNumber). */
function dressedConverter(bare: Converter): Converter {
  let seen: Dress = NO_DRESS;
  return (area, start, end) => {
    if (isDigit(area.bytes[start]) && isDigit(area.bytes[end - 1])) return bare(area, start, end);
    if (end - start > LONGEST) return UNREAD;
    if (!wears(seen, area.bytes, start, end)) {
      const dress = dressOf(area.bytes, start, end);
      if (dress === null) return convertText(bare, area, start, end);
      seen = dress;
    }
    const from = area.copy(start + seen.before.length, end - seen.after.length);
    const result = bare(area, from, area.end);
    return result === KEPT ? from : result;
  };
}

function convertText(bare: Converter, area: Appended, start: number, end: number): number {
  const stripped = withoutAffixes(decoder.decode(area.bytes.subarray(start, end)));
  if (stripped === null) return UNREAD;
  const from = area.text(stripped);
  const result = bare(area, from, area.end);
  return result === KEPT ? from : result;
}

/** What stands around the digits of a number; the fields of a column mostly have the same. */
interface Dress {
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

const NO_DRESS: Dress = { before: new Uint8Array(0), after: new Uint8Array(0) };

/** Of a field that has no sign and no mark at its ends, and is allowed; null for others. */
function dressOf(bytes: Uint8Array, start: number, end: number): Dress | null {
  let [from, to] = [start, end];
  while (from < to && !isDigit(bytes[from])) from++;
  while (to > from && !isDigit(bytes[to - 1])) to--;
  const [before, after] = [bytes.slice(start, from), bytes.slice(to, end)];
  const one = `${decoder.decode(before)}1${decoder.decode(after)}`;
  return withoutAffixes(one) === '1' ? { before, after } : null;
}

function wears({ before, after }: Dress, bytes: Uint8Array, start: number, end: number): boolean {
  const [from, to] = [start + before.length, end - after.length];
  if (from >= to || !isDigit(bytes[from]) || !isDigit(bytes[to - 1])) return false;
  return stands(bytes, start, from, before) && stands(bytes, to, end, after);
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

const PERCENT = 37;

/** Hundredths, with the sign that says so: without it nobody knows whether 5 is 5 or 0.05. */
function percentConverter(bare: Converter, whole: boolean): Converter {
  return (area, start, end) => {
    if (area.bytes[end - 1] !== PERCENT || end - start > LONGEST) return UNREAD;
    const stop = trimmedEnd(area.bytes, start, end - 1);
    const result = bare(area, start, stop);
    if (result === UNREAD) return UNREAD;
    const number = result === KEPT ? latin1(area.bytes, start, stop) : latin1(area.bytes, result, area.end);
    const value = plainNumber(`${number.replace(/^([+-]?)\./, '$10.')}e-2`);
    return area.text(whole ? value.replace(/\.0*$/, '') : value);
  };
}

/** The end without one space, also one that does not break (U+00A0, U+202F). */
function trimmedEnd(bytes: Uint8Array, start: number, end: number): number {
  const space = /(?: |\u00c2\u00a0|\u00e2\u0080\u00af)$/.exec(latin1(bytes, start, end));
  return end - (space?.[0].length ?? 0);
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 48 && byte <= 57;
}
