import { RowferryError } from '../../errors.ts';
import type { Dialect } from '../../model/dialect.ts';
import { encodeAscii } from './encoding.ts';

/** Records that were taken out of a content, made a content of their own. */

/** What ends a record of this dialect. `encoding-unsupported` where it cannot be written. */
export function recordEnd({ lineTerminator, encoding }: Dialect): Uint8Array<ArrayBuffer> {
  const end = encodeAscii(lineTerminator ?? '\n', encoding);
  if (end !== null) return end;
  throw new RowferryError(
    'encoding-unsupported',
    `the record end ${JSON.stringify(lineTerminator)} cannot be written in ${encoding}`,
    { hint: 'mend the file itself, and load it' },
  );
}

/** The dialect of the records alone: without what stands before, between and after them. */
export function recordsOnly(dialect: Dialect): Dialect {
  return { ...dialect, headerRows: [1], commentRows: [], skipRows: 0, skipFooterRows: 0 };
}

/** Records as they came, with their ends. */
export function joinRecords(records: readonly Uint8Array[], dialect: Dialect): Uint8Array<ArrayBuffer> {
  const end = recordEnd(dialect);
  const size = records.reduce((sum, record) => sum + record.length + end.length, 0);
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of records.flatMap((record) => [record, end])) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
