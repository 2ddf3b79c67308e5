import { check } from '../check/check.ts';
import { describeFindings, type RecordErrors } from '../check/describe.ts';
import { convertValues } from '../check/values/convert.ts';
import { resolveDialect } from '../csv/dialect.ts';
import type { Start } from '../csv/general/head.ts';
import { readRecords } from '../csv/read-records.ts';
import { emptyTapeBuffers, type TapeBuffers } from '../csv/tape-writer.ts';
import type { EncodedBatch, Engine } from '../database/database.ts';
import { RowferryError } from '../errors.ts';
import { freshMemory, type Memory } from '../lib/slabs.ts';
import { DEFAULT_DIALECT, type Dialect } from '../model/dialect.ts';
import type { InsertPlan } from '../model/plan.ts';
import type { Table } from '../model/table.ts';
import { MAX_FIELDS, MAX_RECORD_BYTES, type Tape } from '../model/tape.ts';
import { type FirstRecord, namedPlan, positionalPlan, readFirstRecord } from './columns.ts';
import type { BodyFormat } from './ingest.ts';
import { type JsonRows, type RowNote, readJsonRows, readNdjsonRows } from './json-rows.ts';

/** A batch that was scanned, checked and encoded, ready to be written. Its buffers can be transferred. */
export interface Prepared {
  readonly plan: InsertPlan;
  readonly dialect: Dialect;
  readonly records: number;
  /** Bytes that were taken, the header's among them. */
  readonly consumed: number;
  /** Physical lines in the consumed bytes. */
  readonly lines: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly recordStarts: Int32Array<ArrayBuffer>;
  readonly recordEnds: Int32Array<ArrayBuffer>;
  /** 0-based physical line in the bytes; the ordinal of the row where the body had no lines of its own. */
  readonly recordLines: Int32Array<ArrayBuffer>;
  /** Whether `recordStarts` are places in what was sent. */
  readonly placed: boolean;
  readonly errors: readonly RecordErrors[];
  readonly encoded: EncodedBatch;
}

export interface CsvPart {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly table: Table;
  readonly last: boolean;
  /** The first part of its content finds the columns; the others are told. */
  readonly columns: readonly string[] | null;
  readonly dialect: Partial<Dialect>;
  readonly maxRows?: number;
}

/** A part that is not the first of its content holds nothing but records. */
const NOWHERE: Start = { byte: 0, line: 0, rows: 0 };

/** Scans, checks and encodes; keeps the tape's arrays from one batch to the next. */
export class Preparer {
  readonly #engine: Pick<Engine, 'encode'>;
  readonly #memory: Memory;
  readonly #buffers: TapeBuffers = emptyTapeBuffers();

  /** `memory`: where the encoded rows go, of an engine that can. */
  constructor(engine: Pick<Engine, 'encode'>, memory: Memory = freshMemory) {
    this.#engine = engine;
    this.#memory = memory;
  }

  csv(part: CsvPart): Prepared {
    const declared = resolveDialect(part.dialect);
    const start = this.#start(part, declared);
    if (start === null) return this.#nothing(part, declared);
    const { plan, header, dialect, data } = start;
    const tape = this.#read(part, start);
    if (!part.last) refuseEndless(part, tape);
    const prepared = this.#finish(convertValues(tape, plan, dialect), plan, { ...dialect, header });
    for (let r = 0; r < tape.records; r++)
      prepared.recordLines[r] = (prepared.recordLines[r] ?? 0) + data.line;
    // The bytes as they came: of the fields that were written anew nothing is needed any more.
    return { ...prepared, bytes: part.bytes, lines: prepared.lines + data.line };
  }

  rows(
    format: BodyFormat,
    body: Uint8Array<ArrayBuffer>,
    table: Table,
    dialect: Partial<Dialect>,
    maxRows: number,
  ): Prepared {
    if (format === 'csv')
      return this.csv({ bytes: body, table, last: true, columns: null, dialect, maxRows });
    const rows = format === 'json' ? readJsonRows(body, table) : readNdjsonRows(body, table);
    return this.jsonRows(rows, table, maxRows);
  }

