import { isPlain } from '../csv/dialect.ts';
import { RowferryError } from '../errors.ts';
import type { Dialect } from '../model/dialect.ts';

/** `dialect-invalid` for a dialect that content cannot be read in. */
export function assertReadable(dialect: Dialect): void {
  if (isPlain(dialect)) return;
  throw new RowferryError(
    'dialect-invalid',
    'content in this dialect cannot be loaded; expected one delimiter character, quotes doubled and UTF-8',
    { hint: `e.g. --dialect '{"delimiter":";","quoteChar":"\\"","header":true}'` },
  );
}
