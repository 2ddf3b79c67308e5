import { isPlain, scanBytes } from '../csv/dialect.ts';
import { readGeneral } from '../csv/general/read.ts';
import { scan } from '../csv/scan.ts';
import { emptyTapeBuffers } from '../csv/tape-writer.ts';
import type { Dialect } from '../model/dialect.ts';
import type { Tape } from '../model/tape.ts';

export interface ReadAt {
  /** First byte of a record. */
  readonly from: number;
  readonly width: number;
  readonly last: boolean;
  readonly maxRecords: number;
}

/** Records of UTF-8 from a place on; the tape is valid until the next one is read. */
export interface TapeReader {
  read(bytes: Uint8Array<ArrayBuffer>, at: ReadAt): Tape;
  /** Records can stand in the output as they came: only their ends may be others. */
  readonly writesAsRead: boolean;
}

/** What head and foot of the content are, and what becomes of ragged records, is left to the caller. */
export function tapeReader(dialect: Dialect): TapeReader {
  const body: Dialect = {
    ...dialect,
    encoding: 'utf-8',
    header: false,
    headerRows: [1],
    commentRows: [],
    skipRows: 0,
    skipFooterRows: 0,
    ragged: 'reject',
  };
  const buffers = emptyTapeBuffers();
  if (!isPlain(body)) {
    return {
      read: (bytes, at) => readGeneral(bytes, body, { ...at, buffers }),
      writesAsRead: false,
    };
  }
  const marks = scanBytes(body);
  return {
    read: (bytes, at) => scan(bytes, { ...marks, ...at, buffers }),
    writesAsRead: body.delimiter === ',' && body.quoteChar === '"',
  };
}
