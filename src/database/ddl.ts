import { oneLine } from '../log.ts';
import type { PlannedColumn, PlannedForeignKey, PlannedTable } from '../model/table-plan.ts';

/** How an engine writes a planned table: the part of the contract that needs no connection. */
export interface Ddl {
  quoteName(name: string): string;
  /** The nearest name that the engine takes as it stands. */
  fitName(name: string): string;
  typeOf(column: PlannedColumn, place: ColumnPlace): SqlType;
  /** After the closing parenthesis of CREATE TABLE. */
  readonly tableOptions: string;
  /** A foreign key may name a table that is not there yet. */
  readonly forwardReferences: boolean;
}

export interface ColumnPlace {
  /** The column is part of a key or of a foreign key, so it has an index. */
  readonly keyed: boolean;
  readonly table: PlannedTable;
}

export interface SqlType {
  readonly sql: string;
  /** Why it is not the type that the values ask for. */
  readonly note: string | null;
}

export interface TableDdl {
  readonly table: string;
  /** One CREATE TABLE without comments. */
  readonly create: string;
  /** The same with what each line rests on. */
  readonly commented: string;
  /** ALTER TABLE statements to run when all tables are there: foreign keys that go round in a circle. */
  readonly constraints: readonly string[];
  readonly types: readonly SqlType[];
}

/** The statements for tables in the order in which they stand: parents before their children where that is possible. */
export function tablesDdl(ddl: Ddl, tables: readonly PlannedTable[]): TableDdl[] {
  const names = tables.map(({ name }) => name);
  return tables.map((table, index) => {
    const isLater = ({ parentTable }: PlannedForeignKey): boolean =>
      !ddl.forwardReferences && names.indexOf(parentTable) > index;
    const later = table.foreignKeys.filter(isLater);
    return tableDdl(
      ddl,
      table,
      table.foreignKeys.filter((key) => !later.includes(key)),
      later,
    );
  });
}

/** A line within the parentheses of CREATE TABLE. */
interface Line {
  readonly sql: string;
  readonly comment: string;
}

function tableDdl(
  ddl: Ddl,
  table: PlannedTable,
  inline: readonly PlannedForeignKey[],
  later: readonly PlannedForeignKey[],
): TableDdl {
  const types = table.columns.map((column) =>
    ddl.typeOf(column, { keyed: isKeyed(table, column.name), table }),
  );
  const lines = [
    ...table.columns.map((column, i) => columnLine(ddl, column, types[i] ?? { sql: '', note: null })),
    ...keyLines(ddl, table),
    ...inline.map((key) => ({ sql: foreignKey(ddl, key), comment: key.evidence })),
  ];
  const head = `CREATE TABLE ${ddl.quoteName(table.name)} (`;
  const tail = `)${ddl.tableOptions}`;
  const alter = (key: PlannedForeignKey) =>
    `ALTER TABLE ${ddl.quoteName(table.name)} ADD ${foreignKey(ddl, key)}`;
  return {
    table: table.name,
    create: [head, lines.map(({ sql }) => `  ${sql}`).join(',\n'), tail].join('\n'),
    commented: [...table.notes.map(comment), head, ...lines.map(withComment), `${tail};`].join('\n'),
    constraints: later.map(alter),
    types,
  };
}

function isKeyed(table: PlannedTable, name: string): boolean {
  const { primaryKey, uniqueColumns, uniqueKeys = [], foreignKeys } = table;
  const inForeignKey = foreignKeys.some(({ column }) => column === name);
  return (
    inForeignKey ||
    uniqueKeys.flat().includes(name) ||
    primaryKey.includes(name) ||
    uniqueColumns.includes(name)
  );
}

function columnLine(ddl: Ddl, column: PlannedColumn, { sql, note }: SqlType): Line {
  const rule = column.nullable ? 'NULL' : 'NOT NULL';
  const comment = note === null ? column.evidence : `${column.evidence}; ${note}`;
  return { sql: `${ddl.quoteName(column.name)} ${sql} ${rule}`, comment };
}

function keyLines(ddl: Ddl, { primaryKey, uniqueColumns, uniqueKeys = [] }: PlannedTable): Line[] {
  const list = (names: readonly string[]) => names.map((name) => ddl.quoteName(name)).join(', ');
  return [
    ...(primaryKey.length === 0 ? [] : [{ sql: `PRIMARY KEY (${list(primaryKey)})`, comment: '' }]),
    ...uniqueColumns.map((name) => ({ sql: `UNIQUE (${list([name])})`, comment: 'each value once' })),
    ...uniqueKeys.map((names) => ({ sql: `UNIQUE (${list(names)})`, comment: '' })),
  ];
}

function foreignKey(ddl: Ddl, { column, parentTable, parentColumn }: PlannedForeignKey): string {
  const parent = `${ddl.quoteName(parentTable)} (${ddl.quoteName(parentColumn)})`;
  return `FOREIGN KEY (${ddl.quoteName(column)}) REFERENCES ${parent}`;
}

function withComment(line: Line, index: number, lines: readonly Line[]): string {
  const sql = `  ${line.sql}${index === lines.length - 1 ? '' : ','}`;
  return line.comment === '' ? sql : `${sql} ${comment(line.comment)}`;
}

/** Values stand in comments, so a line end in them must end nothing. */
export const comment = (text: string): string => `-- ${oneLine(text)}`;

/** The least of these lengths that holds `length` characters, so that a longer value of tomorrow fits too. */
const LENGTHS = [10, 20, 50, 100, 200, 255, 500];

export function roundedLength(length: number): number | null {
  return LENGTHS.find((each) => each >= length) ?? null;
}
