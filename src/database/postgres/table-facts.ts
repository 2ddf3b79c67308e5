import type { Sequence, StoredColumn, TableFacts } from '../../model/stored-table.ts';
import type { ForeignKey, Table } from '../../model/table.ts';
import type { SqlRow } from '../database.ts';
import { tableStatements } from './create-table.ts';
import { REFERRERS_SQL } from './facts-sql.ts';
import { keyAction, nameList } from './introspect.ts';
import type { Session } from './session.ts';

/** What a backup keeps of a PostgreSQL table besides its rows. */
export async function tableFacts(
  session: Session,
  table: Table,
  oid: string,
  columns: readonly StoredColumn[],
): Promise<TableFacts> {
  return withoutSearchPath(session, async () => {
    const { createTable, indexes, triggers, later, sequences } = await tableStatements(session, oid);
    const referrers = await session.rows(REFERRERS_SQL, [oid]);
    const [encoding] = await session.rows("SELECT current_setting('server_encoding') AS name");
    return {
      table: table.name,
      columns,
      primaryKey: table.primaryKey,
      uniques: table.uniqueKeys.filter((key) => !key.primary),
      checks: table.checks,
      indexes,
      foreignKeys: table.foreignKeys,
      referencedBy: referrers.filter(({ own }) => own !== 1).map((row) => referrer(table, row)),
      triggers,
      sequences: sequences.flatMap(lastValue),
      createTable,
      later,
      encoding: String(encoding?.name),
    };
  });
}

/** Every name that the server writes has its schema then. Inside a transaction. */
async function withoutSearchPath<T>(session: Session, work: () => Promise<T>): Promise<T> {
  const [before] = await session.rows("SELECT current_setting('search_path') AS path");
  await session.run("SET LOCAL search_path = ''");
  try {
    return await work();
  } finally {
    // A transaction that failed takes it back by itself.
    await session
      .rows("SELECT set_config('search_path', $1, true)", [String(before?.path)])
      .catch(() => undefined);
  }
}

function referrer(table: Table, row: SqlRow): ForeignKey & { readonly table: string } {
  return {
    table: String(row.child_name),
    name: String(row.name),
    columns: nameList(row.columns),
    parentTable: table.name,
    parentColumns: nameList(row.parent_columns),
    onDelete: keyAction(row.on_delete),
    onUpdate: keyAction(row.on_update),
    ...(row.match_full === 1 ? { matchFull: true } : {}),
  };
}

/** A sequence that gave out nothing yet starts as its statement says. */
function lastValue({ column, value }: SqlRow): Sequence[] {
  return value === null || value === undefined ? [] : [{ column: String(column), value: String(value) }];
}
