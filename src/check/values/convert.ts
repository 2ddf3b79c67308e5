import type { ColumnReading } from '../../model/column-reading.ts';
import type { Dialect } from '../../model/dialect.ts';
import { fieldText } from '../../model/field-text.ts';
import type { InsertPlan } from '../../model/plan.ts';
import type { Column } from '../../model/table.ts';
import {
  FIELD_DOUBLED,
  FIELD_NULL,
  FIELD_QUOTED,
  FIELD_UNREAD,
  type Tape,
  type WrittenFields,
} from '../../model/tape.ts';
import { Appended } from './appended.ts';
import { base64Converter } from './base64.ts';
import { booleanConverter } from './boolean.ts';
import { type Converter, KEPT, stands, UNREAD } from './converter.ts';
import { numberConverter } from './number.ts';
import { readingOf } from './reading.ts';
import { dateConverter, datetimeConverter, timeConverter } from './temporal.ts';

/**
 * Rewrites the values that are not written as the check takes them: 1.234,56 → 1234.56, 31/12/2020 → 2020-12-31. What is
 * not written as declared is marked as unread and stays as it came. The tape itself when there is nothing to rewrite; else
 * one with larger `bytes`, in which the places of records are the same. `dialect-invalid` for formats with problems.
 */
export function convertValues(tape: Tape, plan: InsertPlan, dialect: Dialect): Tape {
  const jobs = plan.columns.flatMap((column, i) => jobOf(column, plan.fields[i] ?? 0, dialect));
  if (jobs.length === 0) return tape;
  const area = new Appended(tape.bytes);
  const asWritten = new Map<number, WrittenFields>(tape.asWritten);
  for (const job of jobs) {
    asWritten.set(job.field, asItCame(tape, job));
    convertColumn(tape, area, job);
  }
  return { ...tape, bytes: area.bytes.subarray(0, area.end), asWritten };
}

interface Job {
  readonly field: number;
  readonly reading: ColumnReading;
  readonly missing: readonly Uint8Array[];
  readonly convert: Converter | null;
}

const encoder = new TextEncoder();

function jobOf(column: Column, field: number, dialect: Dialect): Job[] {
  const reading = readingOf(column, dialect);
  const missing = (reading.missingValues ?? []).map((value) => encoder.encode(value));
  const convert = converterOf(column, reading);
  return missing.length === 0 && convert === null ? [] : [{ field, reading, missing, convert }];
}

/** Null where values stand as the check takes them. */
function converterOf(column: Column, reading: ColumnReading): Converter | null {
  switch (column.kind) {
    case 'integer':
    case 'decimal':
    case 'float':
      return numberConverter(column.kind, reading);
    case 'boolean':
      return booleanConverter(reading);
    case 'date':
      return dateConverter(reading);
    case 'time':
      return timeConverter(column, reading);
    case 'datetime':
      return datetimeConverter(column, reading);
    case 'binary':
      return reading.format === 'base64' ? base64Converter : null;
    default:
      return null;
  }
}

function asItCame({ starts, ends, flags, width, records }: Tape, { field, reading }: Job): WrittenFields {
  const came = {
    starts: new Int32Array(records),
    ends: new Int32Array(records),
    flags: new Uint8Array(records),
    reading,
  };
  for (let r = 0, slot = field; r < records; r++, slot += width) {
    came.starts[r] = starts[slot] ?? 0;
    came.ends[r] = ends[slot] ?? 0;
    came.flags[r] = flags[slot] ?? 0;
  }
  return came;
}

function convertColumn(tape: Tape, area: Appended, job: Job): void {
  const { starts, ends, flags, width, records } = tape;
  for (let r = 0, slot = job.field; r < records; r++, slot += width) {
    const flag = flags[slot] ?? 0;
    if ((flag & FIELD_NULL) !== 0) continue;
    const before = area.end;
    const doubled = (flag & FIELD_DOUBLED) !== 0;
    const start = doubled ? area.text(fieldText({ ...tape, bytes: area.bytes }, slot)) : (starts[slot] ?? 0);
    const end = doubled ? area.end : (ends[slot] ?? 0);
    if (isMissing(area, start, end, job.missing)) {
      flags[slot] = FIELD_NULL;
      area.end = before;
      continue;
    }
    const value = job.convert === null ? KEPT : job.convert(area, start, end);
    if (value < 0) {
      area.end = before;
      if (value === UNREAD) flags[slot] = flag | FIELD_UNREAD;
      continue;
    }
    starts[slot] = value;
    ends[slot] = area.end;
    flags[slot] = FIELD_QUOTED;
  }
}

function isMissing(area: Appended, start: number, end: number, missing: readonly Uint8Array[]): boolean {
  for (const text of missing) if (stands(area.bytes, start, end, text)) return true;
  return false;
}
