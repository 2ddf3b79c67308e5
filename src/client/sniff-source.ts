import { sniffContent, type Told } from '../csv/sniff/content.ts';
import type { SniffTable } from '../csv/sniff/fit.ts';
import type { Dialect } from '../model/dialect.ts';
import type { Api } from './retry.ts';
import type { Source } from './source.ts';

/** What is known of the load before its dialect is. */
export interface SniffRequest {
  readonly table: string;
  /** The rules of the table, where they are at hand. */
  readonly rules?: SniffTable;
  readonly dialect?: Partial<Dialect>;
  readonly schema?: Readonly<Record<string, unknown>>;
  readonly signal?: AbortSignal;
}

/**
 * The dialect of a file by its first bytes and the rules of its table; null where it is as declared, or else RFC 4180.
 * `dialect-ambiguous` where the data do not decide. A table that is not there is left for the load to tell.
 */
export async function sniffSource(api: Api, source: Source, request: SniffRequest): Promise<Told | null> {
  const rules = request.rules ?? (await rulesOf(api, request));
  if (rules === null || source.size === 0) return null;
  const table = withSchema(rules, request.schema);
  return sniffContent(source, {
    table,
    ...(request.dialect === undefined ? {} : { declared: request.dialect }),
  });
}

/** Of all tables, since the rules of one come with the count of its rows. */
async function rulesOf(api: Api, { table, signal }: SniffRequest): Promise<SniffTable | null> {
  const { tables } = await api.call('GET /v1/tables', { signal });
  const folded = table.toLowerCase();
  const exact = tables.find(({ name }) => name === table);
  return exact ?? tables.find(({ name }) => name.toLowerCase() === folded) ?? null;
}

const READING = [
  'format',
  'decimalChar',
  'groupChar',
  'bareNumber',
  'trueValues',
  'falseValues',
  'missingValues',
];

/** What a schema says of a column is not asked of the data. */
function withSchema(table: SniffTable, schema: SniffRequest['schema']): SniffTable {
  const fields: unknown = schema?.fields;
  if (!Array.isArray(fields)) return table;
  const settled = new Set(fields.filter(isSettled).map(({ name }) => name));
  const columns = table.columns.map((column) =>
    settled.has(column.name) ? { ...column, settled: true } : column,
  );
  return { ...table, columns };
}

function isSettled(field: unknown): field is { readonly name: unknown } {
  return typeof field === 'object' && field !== null && READING.some((name) => Object.hasOwn(field, name));
}
