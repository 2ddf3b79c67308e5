/**
 * How fast one core turns the bytes of a file into batches as the database takes them, in parts as the server gets
 * them: CPU time of the thread, so that what else runs on the machine counts little.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { check } from '../src/check/check.ts';
import { scan } from '../src/csv/scan.ts';
import { lastRecordEnd } from '../src/csv/slice.ts';
import { emptyTapeBuffers, type TapeBuffers } from '../src/csv/tape-writer.ts';
import type { Engine } from '../src/database/database.ts';
import { distinctForeignKeys } from '../src/database/distinct-keys.ts';
import { engineOf, openDatabase } from '../src/database/open.ts';
import { release } from '../src/lib/release.ts';
import { giveBack, Slabs } from '../src/lib/slabs.ts';
import type { InsertPlan } from '../src/model/plan.ts';
import type { ColumnKind } from '../src/model/table.ts';
import { median } from './measure.ts';
import type { Result } from './result.ts';

/** As the client cuts a file. */
const PART_BYTES = 4 << 20;
const COMMA = 44;
const QUOTE = 34;
const WARM_UP = 3;

const STAGES = ['scan', 'check', 'distinct keys', 'encode'] as const;
type Stage = (typeof STAGES)[number];
/** CPU milliseconds. */
type Times = Record<Stage, number>;

/**
 * `database`: a SQLite file with the table hired_employees, whose dictionary the check goes by. Each engine in a process
 * of its own, since a server knows one engine and its compiled code is made for that one.
 */
export function scanCheck(file: string, database: string, runs: number): Result[] {
  return (['sqlite', 'postgres', 'mysql'] as const).flatMap((engine) => {
    const parameters = [import.meta.filename, file, database, String(runs), engine];
    const results: Result[] = JSON.parse(execFileSync(process.execPath, parameters, { encoding: 'utf8' }));
    return results;
  });
}

async function scanCheckFor(name: string, file: string, database: string, runs: number): Promise<Result[]> {
  const plan = await planOf(database);
  const parts = readParts(file);
  const bytes = parts.reduce((sum, part) => sum + part.length, 0);
  const engine = await engineOf(`${name}:`);
  const buffers = emptyTapeBuffers();
  // The first runs warm up the compiler, as a server's first parts do.
  const all = Array.from({ length: runs + WARM_UP }, () => passOver(parts, plan, engine, buffers));
  return rates(engine.name, bytes, all.slice(WARM_UP));
}

function rates(engine: Engine['name'], bytes: number, times: readonly Times[]): Result[] {
  const row = (what: string, milliseconds: readonly number[], target: string): Result => {
    const value = median(milliseconds);
    return {
      what: `${engine}: ${what}, one core`,
      value: `${Math.round(bytes / 1e3 / value)} MB/s`,
      beside: `best ${Math.round(bytes / 1e3 / Math.min(...milliseconds))} MB/s`,
      ratio: '',
      target,
    };
  };
  const stages = STAGES.map((stage) =>
    row(
      stage,
      times.map((each) => each[stage]),
      '',
    ),
  );
  const all = times.map((each) => STAGES.reduce((sum, stage) => sum + each[stage], 0));
  const checked = times.map((each) => each.scan + each.check);
  return [
    ...stages,
    row('scan + check', checked, ''),
    row('scan + check + encode', all, 'at least 200 MB/s'),
  ];
}

/** What PostgreSQL calls the types of the table. */
const BASE_TYPES: Partial<Record<ColumnKind, string>> = {
  integer: 'int4',
  text: 'varchar',
  datetime: 'timestamp',
};

async function planOf(database: string): Promise<InsertPlan> {
  const connection = await openDatabase(`sqlite:${database}`, { readOnly: true });
  const found = (await connection.introspect()).find(({ name }) => name === 'hired_employees');
  await connection.close();
  if (found === undefined) throw new Error(`${database} has no table hired_employees`);
  const columns = found.columns.map((column) => ({ ...column, baseType: BASE_TYPES[column.kind] ?? '' }));
  return { table: { ...found, columns }, columns, fields: columns.map((_, index) => index) };
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

/** CPU milliseconds of this thread. */
function cpu(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** As in a server, where it is used again and again. */
const memory = new Slabs();

function passOver(
  parts: readonly Uint8Array<ArrayBuffer>[],
  plan: InsertPlan,
  engine: Engine,
  buffers: TapeBuffers,
): Times {
  const times: Times = { scan: 0, check: 0, 'distinct keys': 0, encode: 0 };
  const width = plan.columns.length;
  for (const part of parts) {
    const started = cpu();
    const tape = scan(part, { delimiter: COMMA, quote: QUOTE, width, last: true, buffers });
    const scanned = cpu();
    const { rejected, bad } = check(tape, plan);
    const checked = cpu();
    const keys = distinctForeignKeys(tape, plan);
    const keyed = cpu();
    const { rows, foreignKeys, data } = engine.encode(tape, bad, plan, memory.take);
    const encoded = cpu();
    // As the writers do when a batch is sent.
    release(data);
    giveBack(data);
    if (rejected > 0 || rows !== tape.records) throw new Error('records of the benchmark file are rejected');
    if (foreignKeys.length !== keys.length) throw new Error('a foreign key was left out');
    times.scan += scanned - started;
    times.check += checked - scanned;
    times['distinct keys'] += keyed - checked;
    // The encoders find the distinct keys too.
    times.encode += encoded - keyed - (keyed - checked);
  }
  return times;
}

if (import.meta.main) {
  const [file = '', database = '', runs = '5', engine = ''] = process.argv.slice(2);
  process.stdout.write(JSON.stringify(await scanCheckFor(engine, file, database, Number(runs))));
}
