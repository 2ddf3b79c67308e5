import { RowferryError } from '../../errors.ts';
import type { SchemaObject, TableFacts } from '../../model/stored-table.ts';
import type { Renamed } from '../snapshot.ts';
import { postgresDdl } from './ddl.ts';
import { quoteName } from './names.ts';
import type { Session } from './session.ts';

/**
 * A table of a backup under another name, in the schema that it was in. Keys, indexes and sequences of its own are named
 * by the server, which takes names that are free; partitions and triggers stay behind. The statements are those that
 * create-table.ts writes: every name has its schema.
 */
export async function renamedFacts(session: Session, facts: TableFacts, table: string): Promise<Renamed> {
  refuseUnfit(table);
  const made = CREATE_TABLE.exec(facts.createTable)?.groups;
  if (made === undefined) throw new TypeError('facts without CREATE TABLE');
  const { start = '', schema = '', name = '', clauses = '', options = '', partitions } = made;
  const before = `${schema}.${name}`;
  const after = `${schema}.${quoteName(table)}`;
  const sequences = new Map<string, OwnSequence>();
  for (const { sequence, column } of ownedSequences(facts.createTable, before)) {
    const taken = new Set([...sequences.values()].map((own) => own.name));
    sequences.set(sequence, { column, name: await freeSequence(session, schema, table, taken) });
  }
  const create = `CREATE ${start}TABLE ${after} ${ownNames(clauses, sequences)}${options}`;
  const statements = [
    ...sequenceStatements(facts.createTable, sequences),
    create,
    ...[...sequences.values()].map(
      ({ column, name: own }) => `ALTER SEQUENCE ${own} OWNED BY ${after}.${column}`,
    ),
  ];
  return {
    facts: {
      ...facts,
      table,
      createTable: statements.join(';\n'),
      indexes: facts.indexes.map(({ name: index, sql }) => ({
        name: index,
        sql: onTable(sql, before, after),
      })),
      later: (facts.later ?? []).map((each) => laterOn(each, before, after)),
      foreignKeys: facts.foreignKeys.map((key) =>
        key.parentTable === facts.table && key.parentSchema === undefined
          ? { ...key, parentTable: table }
          : key,
      ),
      referencedBy: [],
      triggers: [],
    },
    notTaken: [
      ...facts.triggers.map((trigger) => `trigger ${trigger.name}`),
      ...(partitions === undefined ? [] : ['its partitions']),
    ],
  };
}

/** The server would cut the name, or take it for one of its own columns. */
function refuseUnfit(table: string): void {
  if (postgresDdl.fitName(table) === table) return;
  throw new RowferryError('table-unsupported', `${table} cannot be the name of a table`, {
    hint: 'take a name of at most 63 bytes',
  });
}

const NAME = String.raw`(?:"(?:[^"]|"")*"|[^".\s]+)`;
const TEXT = `'(?:[^']|'')*'`;

const CREATE_TABLE = new RegExp(
  String.raw`^CREATE (?<start>UNLOGGED )?TABLE (?<schema>${NAME})\.(?<name>${NAME}) (?<clauses>\(\n(?:${TEXT}|"(?:[^"]|"")*"|[^'"])*?\n\))(?<partitions> PARTITION BY [^\n;]*)?(?<options> WITH \([^\n;]*\))?(?=;\n|$)`,
  'm',
);

interface Owned {
  readonly sequence: string;
  readonly column: string;
}

interface OwnSequence {
  readonly column: string;
  /** With its schema. */
  readonly name: string;
}

/** Of serial columns; a sequence that other tables may ask too stays the one it is. */
function ownedSequences(createTable: string, table: string): Owned[] {
  const owned = new RegExp(String.raw`^ALTER SEQUENCE (${NAME}\.${NAME}) OWNED BY ([^\n]*?);?$`, 'gm');
  return [...createTable.matchAll(owned)].flatMap(([, sequence = '', column = '']) =>
    column.startsWith(`${table}.`) ? [{ sequence, column: column.slice(table.length + 1) }] : [],
  );
}

/** With its schema; sequences share their names with tables and indexes. */
async function freeSequence(
  session: Session,
  schema: string,
  table: string,
  taken: ReadonlySet<string>,
): Promise<string> {
  for (let n = 1; ; n++) {
    const end = `_seq${n === 1 ? '' : n}`;
    let start = table;
    while (postgresDdl.fitName(start + end) !== start + end) start = start.slice(0, -1);
    const name = `${schema}.${quoteName(start + end)}`;
    const [row] = await session.rows('SELECT to_regclass($1)::text AS found', [name]);
    if (row?.found === null && !taken.has(name)) return name;
  }
}

/** Those of sequences that are shared stand as they are. */
function sequenceStatements(createTable: string, own: ReadonlyMap<string, OwnSequence>): string[] {
  const statement = new RegExp(
    String.raw`^CREATE SEQUENCE IF NOT EXISTS (${NAME}\.${NAME}) ([^\n]*?);?$`,
    'gm',
  );
  return [...createTable.matchAll(statement)].map(([whole, sequence = '', options]) => {
    const made = own.get(sequence);
    return made === undefined ? whole.replace(/;$/, '') : `CREATE SEQUENCE ${made.name} ${options}`;
  });
}

/** What stands in quotes is left alone, but for the sequences that defaults ask. */
function ownNames(clauses: string, sequences: ReadonlyMap<string, OwnSequence>): string {
  const parts = new RegExp(
    String.raw`(?<next>nextval\((?<asked>${TEXT})::regclass\))|${TEXT}|(?<key>^ {2}CONSTRAINT ${NAME} (?=PRIMARY KEY|UNIQUE|EXCLUDE))|(?<identity>SEQUENCE NAME ${NAME}\.${NAME} )|"(?:[^"]|"")*"`,
    'gm',
  );
  return clauses.replace(parts, (whole, ...rest) => {
    const groups: Record<string, string | undefined> = rest.at(-1);
    if (groups.key !== undefined) return '  ';
    if (groups.identity !== undefined) return '';
    if (groups.asked === undefined) return whole;
    const asked = groups.asked.slice(1, -1).replaceAll("''", "'");
    const made = sequences.get(asked);
    return made === undefined ? whole : `nextval('${made.name.replaceAll("'", "''")}'::regclass)`;
  });
}

/** Without a name, so that the server finds one. */
function onTable(sql: string, before: string, after: string): string {
  const start = new RegExp(String.raw`^(CREATE (?:UNIQUE )?INDEX )${NAME} ON (${NAME}\.${NAME})`);
  return sql.replace(start, (whole, create: string, on: string) =>
    on === before ? `${create}ON ${after}` : whole,
  );
}

/** Foreign keys, CHECKs and policies: their names are those of one table. */
function laterOn({ name, sql }: SchemaObject, before: string, after: string): SchemaObject {
  const place = new RegExp(String.raw`^(ALTER TABLE |CREATE POLICY ${NAME} ON )(${NAME}\.${NAME})`);
  const moved = sql.replace(place, (whole, start: string, on: string) =>
    on === before ? start + after : whole,
  );
  const isKey = /^ALTER TABLE .* FOREIGN KEY \(/.test(sql);
  return {
    name,
    sql: isKey ? moved.replace(` REFERENCES ${before}(`, () => ` REFERENCES ${after}(`) : moved,
  };
}
