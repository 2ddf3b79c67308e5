import { dateOf } from '../../lib/civil-date.ts';
import type { StoredColumn } from '../../model/stored-table.ts';

/** Values of a backup as texts that MySQL makes the same values of. */

const two = (value: number): string => (value < 10 ? `0${value}` : String(value));

/** `2021-07-27` */
export function dateText(days: number): string {
  const { year, month, day } = dateOf(days);
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
}

const DAY_MICROS = 86_400_000_000n;

/** `16:02:08.250000` */
export function timeText(micros: number): string {
  const seconds = Math.floor(micros / 1e6);
  const fraction = String(micros % 1e6).padStart(6, '0');
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}.${fraction}`;
}

/** `2021-07-27 16:02:08.250000` */
export function timestampText(micros: bigint): string {
  const ofDay = BigInt.asUintN(64, ((micros % DAY_MICROS) + DAY_MICROS) % DAY_MICROS);
  return `${dateText(Number((micros - ofDay) / DAY_MICROS))} ${timeText(Number(ofDay))}`;
}

/** Short of a double it is the same number, and so is the sign of 0. */
export const numberText = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));

/** Two's complement, big-endian; `scale` digits after the point. */
export function decimalText(bytes: Uint8Array, start: number, end: number, scale: number): string {
  let unsigned = 0n;
  for (let at = start; at < end; at++) unsigned = (unsigned << 8n) | BigInt(bytes[at] ?? 0);
  const value = BigInt.asIntN(8 * (end - start), unsigned);
  if (scale === 0) return String(value);
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** A YEAR of fewer digits would be another one. */
export const isYear = ({ sqlType }: Pick<StoredColumn, 'sqlType'>): boolean => /^year\b/i.test(sqlType);

export const isBit = ({ sqlType }: Pick<StoredColumn, 'sqlType'>): boolean => /^bit\b/i.test(sqlType);
