import type { DatabaseSync } from 'node:sqlite';
import { RowferryError } from '../../errors.ts';
import type { ForeignKey, Table } from '../../model/table.ts';
import { quoteName } from './encode.ts';

/**
 * Child rows without their parents, before and after a table is replaced. Those that were there before are not
 * the restore's doing; more of them than before are.
 */
export class OrphanCheck {
  readonly #db: DatabaseSync;
  readonly #table: string;
  readonly #keys: ReadonlyArray<{ readonly child: string; readonly key: ForeignKey }>;

  /** Counts what is there now. The keys looked at are those of `table` and those that point at it. */
  constructor(db: DatabaseSync, table: string, schema: readonly Table[]) {
    this.#db = db;
    this.#table = table;
    const name = table.toLowerCase();
    this.#keys = schema.flatMap((each) =>
      each.foreignKeys
        .filter((key) => each.name.toLowerCase() === name || key.parentTable.toLowerCase() === name)
        .filter((key) => key.parentColumns.every((column) => column !== ''))
        .map((key) => ({ child: each.name, key })),
    );
    this.#keys.forEach(({ child, key }, index) => {
      db.exec(
        `CREATE TABLE ${before(index)} (key TEXT PRIMARY KEY, n INTEGER) WITHOUT ROWID;
         INSERT INTO ${before(index)} ${orphansByKey(db, child, key)}`,
      );
    });
  }

  /** `restore-orphans` with the child, its columns, how many and an example, when there are new ones. */
  check(): void {
    this.#keys.forEach(({ child, key }, index) => {
      const found = this.#db
        .prepare(
          `SELECT sum(now.n - coalesce(old.n, 0)) AS n, min(now.key) AS example
           FROM (${orphansByKey(this.#db, child, key)}) AS now LEFT JOIN ${before(index)} AS old USING (key)
           WHERE now.n > coalesce(old.n, 0)`,
        )
        .get();
      if (found?.n) throw orphans(this.#table, child, key, Number(found.n), String(found.example));
    });
  }
}

function before(index: number): string {
  return `temp.${quoteName(`rowferry_orphans_${index}`)}`;
}

/**
 * The values of a foreign key that have no parent, as text, each with its number of rows. The plus takes the
 * affinity of the child's column away: SQLite compares with affinity and collation of the parent's
 * (https://sqlite.org/foreignkeys.html, 3).
 */
export function orphansByKey(db: DatabaseSync, child: string, key: ForeignKey): string {
  const columns = key.columns.map((column) => `c.${quoteName(column)}`);
  const matches = key.parentColumns.map((column, index) => `p.${quoteName(column)} = +${columns[index]}`);
  const noParent = hasTable(db, key.parentTable)
    ? `NOT EXISTS (SELECT 1 FROM ${quoteName(key.parentTable)} AS p WHERE ${matches.join(' AND ')})`
    : 'true';
  const present = columns.map((column) => `${column} IS NOT NULL`);
  return `SELECT ${columns.map((column) => `quote(${column})`).join(" || ', ' || ")} AS key, count(*) AS n
    FROM ${quoteName(child)} AS c WHERE ${[...present, noParent].join(' AND ')} GROUP BY 1`;
}

function hasTable(db: DatabaseSync, name: string): boolean {
  const found = db
    .prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE")
    .get(name);
  return found !== undefined;
}

function orphans(
  table: string,
  child: string,
  key: ForeignKey,
  count: number,
  example: string,
): RowferryError {
  const columns = key.columns.join(', ');
  const parent = `${key.parentTable} (${key.parentColumns.join(', ')})`;
  const other = child.toLowerCase() === table.toLowerCase() ? key.parentTable : child;
  const way = other === child ? 'take those rows away' : 'add the missing rows';
  const rows = count === 1 ? '1 row' : `${count} rows`;
  return new RowferryError(
    'restore-orphans',
    `${rows} of ${child} would be without a parent: ${columns} = ${example}, for example, is not in ${parent}`,
    {
      hint: `restore ${other} from the same run first, or ${way}`,
      extra: { child, columns: key.columns, parent: key.parentTable, count, example },
    },
  );
}
