import { DatabaseSync } from 'node:sqlite';
import type { SchemaObject, TableFacts } from '../../model/stored-table.ts';
import type { Renamed } from '../snapshot.ts';
import { quoteName } from './encode.ts';
import { schemaObjects } from './table-facts.ts';

/**
 * A table of a backup under another name. SQLite itself writes the statements anew, in a database of its own: it finds
 * each place where a CHECK, an index or a key to the table itself names the table (sqlite.org/lang_altertable.html).
 */
export function renamedFacts(db: DatabaseSync, facts: TableFacts, table: string): Renamed {
  const { createTable, indexes } = renamedStatements(facts, table);
  const nameFor = indexNames(db, facts.table, table);
  return {
    facts: {
      ...facts,
      table,
      createTable,
      indexes: indexes.map(({ name, sql }) => underName(sql, nameFor(name))),
      foreignKeys: facts.foreignKeys.map((key) =>
        key.parentTable.toLowerCase() === facts.table.toLowerCase() ? { ...key, parentTable: table } : key,
      ),
      referencedBy: [],
      triggers: [],
    },
    notTaken: facts.triggers.map(({ name }) => `trigger ${name}`),
  };
}

function renamedStatements(facts: TableFacts, table: string): Pick<TableFacts, 'createTable' | 'indexes'> {
  const db = new DatabaseSync(':memory:', { enableForeignKeyConstraints: false });
  try {
    db.exec(facts.createTable);
    for (const { sql } of facts.indexes) db.exec(sql);
    db.exec(`ALTER TABLE ${quoteName(facts.table)} RENAME TO ${quoteName(table)}`);
    const made = db.prepare("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?").get(table);
    return { createTable: String(made?.sql), indexes: schemaObjects(db, 'index', table) };
  } finally {
    db.close();
  }
}

/** All indexes of a database share their names: `jobs_title` of jobs becomes `old_jobs_title`, or one that is free. */
function indexNames(db: DatabaseSync, before: string, table: string): (name: string) => string {
  const used = new Set(
    db
      .prepare('SELECT lower(name) AS name FROM sqlite_schema')
      .all()
      .map((row) => String(row.name)),
  );
  return (name) => {
    const stem = name.includes(before) ? name.replace(before, () => table) : `${table}_${name}`;
    let free = stem;
    for (let n = 2; used.has(free.toLowerCase()); n++) free = `${stem}_${n}`;
    used.add(free.toLowerCase());
    return free;
  };
}

/** As sqlite_schema has the statement: what stands before the name is written by SQLite. */
const INDEX_NAME =
  /^(CREATE (?:UNIQUE )?INDEX )(?:"(?:[^"]|"")*"|`(?:[^`]|``)*`|'(?:[^']|'')*'|\[[^\]]*\]|[\w$\u0080-\u{10ffff}]+)/u;

function underName(sql: string, name: string): SchemaObject {
  return { name, sql: sql.replace(INDEX_NAME, (_, start: string) => `${start}${quoteName(name)}`) };
}
