import type { Dialect } from '../../model/dialect.ts';
import { isPlain } from '../dialect.ts';
import { lastLineEnd, lastRecordEnd } from '../slice.ts';
import { isUtf16 } from './encoding.ts';

const LF = 10;
const CR = 13;

/** No part but the only one is smaller: a footer of some rows is not torn apart. Bytes. */
const LEAST_LAST_PART = 256 << 10;

/** How many of the bytes that remain are read for the next part, so that what then remains is no scrap. */
export function partSize(wanted: number, remaining: number): number {
  const rest = remaining - wanted;
  return rest > 0 && rest < LEAST_LAST_PART && wanted > LEAST_LAST_PART
    ? remaining - LEAST_LAST_PART
    : wanted;
}

/**
 * Where a content of any dialect can be cut: after the last record end outside quotes, or 0 if there is none. As in
 * `lastRecordEnd` it is a guess, made from the bytes alone; they begin with a record.
 */
export function cutPlace(bytes: Uint8Array<ArrayBuffer>, dialect: Dialect): number {
  if (isPlain(dialect)) return lastRecordEnd(bytes, dialect);
  if (!isUtf16(dialect.encoding)) return lastEnd(bytes, dialect);
  return 2 * lastEnd(codeUnits(bytes, dialect.encoding === 'utf-16le'), dialect);
}

type Units = Uint8Array | Uint16Array;

function codeUnits(bytes: Uint8Array<ArrayBuffer>, little: boolean): Uint16Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const units = new Uint16Array(bytes.length >> 1);
  for (let i = 0; i < units.length; i++) units[i] = view.getUint16(2 * i, little);
  return units;
}

/** The unit after the last record end. */
function lastEnd(units: Units, { quoteChar, escapeChar, lineTerminator }: Dialect): number {
  const quote = quoteChar?.charCodeAt(0) ?? -1;
  const escaping = escapeChar?.charCodeAt(0) ?? -1;
  if (lineTerminator === null && !units.includes(quote) && !units.includes(escaping))
    return lastLineEnd(units);
  let quoted = false;
  let cut = 0;
  for (let i = 0; i < units.length; i++) {
    const c = units[i] ?? 0;
    if (c === escaping) i++;
    else if (c === quote) quoted = !quoted;
    else if (!quoted) cut = endAt(units, i, c, lineTerminator) ?? cut;
  }
  // A stray quote turns outside and inside round: far from the end it is no guess that helps.
  return cut * 2 < units.length ? 0 : cut;
}

/** The unit after the record end that stands here. A CR that ends the bytes is none: an LF may follow. */
function endAt(units: Units, i: number, c: number, terminator: string | null): number | null {
  if (terminator === null) {
    return c === LF || (c === CR && i + 1 < units.length && units[i + 1] !== LF) ? i + 1 : null;
  }
  // One that is not ASCII is not found in bytes, and the whole part is sent.
  if (c !== terminator.charCodeAt(0)) return null;
  for (let n = 1; n < terminator.length; n++) if (units[i + n] !== terminator.charCodeAt(n)) return null;
  return i + terminator.length;
}
