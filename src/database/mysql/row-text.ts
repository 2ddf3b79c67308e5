import type { Column } from '../../model/table.ts';
import type { LaidOutRows } from '../row-layout.ts';
import { writeDatetime } from './encode-values.ts';

/** What stands in encoded rows: for keys that were refused, which are few, and for servers without LOAD DATA LOCAL. */

const TAB = 9;
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Values of the columns at `places` of row `nth`, in that order; null for NULL. */
export function rowValues(rows: LaidOutRows, nth: number, places: readonly number[]): (string | null)[] {
  const { data, layout } = rows;
  const values = new Array<string | null>(places.length).fill(null);
  const last = Math.max(...places);
  // Without the LF.
  const end = (layout.starts[nth + 1] ?? 0) - 1;
  let at = layout.starts[nth] ?? 0;
  for (let c = 0; c <= last; c++) {
    let stop = at;
    while (stop < end && data[stop] !== TAB) stop++;
    const i = places.indexOf(c);
    if (i >= 0) values[i] = unescaped(decoder.decode(data.subarray(at, stop)));
    at = stop + 1;
  }
  return values;
}

const ESCAPED: Readonly<Record<string, string>> = { t: '\t', n: '\n', '\\': '\\' };

function unescaped(text: string): string | null {
  if (text === '\\N') return null;
  return text.includes('\\')
    ? text.replace(/\\(.)/g, (_, letter: string) => ESCAPED[letter] ?? letter)
    : text;
}

/**
 * The text of a value as the server writes it, so far as two spellings of one value are told as one. Texts are as they
 * are: by which collation they are compared is the server's part.
 */
export function canonicalText(column: Column, text: string): string {
  switch (column.kind) {
    case 'integer':
    case 'decimal':
      return text
        .replace(/^\+/, '')
        .replace(/^(-?)0+(?=\d)/, '$1')
        .replace(/(\.\d*?)0+$/, '$1')
        .replace(/\.$/, '')
        .replace(/^-0$/, '0');
    case 'float':
      return String(Number(text));
    case 'datetime':
    case 'time':
      return text.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '');
    case 'uuid':
    case 'binary':
      return text.toLowerCase();
    default:
      return text;
  }
}

const DATETIME = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[Zz]|[+-]\d\d(?::?\d\d)?)?$/;
const encoder = new TextEncoder();

/** A field as it came → the text that is sent for it. What is no value of its type stays as it is. */
export function sentText(column: Column, text: string): string {
  if (column.kind !== 'datetime') return canonicalText(column, text);
  if (!DATETIME.test(text)) return text;
  const bytes = encoder.encode(text);
  const out = new Uint8Array(bytes.length + 8);
  return decoder.decode(out.subarray(0, writeDatetime(bytes, 0, bytes.length, out, 0)));
}
