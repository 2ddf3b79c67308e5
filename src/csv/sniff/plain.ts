import { DEFAULT_DIALECT } from '../../model/dialect.ts';
import { footerWarning, headerDoubt } from './doubts.ts';
import { decode, type EncodingGuess } from './encoding.ts';
import { fitOf, type SniffTable } from './fit.ts';
import { footersFor } from './footers.ts';
import { layoutFor } from './layout.ts';
import type { SniffOptions } from './sniff.ts';
import { tokenize } from './tokenize.ts';

/** Declared, they change only where fields end. */
const SIMPLE: ReadonlySet<string> = new Set(['delimiter', 'quoteChar', 'header', 'encoding']);
/** Characters and records at the start that tell whether RFC 4180 reads the content into the table as it is. */
const LOOKED_AT = 1 << 14;
const RECORDS = 100;
const TAIL = 4096;

/**
 * What most files are is found out at once: UTF-8, the header in the first row or none, all records with as many fields
 * as there are columns, their values as the check takes them, records to the end.
 */
export function isPlainFor(
  bytes: Uint8Array,
  { encoding }: EncodingGuess,
  table: SniffTable,
  { declared = {}, whole, tail }: SniffOptions,
): boolean {
  const dialect = { ...DEFAULT_DIALECT, ...declared };
  if (encoding !== 'utf-8' || Object.keys(declared).some((name) => !SIMPLE.has(name))) return false;
  const head = bytes.subarray(0, LOOKED_AT);
  const all = whole && head.length === bytes.length;
  const rows = tokenize(decode(head, 'utf-8'), dialect, { whole: all, maxRows: RECORDS });
  const layout = layoutFor(rows, table, declared);
  const { commentChar, skipRows, headerRows, columns, names, records } = layout;
  if (columns === null || commentChar !== null || skipRows > 0 || headerRows > 1) return false;
  // Columns of text take anything: without a header another delimiter may do as well.
  const telling = names !== null || columns.some((column) => column?.kind !== 'text');
  if (!telling || records.length === 0 || fitOf(records, columns).plain < 1) return false;
  if (declared.header === undefined && headerDoubt(layout) !== null) return false;
  const end = decode((whole ? bytes : (tail ?? bytes)).subarray(-TAIL), 'utf-8');
  const last = tokenize(end.slice(end.search(/[\r\n]/) + 1), DEFAULT_DIALECT, {
    whole: whole || tail !== undefined,
  });
  return footersFor(last, columns).count === 0 && footerWarning(last, columns) === null;
}
