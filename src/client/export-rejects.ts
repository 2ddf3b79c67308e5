import { isPlain } from '../csv/dialect.ts';
import { encodeAscii } from '../csv/general/encoding.ts';
import { csvRecord, formulaSafe } from '../csv/write.ts';
import { RowferryError } from '../errors.ts';
import { DEFAULT_DIALECT, type Dialect } from '../model/dialect.ts';
import type { Load } from '../model/receipt.ts';
import type { RejectDocument } from '../model/reject.ts';

/** Rejects as a file: for a spreadsheet, for a program, or to be mended and sent back. */

/**
 * raw: the records as they came, the header first where the content had one. ndjson: one reject a line. csv: one reason
 * a line, safe to open in a spreadsheet.
 */
export const EXPORT_FORMATS = ['raw', 'ndjson', 'csv'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export type RejectPages = AsyncIterable<readonly RejectDocument[]>;

/** `encoding-unsupported` where a header cannot be written as the records are. */
export function exportRejects(
  format: ExportFormat,
  load: Pick<Load, 'dialect' | 'columns'>,
  pages: RejectPages,
): AsyncGenerator<Uint8Array | string> {
  if (format === 'raw') return rawRecords(load, pages);
  return format === 'csv' ? reasonRecords(pages) : jsonLines(pages);
}

async function* rawRecords(
  { dialect: said, columns }: Pick<Load, 'dialect' | 'columns'>,
  pages: RejectPages,
): AsyncGenerator<Uint8Array> {
  const dialect = said ?? DEFAULT_DIALECT;
  if (dialect.header === true && columns !== null) yield encoded(headerOf(columns, dialect), dialect);
  const end = encoded(dialect.lineTerminator ?? '\n', dialect);
  for await (const page of pages) yield Buffer.concat(page.flatMap((reject) => [rawBytes(reject), end]));
}

function headerOf(columns: readonly string[], dialect: Dialect): string {
  const end = dialect.lineTerminator ?? '\n';
  if (isPlain(dialect) && dialect.delimiter === ',' && dialect.quoteChar === '"')
    return csvRecord(columns, end);
  const { delimiter, quoteChar: quote } = dialect;
  const field = (name: string) => {
    if (quote === null || !(name.includes(delimiter) || name.includes(quote) || /[\r\n]/.test(name)))
      return name;
    return quote + name.replaceAll(quote, quote + quote) + quote;
  };
  return columns.map(field).join(delimiter) + end;
}

function encoded(text: string, { encoding }: Dialect): Uint8Array {
  if (encoding === 'utf-8') return Buffer.from(text);
  const bytes = encodeAscii(text, encoding);
  if (bytes !== null) return bytes;
  throw new RowferryError(
    'encoding-unsupported',
    `${JSON.stringify(text.trimEnd())} cannot be written in ${encoding}`,
    { hint: 'mend the file under data/not_added, or export the rejects as ndjson' },
  );
}

async function* jsonLines(pages: RejectPages): AsyncGenerator<string> {
  for await (const page of pages) yield page.map((reject) => `${JSON.stringify(reject)}\n`).join('');
}

async function* reasonRecords(pages: RejectPages): AsyncGenerator<string> {
  yield csvRecord(REASON_HEADER);
  for await (const page of pages) yield page.flatMap(reasonLines).join('');
}

export const REASON_HEADER: readonly string[] = ['line', 'byte_offset', 'column', 'value', 'code', 'message'];

/** One record for each reason; no cell is a formula. */
export function reasonLines({ line, byteOffset, errors }: RejectDocument): string[] {
  return errors.map(({ column, value, code, message }) => {
    const cells = [column, value, code, message].map((cell) => (cell === null ? null : formulaSafe(cell)));
    return csvRecord([line, byteOffset, ...cells]);
  });
}

/** `raw` is text where the bytes are UTF-8; otherwise only `rawBase64` gives them back as they were. */
export function rawBytes(reject: RejectDocument): Buffer {
  return reject.rawBase64 === undefined ? Buffer.from(reject.raw) : Buffer.from(reject.rawBase64, 'base64');
}
