import { resolveDialect } from '../csv/dialect.ts';
import { recordsOnly } from '../csv/general/again.ts';
import { cutPlace } from '../csv/general/cut.ts';
import { readRecords } from '../csv/read-records.ts';
import { RowferryError } from '../errors.ts';
import type { Dialect } from '../model/dialect.ts';
import type { BatchReceipt, Load } from '../model/receipt.ts';
import { MAX_FIELDS } from '../model/tape.ts';
import type { MendOptions, SendRecords } from './retry-rejects.ts';
import type { Source } from './source.ts';

/** The rejects of a load again, as a file has them mended. Each request is a transaction. */

/** What is sent in one request. Bytes, and records. */
const PIECE_BYTES = 4 << 20;
const PIECE_RECORDS = 50_000;

/**
 * Records for the rejects of a load, header first if there was one. A file that fits one request may hold some of them,
 * told by their keys; a larger one holds a record for each, in their order. Sent again, it loads nothing twice.
 */
export async function* mendFile(
  send: SendRecords,
  source: Source,
  load: Load,
  options: MendOptions,
): AsyncGenerator<BatchReceipt> {
  const said = resolveDialect({ ...load.dialect, ...options.dialect });
  const pieces = await countPieces(source, said);
  if (pieces.number <= 1) {
    for await (const { bytes } of piecesOf(source, said)) yield await send(bytes, options);
    return;
  }
  refuseOthers(pieces.records, load, said);
  let first = 0;
  for await (const { bytes } of piecesOf(source, said)) {
    const receipt = await send(bytes, { ...options, first });
    yield receipt;
    first = receipt.next ?? first;
  }
}

interface Piece {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly records: number;
}

async function countPieces(source: Source, dialect: Dialect): Promise<{ number: number; records: number }> {
  let [number, records] = [0, 0];
  for await (const piece of piecesOf(source, dialect)) {
    number += 1;
    records += piece.records;
  }
  return { number, records };
}

/** Whole records; of what stands before the first of them each row counts as one. */
async function* piecesOf(source: Source, dialect: Dialect): AsyncGenerator<Piece> {
  const said = { ...recordsOnly(dialect), header: false };
  const buffer = new Uint8Array(Math.min(PIECE_BYTES, source.size));
  for (let position = 0; position < source.size; ) {
    const count = await source.readAt(position, buffer);
    const last = position + count >= source.size;
    if (last || count === 0) await source.assertUnchanged();
    if (count === 0) return;
    const whole = last ? count : cutPlace(buffer.subarray(0, count), dialect);
    const tape = readRecords(buffer.slice(0, whole === 0 ? count : whole), said, {
      width: MAX_FIELDS,
      last: true,
    });
    const end =
      tape.records > PIECE_RECORDS ? (tape.recordStarts[PIECE_RECORDS] ?? whole) : tape.bytes.length;
    const bytes = buffer.slice(0, Math.min(end, whole === 0 ? count : whole));
    yield { bytes, records: Math.min(tape.records, PIECE_RECORDS) };
    position += bytes.length;
  }
}

/** A header stands there if and only if one stood in the content: otherwise each record would be taken for another. */
function refuseOthers(records: number, load: Load, dialect: Dialect): void {
  const { header, headerRows, skipRows, skipFooterRows, commentRows } = dialect;
  const plain = skipRows + skipFooterRows + commentRows.length === 0;
  const found = records - (header === true ? headerRows.length : 0);
  if (plain && found === load.rejected) return;
  const why = plain
    ? `${found} records; load ${load.id} has ${load.rejected} rejects`
    : 'lines before or after its records';
  throw new RowferryError('usage', `the file is too large for one request, and it has ${why}`, {
    hint: 'a file of so many has a record for each reject, in their order; leave those in that cannot be mended yet',
  });
}
