import type { Connection } from '../database/database.ts';
import { RowferryError } from '../errors.ts';
import { sameName } from './names.ts';
import type { TablePlan } from './plan.ts';

/**
 * Makes the tables, all or none: in one transaction where the engine can, else those that were made are dropped again.
 * Throws `usage` where one is there already, and what the database says where it refuses one.
 */
export async function applyPlan(connection: Connection, tables: readonly TablePlan[]): Promise<void> {
  await assertNew(connection, tables);
  if (connection.engine.capabilities.transactionalDdl) {
    await connection.transaction(() => make(connection, tables), { write: true });
    return;
  }
  const made: TablePlan[] = [];
  try {
    await make(connection, tables, (table) => made.push(table));
  } catch (error) {
    await drop(connection, made);
    throw error;
  }
}

async function assertNew(connection: Connection, tables: readonly TablePlan[]): Promise<void> {
  const there = new Map((await connection.introspect()).map(({ name }) => [sameName(name), name]));
  const found = tables.flatMap(({ name }) => there.get(sameName(name)) ?? []);
  if (found.length === 0) return;
  throw new RowferryError('usage', `the database has ${found.join(', ')} already; nothing was created`, {
    hint: `load into it as it is: rowferry load; or drop it first, if nothing in it is needed`,
  });
}

async function make(
  connection: Connection,
  tables: readonly TablePlan[],
  onMade: (table: TablePlan) => void = () => undefined,
): Promise<void> {
  for (const table of tables) {
    await run(connection, table, table.ddl.create);
    onMade(table);
  }
  for (const table of tables) {
    for (const statement of table.ddl.constraints) await run(connection, table, statement);
  }
}

async function run(connection: Connection, table: TablePlan, statement: string): Promise<void> {
  try {
    await connection.execute(statement);
  } catch (cause) {
    if (cause instanceof RowferryError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new RowferryError('database-refused', `the database refuses the table ${table.name}: ${reason}`, {
      hint: 'see the statement with rowferry plan, without --apply; nothing was created',
      cause,
    });
  }
}

/** Children first. They are empty: nobody knows of them yet. */
async function drop(connection: Connection, made: readonly TablePlan[]): Promise<void> {
  const { ddl } = connection.engine;
  const keys = made.flatMap((table) => table.ddl.constraints.length);
  if (keys.some((count) => count > 0)) await connection.execute('SET FOREIGN_KEY_CHECKS = 0');
  for (const { name } of made.toReversed()) await connection.execute(`DROP TABLE ${ddl.quoteName(name)}`);
}
