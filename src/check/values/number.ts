import { plainNumber } from '../../lib/plain-number.ts';
import type { ColumnReading } from '../../model/column-reading.ts';
import type { ColumnKind } from '../../model/table.ts';
import { withoutAffixes } from './affixes.ts';
import { type Converter, KEPT, UNREAD } from './converter.ts';
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
  return (area, start, end) => {
    if (isDigit(area.bytes[start]) && isDigit(area.bytes[end - 1])) return bare(area, start, end);
    if (end - start > LONGEST) return UNREAD;
    const stripped = withoutAffixes(decoder.decode(area.bytes.subarray(start, end)));
    if (stripped === null) return UNREAD;
    const from = area.text(stripped);
    const result = bare(area, from, area.end);
    return result === KEPT ? from : result;
  };
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