  jsonRows(rows: JsonRows, table: Table, maxRows: number): Prepared {
    const plan = namedPlan(table, rows.columns);
    const dialect = { ...DEFAULT_DIALECT, header: false };
    const part = { bytes: rows.csv, table, last: true, columns: rows.columns, dialect, maxRows };
    const tape = this.#read(part, { plan, header: false, dialect, data: NOWHERE });
    const prepared = this.#finish(tape, plan, dialect, rows.notes);
    return { ...prepared, placed: false, recordLines: prepared.recordLines.map((_, i) => i) };
  }

  #start(part: CsvPart, dialect: Dialect): FirstRecord | null {
    if (part.columns === null) return readFirstRecord(part.bytes, part.last, part.table, dialect);
    const plan = namedPlan(part.table, part.columns);
    return { plan, header: dialect.header === true, dialect, data: NOWHERE };
  }

  #read(part: CsvPart, { plan, dialect, data }: FirstRecord): Tape {
    const tape = readRecords(part.bytes, dialect, {
      width: plan.columns.length,
      last: part.last,
      from: data.byte,
      buffers: this.#buffers,
      // Rows are numbered from the start of the content.
      ...(part.columns === null ? { rows: data.rows } : {}),
      ...(part.maxRows === undefined ? {} : { maxRecords: part.maxRows + 1 }),
    });
    if (part.maxRows === undefined || tape.records <= part.maxRows) return tape;
    throw new RowferryError('too-many-rows', `the request has more than ${part.maxRows} rows`, {
      hint: 'send larger data as a file: rowferry load FILE (POST /v1/loads)',
    });
  }

  #finish(tape: Tape, plan: InsertPlan, dialect: Dialect, notes?: ReadonlyMap<number, RowNote>): Prepared {
    const findings = check(tape, plan);
    for (const [record, note] of notes ?? []) {
      if (findings.bad[record] !== 2) findings.record(record, note.code);
    }
    return {
      plan,
      dialect,
      records: tape.records,
      consumed: tape.consumed,
      lines: tape.lines,
      bytes: tape.bytes,
      recordStarts: tape.recordStarts.slice(0, tape.records),
      recordEnds: tape.recordEnds.slice(0, tape.records),
      recordLines: tape.recordLines.slice(0, tape.records),
      placed: true,
      errors: withNotes(describeFindings(tape, plan, findings), notes),
      encoded: this.#engine.encode(tape, findings.bad, plan, this.#memory),
    };
  }

  /** Not even the first record has arrived. */
  #nothing(part: CsvPart, dialect: Dialect): Prepared {
    const bytes = part.bytes.subarray(0, 0);
    const plan = positionalPlan(part.table);
    refuseEndless(part, readRecords(part.bytes, dialect, { width: MAX_FIELDS + 1, last: false }));
    const tape = readRecords(bytes, dialect, {
      width: plan.columns.length,
      last: false,
      buffers: this.#buffers,
    });
    return this.#finish(tape, plan, dialect);
  }
}

/** A record that a part of several MiB does not end is none that could be loaded. */
function refuseEndless(part: CsvPart, tape: Tape): void {
  if (tape.records > 0 || part.bytes.length - tape.consumed < 2 * MAX_RECORD_BYTES) return;
  throw new RowferryError(
    'record-too-long',
    `a record has no end within ${part.bytes.length} bytes; a record has at most ${MAX_RECORD_BYTES}`,
    {
      hint: 'check the record ends and the quotes of the file around this place',
    },
  );
}

/** A note says better what is wrong with the whole record than the count of its fields. */
function withNotes(errors: RecordErrors[], notes: ReadonlyMap<number, RowNote> = new Map()): RecordErrors[] {
  return errors.map((entry) => {
    const note = notes.get(entry.index);
    if (note === undefined) return entry;
    const others = entry.errors.filter((error) => error.column !== null);
    return { index: entry.index, errors: [{ ...note, column: null, value: null }, ...others] };
  });
}

/** Everything of a prepared batch that another thread can take over without a copy, less what both can see. */
export function transferables(prepared: Prepared): ArrayBuffer[] {
  const { bytes, recordStarts, recordEnds, recordLines, encoded } = prepared;
  const arrays = [
    bytes,
    recordStarts,
    recordEnds,
    recordLines,
    encoded.data,
    ...(encoded.layout === null ? [] : [encoded.layout.starts, encoded.layout.records]),
    ...encoded.foreignKeys.map((key) => key.keyOf),
  ];
  const buffers = new Set(arrays.map((array) => array.buffer));
  return [...buffers].filter((buffer) => buffer instanceof ArrayBuffer);
}
