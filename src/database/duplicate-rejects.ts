import type { RejectError } from '../model/reject.ts';
import type { UniqueKey } from '../model/table.ts';
import type { DatabaseReject } from './database.ts';

export const KEY_IN_TABLE = 'a row with this key is in the table';
export const KEY_IN_FILE = 'an earlier row of the file has this key';

export interface Duplicates {
  /** Rows with a key that stands in the table. */
  readonly inTable: readonly DatabaseReject[];
  /** Rows with a key that an earlier row of the batch has. */
  readonly inFile: readonly DatabaseReject[];
}

/** `value`: the parts of the key as text, with commas between. */
export function duplicateError(key: UniqueKey, value: string, inTable: boolean): RejectError {
  const where = inTable ? KEY_IN_TABLE : KEY_IN_FILE;
  return {
    code: inTable ? 'unique.table' : 'unique.file',
    column: key.columns.length === 1 ? (key.columns[0] ?? null) : null,
    value,
    message: `${key.columns.join(', ')} is ${JSON.stringify(value)}; ${where}`,
  };
}
