import { RowferryError } from '../errors.ts';
import { nearNames } from '../lib/near-names.ts';
import { plainNumber } from '../lib/plain-number.ts';
import { hasRun } from '../lib/runs.ts';
import type { RejectCode } from '../model/reject.ts';
import type { Table } from '../model/table.ts';

/** Rows of a JSON body as RFC 4180 text, so that they go the way every other row goes. */
export interface JsonRows {
  readonly csv: Uint8Array<ArrayBuffer>;
  /** In the order of the fields. */
  readonly columns: readonly string[];
  /** What is wrong with rows beyond what their fields show. */
  readonly notes: ReadonlyMap<number, RowNote>;
}

export interface RowNote {
  readonly code: RejectCode;
  readonly message: string;
}

type JsonObject = Readonly<Record<string, unknown>>;

/** An array of objects, or {"columns": […], "rows": [[…]]}. */
export function readJsonRows(body: Uint8Array, table: Table): JsonRows {
  return rowsOfDocument(parse(body), table);
}

export function rowsOfDocument(document: unknown, table: Table): JsonRows {
  if (Array.isArray(document)) return fromObjects(document, table, new Map());
  if (isObject(document) && Array.isArray(document.columns) && Array.isArray(document.rows)) {
    return fromArrays(document.columns, document.rows);
  }
  throw new RowferryError(
    'body-invalid',
    'expected an array of objects, or {"columns": […], "rows": [[…]]}',
    {
      hint: `e.g. [{"${table.columns[0]?.name ?? 'id'}": 1}]`,
    },
  );
}

/** One JSON object a line; a line that is none is a reject of its own. */
export function readNdjsonRows(body: Uint8Array, table: Table): JsonRows {
  const rows: unknown[] = [];
  const notes = new Map<number, RowNote>();
  for (const line of decode(body).split(/\r?\n/)) {
    if (line.trim() === '') continue;
    try {
      rows.push(parseText(line));
    } catch {
      notes.set(rows.length, { code: 'type.json', message: `not a JSON object: ${line.slice(0, 100)}` });
      rows.push(line);
    }
  }
  return fromObjects(rows, table, notes);
}

/** {"table": rows, …} of POST /v1/rows. */
export function readTables(body: Uint8Array): ReadonlyMap<string, unknown> {
  const document = parse(body);
  if (isObject(document)) return new Map(Object.entries(document));
  throw new RowferryError('body-invalid', 'expected an object with one member per table', {
    hint: 'e.g. {"departments": [{"id": 1, "department": "Sales"}]}',
  });
}

