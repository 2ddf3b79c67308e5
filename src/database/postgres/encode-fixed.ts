import type { Tape } from '../../model/tape.ts';
import { isTrue } from '../field-bytes.ts';
import type { ColumnEncoder, TapeColumn } from './column-encoder.ts';
import { valueEncoder } from './column-encoder.ts';

/** Truth and UUIDs. The fields were checked: they hold what they should. */

const MINUS = 45;
const UUID_BYTES = 16;
const NO_DIGIT = 255;

export const booleanEncoder = (column: TapeColumn): ColumnEncoder => valueEncoder(column, 1, writeBoolean);
export const uuidEncoder = (column: TapeColumn): ColumnEncoder => valueEncoder(column, UUID_BYTES, writeUuid);

function writeBoolean({ bytes, starts }: Tape, slot: number, view: DataView, at: number): void {
  view.setUint8(at, isTrue(bytes[starts[slot] ?? 0] ?? 0) ? 1 : 0);
}

/** RFC 9562 text form, 36 bytes → 16. */
function writeUuid({ bytes, starts }: Tape, slot: number, view: DataView, to: number): void {
  let i = starts[slot] ?? 0;
  for (let at = to; at < to + UUID_BYTES; at++) {
    if (bytes[i] === MINUS) i++;
    view.setUint8(at, hexByte(bytes, i));
    i += 2;
  }
}

/** Value of a hexadecimal digit by its byte. */
const HEX = new Uint8Array(256).fill(NO_DIGIT);
for (let value = 0; value < 16; value++) {
  const digit = value.toString(16);
  HEX[digit.charCodeAt(0)] = value;
  HEX[digit.toUpperCase().charCodeAt(0)] = value;
}

export const isHexDigit = (byte: number): boolean => (HEX[byte] ?? NO_DIGIT) !== NO_DIGIT;
export const hexDigit = (byte: number): number => HEX[byte] ?? 0;

/** The byte written by the two hexadecimal digits at `at`. */
export function hexByte(bytes: Uint8Array, at: number): number {
  return (hexDigit(bytes[at] ?? 0) << 4) | hexDigit(bytes[at + 1] ?? 0);
}
