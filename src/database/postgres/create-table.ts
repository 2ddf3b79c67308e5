import type { SchemaObject } from '../../model/stored-table.ts';
import type { SqlRow } from '../database.ts';
import {
  ALL_TRIGGERS_SQL,
  CONSTRAINTS_SQL,
  INDEXES_SQL,
  PARTITIONS_SQL,
  POLICIES_SQL,
  SEQUENCES_SQL,
  TABLE_COLUMNS_SQL,
  TABLE_FACTS_SQL,
} from './facts-sql.ts';
import { quoteName } from './names.ts';
import type { Session } from './session.ts';

/** The statements that make a table again, every name with its schema. */
export interface TableStatements {
  /** Sequences, the table with its keys and CHECKs, and its partitions; without foreign keys. */
  readonly createTable: string;
  readonly indexes: readonly SchemaObject[];
  readonly triggers: readonly SchemaObject[];
  /** What is made when the rows are there: foreign keys, CHECKs that were never validated, row security. */
  readonly later: readonly SchemaObject[];
  /** Rows of SEQUENCES_SQL. */
  readonly sequences: readonly SqlRow[];
}

export async function tableStatements(session: Session, oid: string): Promise<TableStatements> {
  const rows = (sql: string): Promise<SqlRow[]> => session.rows(sql, [oid]);
  const [table] = await rows(TABLE_FACTS_SQL);
  if (table === undefined) throw new TypeError('a table that is not there');
  const name = String(table.name);
  const constraints = await rows(CONSTRAINTS_SQL);
  const sequences = await rows(SEQUENCES_SQL);
  const late = constraints.filter(isLate);
  const columns = (await rows(TABLE_COLUMNS_SQL)).map((column) => columnClause(column, sequences));
  const inline = constraints.filter((each) => !isLate(each)).map(constraintClause);
  return {
    createTable: [
      ...sequences.filter((each) => each.tie !== 'i').map(createSequence),
      createTable(table, [...columns, ...inline]),
      ...sequences.filter((each) => each.tie === 'a').map((each) => ownSequence(name, each)),
      ...(await rows(PARTITIONS_SQL)).map(createPartition),
    ].join(';\n'),
    indexes: (await rows(INDEXES_SQL)).map((index) => ({
      name: String(index.name),
      // Of a partitioned table only: the indexes of its partitions come with it.
      sql: String(index.sql).replace(' ON ONLY ', ' ON '),
    })),
    triggers: (await rows(ALL_TRIGGERS_SQL)).map((trigger) => triggerObject(name, trigger)),
    later: [
      ...late.map((each) => ({
        name: String(each.name),
        sql: `ALTER TABLE ${name} ADD ${constraintClause(each)}`,
      })),
      ...rowSecurity(name, table),
      ...(await rows(POLICIES_SQL)).map((policy) => policyObject(name, policy)),
    ],
    sequences,
  };
}

function createTable(table: SqlRow, clauses: readonly string[]): string {
  const unlogged = table.persistence === 'u' ? 'UNLOGGED ' : '';
  const partitioned = table.partition_key === null ? '' : ` PARTITION BY ${table.partition_key}`;
  const options = table.options === null || table.options === '' ? '' : ` WITH (${table.options})`;
  return `CREATE ${unlogged}TABLE ${table.name} (\n  ${clauses.join(',\n  ')}\n)${partitioned}${options}`;
}

function columnClause(column: SqlRow, sequences: readonly SqlRow[]): string {
  const clause = [quoteName(String(column.name)), String(column.type)];
  if (column.collation !== null) clause.push(`COLLATE ${column.collation}`);
  const sequence = sequences.find((each) => each.tie === 'i' && each.column === column.name);
  if (column.generated !== '') clause.push(`GENERATED ALWAYS AS (${column.fallback}) STORED`);
  else if (column.identity !== '') {
    const when = column.identity === 'a' ? 'ALWAYS' : 'BY DEFAULT';
    const options = sequence === undefined ? '' : ` (${identityOptions(sequence)})`;
    clause.push(`GENERATED ${when} AS IDENTITY${options}`);
  } else if (column.fallback !== null) clause.push(`DEFAULT ${column.fallback}`);
  if (column.required === 1) clause.push('NOT NULL');
  return clause.join(' ');
}

const isLate = ({ type, definition }: SqlRow): boolean =>
  type === 'f' || String(definition).endsWith(' NOT VALID');

const constraintClause = ({ name, definition }: SqlRow): string =>
  `CONSTRAINT ${quoteName(String(name))} ${definition}`;

function sequenceOptions(sequence: SqlRow): string {
  const { start, increment, minimum, maximum, cache, cycle } = sequence;
  const range = `INCREMENT BY ${increment} MINVALUE ${minimum} MAXVALUE ${maximum} START WITH ${start}`;
  return `${range} CACHE ${cache}${cycle === 1 ? ' CYCLE' : ' NO CYCLE'}`;
}

const identityOptions = (sequence: SqlRow): string =>
  `SEQUENCE NAME ${sequence.name} ${sequenceOptions(sequence)}`;

/** One that is not owned may be there still. */
const createSequence = (sequence: SqlRow): string =>
  `CREATE SEQUENCE IF NOT EXISTS ${sequence.name} AS ${sequence.type} ${sequenceOptions(sequence)}`;

const ownSequence = (table: string, sequence: SqlRow): string =>
  `ALTER SEQUENCE ${sequence.name} OWNED BY ${table}.${quoteName(String(sequence.column))}`;

function createPartition({ name, parent, bound, partition_key: key }: SqlRow): string {
  return `CREATE TABLE ${name} PARTITION OF ${parent} ${bound}${key === null ? '' : ` PARTITION BY ${key}`}`;
}

/** pg_trigger.tgenabled; most are O. */
const ENABLED: Readonly<Record<string, string>> = {
  D: 'DISABLE',
  A: 'ENABLE ALWAYS',
  R: 'ENABLE REPLICA',
};

function triggerObject(table: string, trigger: SqlRow): SchemaObject {
  const name = String(trigger.name);
  const state = ENABLED[String(trigger.enabled)];
  const alter = state === undefined ? '' : `; ALTER TABLE ${table} ${state} TRIGGER ${quoteName(name)}`;
  return { name, sql: `${trigger.sql}${alter}` };
}

function rowSecurity(table: string, { secured, forced }: SqlRow): SchemaObject[] {
  const name = 'row security';
  return [
    ...(secured === 1 ? [{ name, sql: `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY` }] : []),
    ...(forced === 1 ? [{ name, sql: `ALTER TABLE ${table} FORCE ROW LEVEL SECURITY` }] : []),
  ];
}

/** pg_policy.polcmd. */
const COMMANDS: Readonly<Record<string, string>> = {
  r: 'SELECT',
  a: 'INSERT',
  w: 'UPDATE',
  d: 'DELETE',
  '*': 'ALL',
};

function policyObject(table: string, policy: SqlRow): SchemaObject {
  const name = String(policy.name);
  const kind = policy.permissive === 1 ? 'PERMISSIVE' : 'RESTRICTIVE';
  const visible = policy.visible === null ? '' : ` USING (${policy.visible})`;
  const written = policy.written === null ? '' : ` WITH CHECK (${policy.written})`;
  const start = `CREATE POLICY ${quoteName(name)} ON ${table} AS ${kind} FOR ${COMMANDS[String(policy.command)]}`;
  return { name, sql: `${start} TO ${policy.roles}${visible}${written}` };
}