function parse(body: Uint8Array): unknown {
  const text = decode(body);
  try {
    return parseText(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new RowferryError('body-invalid', `the body is not JSON: ${why.slice(0, 200)}`, { cause });
  }
}

function decode(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch (cause) {
    throw new RowferryError('body-invalid', 'the body holds bytes that are not UTF-8', { cause });
  }
}

/** A number of JSON keeps the digits it was written with, where a double would round them. */
class Digits {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Only a number of 16 characters and more can lose digits, so only then each number is looked at. */
const LONG_NUMBER = 16;
const OF_NUMBERS = '0123456789.eE+-';

function parseText(text: string): unknown {
  if (!hasRun(text, LONG_NUMBER, OF_NUMBERS)) return JSON.parse(text);
  return JSON.parse(text, (_key: string, value: unknown, context?: { source?: string }) => {
    const source = context?.source;
    return typeof value === 'number' && source !== undefined && source.length >= 16
      ? new Digits(source)
      : value;
  });
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Digits);
}

function fromArrays(columns: readonly unknown[], rows: readonly unknown[]): JsonRows {
  const names = columns.map(String);
  const writer = new RowWriter(names.length);
  const notes = new Map<number, RowNote>();
  rows.forEach((row, i) => {
    if (Array.isArray(row)) {
      // Without a field it could not be told from a NULL in a table of one column.
      if (row.length === 0) notes.set(i, { code: 'columns.few', message: noFields(names.length) });
      writer.row(row);
    } else {
      notes.set(i, { code: 'type.json', message: `row ${i} is ${kindOf(row)}; expected an array` });
      writer.row([row]);
    }
  });
  return { csv: writer.finish(), columns: names, notes };
}

/** Columns are those that any row names; a row that leaves one out has NULL there. */
function fromObjects(rows: readonly unknown[], table: Table, notes: Map<number, RowNote>): JsonRows {
  const named = new Set<string>();
  for (const row of rows) if (isObject(row)) for (const name of Object.keys(row)) named.add(name);
  const writable = table.columns.filter((column) => !column.generated || named.has(column.name));
  const names = writable.map((column) => column.name);
  const some = names.filter((name) => named.has(name));
  const columns = some.length > 0 ? some : names;
  const known = new Set(columns);
  const writer = new RowWriter(columns.length);
  rows.forEach((row, i) => {
    if (!isObject(row)) {
      if (!notes.has(i))
        notes.set(i, { code: 'type.json', message: `row ${i} is ${kindOf(row)}; expected an object` });
      writer.row([row]);
      return;
    }
    const values = columns.map((name) => (Object.hasOwn(row, name) ? row[name] : null));
    const strange = Object.keys(row).filter((name) => !known.has(name));
    if (strange.length > 0) {
      notes.set(i, {
        code: 'columns.many',
        message: strange.map((name) => unknownColumn(name, table)).join('; '),
      });
    }
    writer.row([...values, ...strange.map((name) => row[name])]);
  });
  return { csv: writer.finish(), columns, notes };
}

const noFields = (expected: number): string => `the record has 0 fields; expected ${expected}`;

function unknownColumn(name: string, table: Table): string {
  const near = nearNames(
    name,
    table.columns.map((column) => column.name),
  );
  return `unknown column ${JSON.stringify(name)}${near.length === 0 ? '' : `, did you mean ${near.join(' or ')}?`}`;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${value instanceof Digits ? 'number' : typeof value}`;
}

/** Writes RFC 4180 records; null is an empty field, the empty string a quoted one. */
class RowWriter {
  readonly #chunks: Uint8Array[] = [];
  readonly #width: number;
  #text = '';

  constructor(width: number) {
    this.#width = width;
  }

  row(values: readonly unknown[]): void {
    const record = `${values.map(fieldOf).join(',')}\n`;
    // An empty line is a record only where one field is expected; elsewhere the row would be lost.
    const line = record === '\n' && this.#width !== 1 ? '""\n' : record;
    if (line.isWellFormed()) this.#text += line;
    else {
      this.#flush();
      this.#chunks.push(illFormed(line));
    }
    if (this.#text.length > 1 << 20) this.#flush();
  }

  finish(): Uint8Array<ArrayBuffer> {
    this.#flush();
    const length = this.#chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    const bytes = new Uint8Array(length);
    let at = 0;
    for (const chunk of this.#chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return bytes;
  }

  #flush(): void {
    if (this.#text !== '') this.#chunks.push(new TextEncoder().encode(this.#text));
    this.#text = '';
  }
}

function fieldOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value === '' || /[",\r\n]/.test(value) ? quoted(value) : value;
  if (value instanceof Digits) return plainNumber(value.text);
  if (typeof value === 'number') return plainNumber(String(value));
  return typeof value === 'object' ? quoted(JSON.stringify(value, plainDigits)) : String(value);
}

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

function plainDigits(_key: string, value: unknown): unknown {
  return value instanceof Digits ? Number(value.text) : value;
}

/** A lone surrogate has no UTF-8; written as WTF-8 it stays visible to the check, which rejects the record. */
function illFormed(text: string): Uint8Array {
  const encoder = new TextEncoder();
  const parts = [...text].map((character) => {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0xd800 || code > 0xdfff) return encoder.encode(character);
    return Uint8Array.of(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
  });
  return Buffer.concat(parts);
}
