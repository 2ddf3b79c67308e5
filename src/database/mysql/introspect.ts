import type { Column, ForeignKey, Table, UniqueKey } from '../../model/table.ts';
import type { SqlRow, SqlValue } from '../database.ts';
import type { Session } from './session.ts';
import { typeFacts } from './types.ts';

/** Not in the dictionary: names that begin with rowferry_ are the program's own. */
const FOREIGN = `TABLE_SCHEMA = DATABASE() AND TABLE_NAME NOT LIKE 'rowferry\\\\_%'`;

/** Ordinary tables of engines with transactions; of others nothing could be taken back. */
const TABLES = `SELECT t.TABLE_NAME AS name FROM information_schema.TABLES t
  JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE AND e.TRANSACTIONS = 'YES'
  WHERE t.TABLE_SCHEMA = DATABASE() AND t.TABLE_NAME NOT LIKE 'rowferry\\\\_%'
    AND t.TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') ORDER BY t.TABLE_NAME`;

/** PRIVILEGES are those of the session's user. */
const COLUMNS = `SELECT TABLE_NAME AS tableName, COLUMN_NAME AS name, COLUMN_TYPE AS columnType, DATA_TYPE AS dataType,
    IF(DATA_TYPE IN ('char', 'varchar'), CHARACTER_MAXIMUM_LENGTH, CHARACTER_OCTET_LENGTH) AS length,
    NUMERIC_PRECISION AS numericPrecision, NUMERIC_SCALE AS numericScale, DATETIME_PRECISION AS fractionDigits,
    COLLATION_NAME AS collation, COLUMN_DEFAULT AS fallback, IS_NULLABLE AS nullable, EXTRA AS extra,
    PRIVILEGES AS privileges
  FROM information_schema.COLUMNS WHERE ${FOREIGN} ORDER BY TABLE_NAME, ORDINAL_POSITION`;

const KEYS = `SELECT TABLE_NAME AS tableName, INDEX_NAME AS name, COLUMN_NAME AS columnName, SUB_PART AS part
  FROM information_schema.STATISTICS WHERE ${FOREIGN} AND NON_UNIQUE = 0 ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX`;

const FOREIGN_KEYS = `SELECT k.TABLE_NAME AS tableName, k.CONSTRAINT_NAME AS name, k.COLUMN_NAME AS columnName,
    k.REFERENCED_TABLE_SCHEMA AS parentSchema, k.REFERENCED_TABLE_NAME AS parentTable,
    k.REFERENCED_COLUMN_NAME AS parentColumn, r.DELETE_RULE AS onDelete, r.UPDATE_RULE AS onUpdate,
    k.REFERENCED_TABLE_SCHEMA = DATABASE() AS here
  FROM information_schema.KEY_COLUMN_USAGE k
  JOIN information_schema.REFERENTIAL_CONSTRAINTS r ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA
    AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME AND r.TABLE_NAME = k.TABLE_NAME
  WHERE k.TABLE_SCHEMA = DATABASE() AND k.REFERENCED_TABLE_NAME IS NOT NULL
  ORDER BY k.TABLE_NAME, k.CONSTRAINT_NAME, k.ORDINAL_POSITION`;

/** MariaDB names the table here; MySQL does so in TABLE_CONSTRAINTS, where names are unique in a database. */
const CHECKS = 'SELECT * FROM information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = DATABASE()';
const CHECKED_TABLES = `SELECT TABLE_NAME AS tableName, CONSTRAINT_NAME AS name
  FROM information_schema.TABLE_CONSTRAINTS WHERE TABLE_SCHEMA = DATABASE() AND CONSTRAINT_TYPE = 'CHECK'`;

const TRIGGERS = `SELECT EVENT_OBJECT_TABLE AS tableName, TRIGGER_NAME AS name FROM information_schema.TRIGGERS
  WHERE TRIGGER_SCHEMA = DATABASE() ORDER BY TRIGGER_NAME`;

