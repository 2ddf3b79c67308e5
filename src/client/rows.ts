import { encodeText } from '../lib/bytes.ts';

/** A field is sent as JSON: null is NULL; a bigint or a Date goes as text. */
export type Row = Readonly<Record<string, unknown>>;

/** Objects, or the columns once and then arrays in their order. */
export type Rows =
  | readonly Row[]
  | { readonly columns: readonly string[]; readonly rows: ReadonlyArray<readonly unknown[]> };

/** The body of a batch. JSON numbers keep only 53 bits for most readers, so a bigint goes as text. */
export function rowsBody(rows: Rows) {
  const text = JSON.stringify(rows, (_name, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
  return { body: encodeText(text), contentType: 'application/json' } as const;
}
