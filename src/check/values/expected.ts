import { formatExample } from '../../lib/date-format.ts';
import type { ColumnReading } from '../../model/column-reading.ts';
import type { Column } from '../../model/table.ts';
import { DateReader } from './date-reader.ts';
import { IsoReader } from './iso-reader.ts';
import { zoneOf } from './temporal.ts';
import { localSeconds } from './write-temporal.ts';

/** The form that values of the column are declared to have, in words that follow "expected"; null: the usual one. */
export function declaredForm(column: Column, reading: ColumnReading): string | null {
  switch (column.kind) {
    case 'integer':
      return `a whole number such as ${numberExample('1', '234', reading, '')}`;
    case 'decimal':
    case 'float':
      return `a number such as ${numberExample('1', '234', reading, '56')}`;
    case 'boolean':
      return `${listOf(reading.trueValues, 'true, t or 1')} for true, ${listOf(reading.falseValues, 'false, f or 0')} for false`;
    case 'binary':
      return reading.format === 'base64' ? 'Base64 such as AP8=' : null;
    case 'date':
    case 'time':
    case 'datetime':
      return formatForm(column.kind, reading.format);
    default:
      return null;
  }
}

function numberExample(thousands: string, ones: string, reading: ColumnReading, fraction: string): string {
  const { decimalChar = '.', groupChar, bareNumber, percent } = reading;
  const number = `${thousands}${groupChar ?? ''}${ones}${fraction === '' ? '' : decimalChar}${fraction}`;
  if (percent) return `${number}%`;
  return bareNumber === false ? `${number} or ${number} EUR` : number;
}

function listOf(values: readonly string[] | undefined, usual: string): string {
  if (values === undefined) return usual;
  return values.map((value) => JSON.stringify(value)).join(' or ');
}

const NOUNS = { date: 'a date', time: 'a time', datetime: 'a date and time' };

function formatForm(kind: 'date' | 'time' | 'datetime', format: string | undefined): string | null {
  if (format === undefined || format === 'default') return null;
  return `${NOUNS[kind]} such as ${formatExample(format)} (${format})`;
}

const encoder = new TextEncoder();

/** Why a local time has no place in the zone it is read in; null where that is not what is wrong with it. */
export function zoneProblem(column: Column, reading: ColumnReading, value: string): string | null {
  const { timeZone } = reading;
  if (timeZone === undefined || column.withZone !== true) return null;
  if (column.kind === 'time') {
    return zoneOf(timeZone).fixed === null ? `without a date ${timeZone} has no offset; write one` : null;
  }
  const { format = 'default' } = reading;
  const reader = format === 'default' ? new IsoReader(column) : new DateReader(format);
  const bytes = encoder.encode(value);
  if (!reader.read(bytes, 0, bytes.length) || reader.zoned) return null;
  const meaning = zoneOf(timeZone).instantOf(localSeconds(reader));
  if (meaning === 'never') return `the clocks of ${timeZone} never showed that: they were put forward`;
  return meaning === 'twice' ? `the clocks of ${timeZone} showed that twice; write an offset` : null;
}
