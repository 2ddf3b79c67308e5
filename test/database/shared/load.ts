import type { Connection } from '../../../src/database/database.ts';
import { namedPlan } from '../../../src/ingest/columns.ts';
import { Preparer } from '../../../src/ingest/prepare.ts';
import { START, type Written, writeStaged } from '../../../src/ingest/write.ts';
import type { Mode } from '../../../src/model/table.ts';

export interface Loaded extends Written {
  /** "index code column" of every error. */
  readonly errors: readonly string[];
}

export interface LoadOptions {
  /** Default t. */
  readonly table?: string;
  /** Default insert. */
  readonly mode?: Mode;
  readonly columns?: readonly string[];
}

/** One batch of CSV (columns in the order of the table, or those named) into a table, committed. */
export async function loadBy(
  connection: Connection,
  csv: string,
  { table: name = 't', mode = 'insert', ...options }: LoadOptions,
): Promise<Loaded> {
  const { engine } = connection;
  const table = (await connection.introspect()).find((each) => each.name === name);
  if (table === undefined) throw new Error(`there is no table ${name}`);
  const all = table.columns.filter((column) => !column.generated).map((column) => column.name);
  const columns = options.columns ?? all;
  const bytes = new TextEncoder().encode(csv);
  const prepared = new Preparer(engine, usedMemory).csv({ bytes, table, last: true, columns, dialect: {} });
  const plan = namedPlan(table, columns);
  const [staged] = await connection.stage([prepared.encoded]);
  if (staged === undefined) throw new Error('nothing was staged');
  const written = await connection.transaction(() => writeStaged(connection, staged, prepared, mode, START), {
    write: true,
    foreignKeys: engine.foreignKeysBy(plan, mode),
  });
  return { ...written, errors: errorsOf(written) };
}

/** What encoders do not write, the database will refuse or tests will see. */
const usedMemory = (bytes: number): Uint8Array => new Uint8Array(bytes).fill(0xa5);

function errorsOf({ rejects }: Written): string[] {
  return rejects.flatMap(({ index, errors }) =>
    errors.map(({ code, column }) => [index, code, ...(column === null ? [] : [column])].join(' ')),
  );
}

/** Counts as one text: read = inserted + updated + skipped + rejected. */
export function summary({ counts }: Written): string {
  const { read, inserted, updated, skipped, rejected } = counts;
  return `${read} = ${inserted} + ${updated} + ${skipped} + ${rejected}`;
}

/** `line` of 0, 1, …, each with its line end. */
export const lines = (count: number, line: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => `${line(i)}\n`).join('');
