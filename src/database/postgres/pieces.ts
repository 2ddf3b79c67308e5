import type { DatabaseReject } from '../database.ts';
import { duplicateError } from '../duplicate-rejects.ts';
import type { LaidOutRows } from '../row-layout.ts';
import { cutRows, fieldReader, isBinary } from './copy-format.ts';
import { hasOneForm } from './encoders.ts';
import { brokenKey, failedLine, repeatedValue } from './failures.ts';
import { copyInto, type InsertJob, type Settled } from './insert-job.ts';

/**
 * Few repeated keys in a large batch, found by the rows at which COPY fails: the batch goes in pieces, and a piece that
 * fails goes again without that row. While few rows are at fault that is much quicker than a temporary table. For
 * tables with one key, of one column, whose values are equal when their bytes are.
 */

/** Rows of a piece: more after each that went in, fewer after each that did not. */
const FIRST_PIECE = 1024;
const SMALLEST_PIECE = 256;
const LARGEST_PIECE = 4096;
/** More repeats than one in so many rows are found quicker set by set. */
const ROWS_PER_REPEAT = 250;
const REPEATS_TO_START_WITH = 8;

interface Repeat {
  /** Index among the rows of the batch. */
  readonly row: number;
  readonly value: string;
}

/** Null, with nothing left behind, when there are too many of them or something else fails too. */
export async function copyInPieces(job: InsertJob, failure: unknown): Promise<Settled | null> {
  const column = keyColumn(job);
  if (column === null) return null;
  const pieces = new Pieces(job);
  if (!pieces.note(failure, 0)) return null;
  const { session, rows } = job;
  await session.run('SAVEPOINT pieces');
  const done = await pieces.copy();
  await session.run(done ? '' : 'ROLLBACK TO pieces', 'RELEASE pieces');
  if (!done) return null;
  const rejects = rejectsOf(job, column, pieces.repeats);
  const skipped = rows.layout.records.length - pieces.inserted - rejects.length;
  return { inserted: pieces.inserted, updated: 0, skipped, rejects };
}

/** Index among the planned columns; null where this way is not to be gone. */
function keyColumn({ plan, rows, sees }: InsertJob): number | null {
  const [key, ...others] = plan.table.uniqueKeys;
  if (!sees || key === undefined || others.length > 0 || !isBinary(rows)) return null;
  if (key.columns.length !== 1 || key.deferrable === true) return null;
  const index = plan.columns.findIndex(({ name }) => name === key.columns[0]);
  const column = plan.columns[index];
  return column !== undefined && hasOneForm(column) ? index : null;
}

class Pieces {
  readonly repeats: Repeat[] = [];
  inserted = 0;
  readonly #job: InsertJob;
  readonly #gone = new Set<number>();
  #size = FIRST_PIECE;

  constructor(job: InsertJob) {
    this.#job = job;
  }

  /** False when a failure was met that is none of a repeated key. */
  async copy(): Promise<boolean> {
    const { session, rows } = this.#job;
    const statements = copyInto(this.#job);
    const count = rows.layout.records.length;
    let to = this.#end(0);
    for (let from = 0; from < count; ) {
      const attempt = await session.attemptCopy(statements, cutRows(rows, from, to, this.#gone));
      if ('value' in attempt) {
        this.inserted += attempt.value;
        this.#size = Math.min(LARGEST_PIECE, this.#size * 2);
        from = to;
      } else {
        if (!this.note(attempt.failure, from)) return false;
        this.#size = Math.max(SMALLEST_PIECE, this.#size >> 1);
      }
      to = this.#end(from);
    }
    return true;
  }

  /** What failed before was good up to the last repeat, so a piece may reach beyond it. */
  #end(from: number): number {
    const last = this.repeats.at(-1)?.row ?? -1;
    return Math.min(this.#job.rows.layout.records.length, Math.max(from, last + 1) + this.#size);
  }

  /** Notes the row at which a piece failed that begins with row `from`. */
  note(failure: unknown, from: number): boolean {
    const { plan } = this.#job;
    const [key] = plan.table.uniqueKeys;
    const line = failedLine(failure, plan.table.name);
    const value = repeatedValue(failure, key?.columns[0] ?? '');
    if (line === 0 || value === null || !this.#isOf(failure)) return false;
    const row = this.#rowAt(from, line);
    this.repeats.push({ row, value });
    this.#gone.add(row);
    return this.repeats.length <= REPEATS_TO_START_WITH + row / ROWS_PER_REPEAT;
  }

  /** The indexes of a staging table have names of their own. */
  #isOf(failure: unknown): boolean {
    const { plan, staging } = this.#job;
    const name = brokenKey(failure);
    return name !== null && (staging === true || name === plan.table.uniqueKeys[0]?.name);
  }

  /** The row that was the `line`th of its piece, without those that were left out. */
  #rowAt(from: number, line: number): number {
    let row = from - 1;
    for (let seen = 0; seen < line; ) {
      row++;
      if (!this.#gone.has(row)) seen++;
    }
    return row;
  }
}

/** In the order of the rows. A key that an earlier row of the batch has, which is in the table now, is of the file. */
function rejectsOf(job: InsertJob, column: number, repeats: readonly Repeat[]): DatabaseReject[] {
  const { plan, rows } = job;
  const [key] = plan.table.uniqueKeys;
  if (key === undefined) return [];
  const bytesOf = fieldReader(rows, column);
  const firsts = firstRows(rows, bytesOf, new Set(repeats.map(({ row }) => bytesOf(row))));
  const known = new Set<number>();
  return [...repeats]
    .sort((a, b) => a.row - b.row)
    .map(({ row, value }) => {
      const first = firsts.get(bytesOf(row)) ?? row;
      // The first with its key was refused itself, so the key was in the table.
      if (first === row || known.has(first)) known.add(row);
      return {
        index: rows.layout.records[row] ?? 0,
        errors: [duplicateError(key, value, known.has(row))],
      };
    });
}

type Bytes = string | null;

/** The first row of the batch with each of these keys. */
function firstRows(
  { layout }: LaidOutRows,
  bytesOf: (row: number) => Bytes,
  wanted: ReadonlySet<Bytes>,
): Map<Bytes, number> {
  const firsts = new Map<Bytes, number>();
  for (let row = 0; row < layout.records.length; row++) {
    const bytes = bytesOf(row);
    if (wanted.has(bytes) && !firsts.has(bytes)) firsts.set(bytes, row);
  }
  return firsts;
}