/** The dictionary of the current database: the tables that rows can be inserted into, or that can be read. */
export async function introspect(session: Session, right: 'insert' | 'select' = 'insert'): Promise<Table[]> {
  const may = ({ privileges }: SqlRow): boolean => String(privileges).split(',').includes(right);
  const facts = {
    columns: byTable(await session.rows(COLUMNS)),
    keys: byTable(await session.rows(KEYS)),
    foreignKeys: byTable(await session.rows(FOREIGN_KEYS)),
    checks: byTable(await checks(session)),
    triggers: byTable(await session.rows(TRIGGERS)),
  };
  const names = (await session.rows(TABLES)).map(({ name }) => String(name));
  return names.flatMap((name) => {
    const columns = facts.columns.get(name) ?? [];
    return columns.some(may) ? [readTable(name, facts)] : [];
  });
}

type ByTable = ReadonlyMap<string, readonly SqlRow[]>;

interface Facts {
  readonly columns: ByTable;
  readonly keys: ByTable;
  readonly foreignKeys: ByTable;
  readonly checks: ByTable;
  readonly triggers: ByTable;
}

function byTable(rows: readonly SqlRow[]): ByTable {
  return Map.groupBy(rows, ({ tableName }) => String(tableName));
}

async function checks(session: Session): Promise<SqlRow[]> {
  const rows = await session.rows(CHECKS);
  const tables = new Map<string, SqlValue>();
  if (rows.some((row) => row.TABLE_NAME === undefined)) {
    for (const { name, tableName } of await session.rows(CHECKED_TABLES)) {
      tables.set(String(name), tableName ?? null);
    }
  }
  return rows.map((row) => ({
    tableName: row.TABLE_NAME ?? tables.get(String(row.CONSTRAINT_NAME)) ?? null,
    clause: row.CHECK_CLAUSE ?? null,
  }));
}

function readTable(name: string, facts: Facts): Table {
  const clauses = (facts.checks.get(name) ?? []).map(({ clause }) => String(clause));
  const uniqueKeys = readKeys(facts.keys.get(name) ?? []);
  return {
    name,
    columns: (facts.columns.get(name) ?? []).map((row) => readColumn(row, clauses)),
    primaryKey: uniqueKeys.find((key) => key.primary)?.columns ?? [],
    uniqueKeys,
    foreignKeys: readForeignKeys(facts.foreignKeys.get(name) ?? []),
    checks: clauses,
    triggers: (facts.triggers.get(name) ?? []).map((row) => String(row.name)),
  };
}

