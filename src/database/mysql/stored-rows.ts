import { RowferryError } from '../../errors.ts';
import type { RowSink } from '../../model/row-sink.ts';
import type { ColumnForm, StoredColumn } from '../../model/stored-table.ts';
import { CarefulReadNeeded } from '../snapshot.ts';
import { quoteName } from './names.ts';
import {
  type PushText,
  pushBytes,
  pushDate,
  pushDecimal,
  pushDouble,
  pushFloat,
  pushInt,
  pushLong,
  pushString,
  pushTime,
  pushTimestamp,
} from './parse-values.ts';
import type { Session } from './session.ts';

/** Rows of a table into a sink, without a string or an object for any of them. */

/** `table` as the session's database spells it. */
export async function* pushStoredRows(
  session: Session,
  table: string,
  columns: readonly StoredColumn[],
  careful: boolean,
  sink: RowSink,
): AsyncGenerator<void> {
  const pushRow = rowPusher(columns, careful);
  for await (const { buffers, starts } of session.rawRows(selectSql(table, columns))) {
    for (let row = 0; row < starts.length; row++) {
      const bytes = buffers[row];
      if (bytes !== undefined) pushRow(bytes, starts[row] ?? 0, sink);
      if (sink.endRow()) yield;
    }
  }
}

/** The query cache, where a server has one, is left alone. */
function selectSql(table: string, columns: readonly StoredColumn[]): string {
  const values = columns.map(storedValue);
  return `SELECT /*!40001 SQL_NO_CACHE */ ${values.join(', ')} FROM ${quoteName(table)}`;
}

/**
 * Floats are written with six digits, doubles of a fixed scale with fewer than they have; a product has all that tell
 * it from other doubles. Bits come as ones and zeros.
 */
function storedValue({ name, sqlType, form }: StoredColumn): string {
  const column = quoteName(name);
  if (form.kind === 'float' || form.kind === 'double') return `${column} * 1e0`;
  const [, bits] = /^bit\((\d+)\)/i.exec(sqlType) ?? [];
  return bits === undefined ? column : `LPAD(BIN(${column} + 0), ${bits}, '0')`;
}

const NULL = 0xfb;
/** What follows it is a length of 2, 3 and 8 bytes. */
const LENGTH_2 = 0xfc;
const LENGTH_3 = 0xfd;

/** Pushes the columns of the row that starts at `start`; lengths are as the protocol has them. */
function rowPusher(columns: readonly StoredColumn[], careful: boolean) {
  const pushers = columns.map(({ form }) => pusherOf(form));
  return (bytes: Buffer, start: number, sink: RowSink): void => {
    let at = start;
    for (let column = 0; column < pushers.length; column++) {
      let length = bytes[at++] ?? 0;
      if (length === NULL) {
        sink.null();
        continue;
      }
      if (length > NULL) {
        const size = length === LENGTH_2 ? 2 : length === LENGTH_3 ? 3 : 6;
        length = bytes.readUIntLE(at, size);
        at += size === 6 ? 8 : size;
      }
      const end = at + length;
      if (pushers[column]?.(bytes, at, end, sink) !== true) {
        throw misfit(columns[column]?.name ?? '', bytes.toString('utf8', at, end), careful);
      }
      at = end;
    }
  };
}

function pusherOf(form: ColumnForm): PushText {
  switch (form.kind) {
    case 'int':
      return pushInt;
    case 'long':
      return pushLong;
    case 'float':
      return pushFloat;
    case 'double':
      return pushDouble;
    case 'bytes':
      return pushBytes;
    case 'date':
      return pushDate;
    case 'time-micros':
      return pushTime;
    case 'timestamp-micros':
      return pushTimestamp;
    case 'decimal':
      return pushDecimal(form.size);
    case 'string':
      return pushString;
    default:
      throw new TypeError(`no backup of MySQL has columns of the form ${form.kind}`);
  }
}

/** Which columns have such values is asked of the whole table when it is read carefully. */
function misfit(column: string, text: string, careful: boolean): Error {
  if (!careful) return new CarefulReadNeeded();
  return new RowferryError(
    'restore-schema-drift',
    `column ${column} holds ${text}, for which the backup has no place`,
  );
}
