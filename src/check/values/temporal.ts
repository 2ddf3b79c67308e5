import { TimeZone } from '../../lib/time-zone.ts';
import type { ColumnReading } from '../../model/column-reading.ts';
import type { Column } from '../../model/table.ts';
import type { Appended } from './appended.ts';
import { type Converter, KEPT, UNREAD } from './converter.ts';
import { DateReader } from './date-reader.ts';
import { IsoReader } from './iso-reader.ts';
import { localSeconds, T, writeDate, writeInstant, writeTime } from './write-temporal.ts';

export function dateConverter({ format }: ColumnReading): Converter | null {
  if (!isDeclared(format)) return null;
  const reader = new DateReader(format);
  return (area, start, end) => {
    if (!reader.read(area.bytes, start, end)) return UNREAD;
    const at = area.end;
    writeDate(area, reader);
    return at;
  };
}

/** Into a column with a zone, date-times that name none are those of the declared one. */
export function datetimeConverter(column: Column, { format, timeZone }: ColumnReading): Converter | null {
  const zone = column.withZone === true && timeZone !== undefined ? zoneOf(timeZone) : null;
  if (!isDeclared(format)) return zone === null ? null : isoConverter(column, zone);
  const reader = new DateReader(format);
  return (area, start, end) => {
    if (!reader.read(area.bytes, start, end)) return UNREAD;
    if (zone !== null && !reader.zoned) return convertInstant(area, reader, zone);
    const at = area.end;
    writeDate(area, reader);
    area.put(T);
    writeTime(area, reader);
    if (reader.zoned) area.text(reader.zone);
    return at;
  };
}

/** What is no date-time the check finds. */
function isoConverter(column: Column, zone: TimeZone): Converter {
  const reader = new IsoReader(column);
  return (area, start, end) => {
    if (!reader.read(area.bytes, start, end) || reader.zoned) return KEPT;
    return convertInstant(area, reader, zone);
  };
}

/** A time that the clocks of the zone never showed, or showed twice, is none. */
function convertInstant(area: Appended, reader: DateReader | IsoReader, zone: TimeZone): number {
  const instant = zone.instantOf(localSeconds(reader));
  if (typeof instant !== 'number') return UNREAD;
  const at = area.end;
  return writeInstant(area, instant, reader) ? at : UNREAD;
}

/** Which offset a place has without a date nobody knows, so the declared zone must be one that never changes. */
export function timeConverter(column: Column, { format, timeZone }: ColumnReading): Converter | null {
  const zoned = column.withZone === true && timeZone !== undefined;
  const zone = zoned ? zoneOf(timeZone).fixed : '';
  if (isDeclared(format)) return writtenTimeConverter(new DateReader(format), zone);
  if (zone === '') return null;
  return (area, start, end) => {
    if (hasZone(area.bytes, start, end)) return KEPT;
    if (zone === null) return UNREAD;
    const at = area.copy(start, end);
    area.text(zone);
    return at;
  };
}

function writtenTimeConverter(reader: DateReader, zone: string | null): Converter {
  return (area, start, end) => {
    if (!reader.read(area.bytes, start, end)) return UNREAD;
    const offset = reader.zoned ? reader.zone : zone;
    if (offset === null) return UNREAD;
    const at = area.end;
    writeTime(area, reader);
    if (offset !== '') area.text(offset);
    return at;
  };
}

function isDeclared(format: string | undefined): format is string {
  return format !== undefined && format !== 'default';
}

function hasZone(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = bytes[i] ?? 0;
    if (byte === 43 || byte === 45 || (byte | 32) === 122) return true;
  }
  return false;
}

/** Zones remember what they looked up; there are as many as the runtime knows, and offsets by the minute. */
const zones = new Map<string, TimeZone>();
const MOST_ZONES = 50;

export function zoneOf(name: string): TimeZone {
  const known = zones.get(name);
  if (known !== undefined) return known;
  if (zones.size >= MOST_ZONES) zones.clear();
  const zone = new TimeZone(name);
  zones.set(name, zone);
  return zone;
}
