import type { CountedTable } from '../client/client.ts';
import { SourceFile } from '../client/source-file.ts';
import { resolveDialect } from '../csv/dialect.ts';
import { recordsOnly } from '../csv/general/again.ts';
import { cutPlace } from '../csv/general/cut.ts';
import { readRecords } from '../csv/read-records.ts';
import { foldName } from '../lib/fold-name.ts';
import { fieldText } from '../model/field-text.ts';
import type { Load } from '../model/receipt.ts';

const HEAD_BYTES = 1 << 20;

/**
 * Whether each record of a file has the primary key of its table, so that none can be there twice.
 * A key that is left out is filled in by the database, each time anew. By the names of the header, else by the columns of the load whose rejects the file has.
 */
export async function keyTells(path: string, load: Load, table: CountedTable): Promise<boolean> {
  const { primaryKey, columns } = table;
  if (primaryKey.length === 0) return false;
  const names = new Set(columns.map(({ name }) => foldName(name)));
  const first = (await firstFields(path, load, columns.length)).map(foldName);
  const isHeader = first.some((name) => names.has(name));
  const there = isHeader ? first : (load.columns ?? []).map(foldName);
  return primaryKey.every((name) => there.includes(foldName(name)));
}

async function firstFields(path: string, { dialect: said }: Load, width: number): Promise<string[]> {
  const source = await SourceFile.open(path, {});
  try {
    const dialect = resolveDialect(said ?? {});
    const buffer = new Uint8Array(Math.min(HEAD_BYTES, source.size));
    const count = await source.readAt(0, buffer);
    const whole = count === source.size ? count : cutPlace(buffer.subarray(0, count), dialect);
    const bytes = buffer.slice(0, whole);
    const tape = readRecords(bytes, { ...recordsOnly(dialect), header: false }, { width, last: true });
    return tape.records === 0 ? [] : Array.from({ length: width }, (_, field) => fieldText(tape, field));
  } finally {
    await source.close();
  }
}
