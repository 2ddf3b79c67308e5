import type { Column, ColumnKind, Table } from '../model/table.ts';

/** Made-up records of a table, as one part of a load. */
export interface SamplePart {
  readonly table: Table;
  readonly columns: readonly string[];
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const MOST_TABLES = 4;
const ROUNDS = 8;
/** Small: what is made here stays in the heap of the server's own thread for a while. */
const PART_BYTES = 1 << 18;

/**
 * Prepares made-up records of the tables, and drops them, so that V8 has compiled the loops for these columns when the
 * first load comes: it took a tenth of a second longer without. Ends as soon as `isWanted` says no.
 */
export async function warmUp(
  tables: readonly Table[],
  prepare: (part: SamplePart) => Promise<void>,
  isWanted: () => boolean,
): Promise<void> {
  for (const table of manifold(tables)) {
    const sample = sampleOf(table);
    for (let round = 0; round < ROUNDS; round++) {
      if (!isWanted()) return;
      await prepare({ ...sample, bytes: sample.bytes.slice() });
    }
  }
}

/** Those with the most columns. */
function manifold(tables: readonly Table[]): Table[] {
  return tables.toSorted((a, b) => b.columns.length - a.columns.length).slice(0, MOST_TABLES);
}

export function sampleOf(table: Table): SamplePart {
  const columns = table.columns.filter((column) => !column.generated);
  const records: string[] = [];
  for (let size = 0; size < PART_BYTES && columns.length > 0; ) {
    const record = `${columns.map((column) => fieldOf(column, records.length)).join(',')}\n`;
    records.push(record);
    size += record.length;
  }
  const bytes = new TextEncoder().encode(records.join(''));
  return { table, columns: columns.map(({ name }) => name), bytes };
}

const FIELDS: Readonly<Record<ColumnKind, (column: Column, record: number) => string>> = {
  integer: ({ maximum }, record) => String(maximum !== undefined && maximum < 1000n ? 1 : record),
  decimal: ({ scale = 0 }, record) => `${record % 10}${scale > 0 ? `.${record % 7}` : ''}`,
  float: (_column, record) => `${record}.${record % 97}`,
  boolean: (_column, record) => String(record % 2),
  date: (_column, record) => day(record),
  time: (_column, record) => `09:30:${10 + (record % 50)}`,
  datetime: (_column, record) => `${day(record)}T09:30:${10 + (record % 50)}Z`,
  uuid: (_column, record) => `6ba7b810-9dad-11d1-80b4-00c04fd${String(record % 100_000).padStart(5, '0')}`,
  json: (_column, record) => `"{""a"": ${record}}"`,
  binary: () => '',
  text: textField,
};

function fieldOf(column: Column, record: number): string {
  return column.enum?.[0] ?? FIELDS[column.kind](column, record);
}

const LONG_TEXT = 500;
const SHORT_TEXT = 20;

/** Plain and quoted ones; long ones of several lines, with quotes inside. */
function textField({ maxLength = LONG_TEXT }: Column, record: number): string {
  if (maxLength < SHORT_TEXT) return String(record % 10);
  const name = `Ana ${record % 1000}`;
  if (maxLength < LONG_TEXT || record % 4 === 0) return record % 3 === 0 ? `"${name}, B"` : name;
  return `"${`${name} and, as ""they"" say, others of many words\n`.repeat(1 + (record % 8))}"`;
}

const day = (record: number): string => `${1990 + (record % 40)}-0${1 + (record % 9)}-1${record % 10}`;