function readColumn(row: SqlRow, clauses: readonly string[]): Column {
  const name = String(row.name);
  const extra = String(row.extra ?? '');
  const facts = typeFacts({
    dataType: String(row.dataType).toLowerCase(),
    columnType: String(row.columnType),
    length: numberOrNull(row.length),
    precision: numberOrNull(row.numericPrecision),
    scale: numberOrNull(row.numericScale),
    fractionDigits: numberOrNull(row.fractionDigits),
    collation: row.collation === null ? null : String(row.collation),
  });
  // JSON is a word for LONGTEXT with this CHECK in MariaDB.
  const isJson = facts.kind === 'text' && clauses.includes(`json_valid(\`${name.replaceAll('`', '``')}\`)`);
  return {
    name,
    sqlType: String(row.columnType),
    ...facts,
    ...(isJson ? { kind: 'json' } : {}),
    nullable: row.nullable === 'YES',
    default: defaultOf(row, extra),
    generated: /(?:virtual|stored|persistent) generated/i.test(extra),
    identity: /auto_increment/i.test(extra),
  };
}

const numberOrNull = (value: SqlValue | undefined): number | null =>
  value === null || value === undefined ? null : Number(value);

/** MariaDB writes defaults as SQL; MySQL gives texts without quotes and marks what is SQL. */
function defaultOf({ fallback, nullable }: SqlRow, extra: string): string | null {
  if (fallback === null || fallback === undefined) return null;
  if (nullable === 'YES' && fallback === 'NULL') return null;
  return extra.includes('DEFAULT_GENERATED') ? `(${String(fallback)})` : String(fallback);
}

/** Keys over the beginning of a column or over an expression are held by the database alone. */
function readKeys(rows: readonly SqlRow[]): UniqueKey[] {
  const keys = [...Map.groupBy(rows, ({ name }) => String(name))].flatMap(([name, parts]): UniqueKey[] => {
    if (parts.some(({ columnName, part }) => columnName === null || part !== null)) return [];
    return [{ name, columns: parts.map((part) => String(part.columnName)), primary: name === 'PRIMARY' }];
  });
  return keys.sort((a, b) => Number(b.primary) - Number(a.primary));
}

export function readForeignKeys(rows: readonly SqlRow[]): ForeignKey[] {
  return [...Map.groupBy(rows, ({ name }) => String(name))].flatMap(([name, parts]): ForeignKey[] => {
    const [first] = parts;
    if (first === undefined) return [];
    return [
      {
        name,
        columns: parts.map((part) => String(part.columnName)),
        ...(Number(first.here) === 1 ? {} : { parentSchema: String(first.parentSchema) }),
        parentTable: String(first.parentTable),
        parentColumns: parts.map((part) => String(part.parentColumn)),
        onDelete: String(first.onDelete),
        onUpdate: String(first.onUpdate),
      },
    ];
  });
}

/**
 * A digest of the rows of a view of information_schema, in whatever order they come. A staging table repeats the
 * CHECKs of its target, so equal rows count once.
 */
const digest = (view: string, columns: readonly string[], where: string): string =>
  `(SELECT SUM(DISTINCT CAST(CONV(LEFT(MD5(CONCAT_WS('|', ${columns.join(', ')})), 16), 16, 10) AS DECIMAL(30)))
    FROM information_schema.${view} WHERE ${where})`;

const SCHEMA_VERSION = `SELECT CONCAT_WS('.', ${[
  digest(
    'COLUMNS',
    [
      'TABLE_NAME',
      'ORDINAL_POSITION',
      'COLUMN_NAME',
      'COLUMN_TYPE',
      'IS_NULLABLE',
      "IFNULL(COLUMN_DEFAULT, '')",
    ].concat("IFNULL(COLLATION_NAME, '')", 'EXTRA', 'PRIVILEGES'),
    FOREIGN,
  ),
  digest(
    'STATISTICS',
    ['TABLE_NAME', 'INDEX_NAME', 'NON_UNIQUE', 'SEQ_IN_INDEX', "IFNULL(COLUMN_NAME, '')"],
    FOREIGN,
  ),
  digest(
    'KEY_COLUMN_USAGE',
    ['TABLE_NAME', 'CONSTRAINT_NAME', 'COLUMN_NAME', 'REFERENCED_TABLE_NAME', 'REFERENCED_COLUMN_NAME'],
    `${FOREIGN} AND REFERENCED_TABLE_NAME IS NOT NULL`,
  ),
  digest(
    'CHECK_CONSTRAINTS',
    ['CONSTRAINT_NAME', 'CHECK_CLAUSE'],
    `CONSTRAINT_SCHEMA = DATABASE() AND CONSTRAINT_NAME NOT LIKE 'rowferry\\\\_%'`,
  ),
  digest(
    'TRIGGERS',
    ['EVENT_OBJECT_TABLE', 'TRIGGER_NAME', 'ACTION_STATEMENT'],
    'TRIGGER_SCHEMA = DATABASE()',
  ),
].join(', ')}) AS version`;

export async function schemaVersion(session: Session): Promise<string> {
  const [row] = await session.rows(SCHEMA_VERSION);
  return String(row?.version);
}
