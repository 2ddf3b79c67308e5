/** How fast one core turns the bytes of a file into a checked tape, in parts as the server gets them. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { check } from '../src/check/check.ts';
import { scan } from '../src/csv/scan.ts';
import { lastRecordEnd } from '../src/csv/slice.ts';
import { emptyTapeBuffers } from '../src/csv/tape-writer.ts';
import { engineOf } from '../src/database/open.ts';
import type { InsertPlan } from '../src/model/plan.ts';
import { median } from './measure.ts';
import type { Result } from './result.ts';

const PART_BYTES = 8 << 20;
const COMMA = 44;
const QUOTE = 34;

/** `database`: a SQLite file with the table hired_employees, whose dictionary the check goes by. */
export async function scanCheck(file: string, database: string, runs: number): Promise<Result[]> {
  const plan = await planOf(database);
  const parts = readParts(file);
  const bytes = parts.reduce((sum, part) => sum + part.length, 0);
  // The first run warms up the compiler, as a server's first part does.
  const times = Array.from({ length: runs + 1 }, () => passOver(parts, plan)).slice(1);
  const rate = bytes / 1e6 / median(times);
  return [
    {
      what: 'scan + check, one core',
      value: `${Math.round(rate)} MB/s`,
      beside: '',
      ratio: '',
      target: 'at least 150 MB/s',
    },
  ];
}

async function planOf(database: string): Promise<InsertPlan> {
  const connection = await engineOf(`sqlite:${database}`).connect(`sqlite:${database}`, { readOnly: true });
  const table = (await connection.introspect()).find(({ name }) => name === 'hired_employees');
  await connection.close();
  if (table === undefined) throw new Error(`${database} has no table hired_employees`);
  return { table, columns: table.columns, fields: table.columns.map((_, index) => index) };
}

/** The file in parts that end at record ends. */
function readParts(file: string): Uint8Array<ArrayBuffer>[] {
  const descriptor = openSync(file, 'r');
  const { size } = fstatSync(descriptor);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (let offset = 0; offset < size; ) {
    const buffer = new Uint8Array(Math.min(PART_BYTES, size - offset));
    const part = buffer.subarray(0, readSync(descriptor, buffer, 0, buffer.length, offset));
    const end = offset + part.length === size ? part.length : lastRecordEnd(part, { quoteChar: '"' });
    parts.push(part.subarray(0, end));
    offset += end;
  }
  closeSync(descriptor);
  return parts;
}

/** Seconds for all parts. */
function passOver(parts: readonly Uint8Array<ArrayBuffer>[], plan: InsertPlan): number {
  const buffers = emptyTapeBuffers();
  const started = performance.now();
  for (const part of parts) {
    const tape = scan(part, {
      delimiter: COMMA,
      quote: QUOTE,
      width: plan.columns.length,
      last: true,
      buffers,
    });
    const { rejected } = check(tape, plan);
    if (rejected > 0) throw new Error(`${rejected} records of the benchmark file are rejected`);
  }
  return (performance.now() - started) / 1000;
}
