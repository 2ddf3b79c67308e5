import type { Connection } from '../database/database.ts';
import { countRows } from '../database/table-rows.ts';
import { RowferryError } from '../errors.ts';
import { nearNames } from '../lib/near-names.ts';
import { SingleFlight } from '../lib/single-flight.ts';
import type { Table } from '../model/table.ts';

/** How old the version may be that a part is checked by. Milliseconds. */
const RECENT_MS = 250;

/** The tables of the live database, read again when its schema changed. */
export class Dictionary {
  readonly #connection: Connection;
  /** Parts come several at a time, and need the same answer. */
  #reading = new SingleFlight<unknown>();
  #version = '';
  #tables: readonly Table[] = [];
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  version(): Promise<string> {
    return this.#connection.schemaVersion();
  }

  async tables(): Promise<readonly Table[]> {
    const readAt = performance.now();
    const version = await this.version();
    if (version !== this.#version) {
      // Databases order names by their own collations.
      this.#tables = (await this.#connection.introspect()).toSorted((a, b) => (a.name < b.name ? -1 : 1));
      this.#version = version;
    }
    this.#readAt = readAt;
    return this.#tables;
  }

  async table(name: string): Promise<Table> {
    return find(name, await this.tables());
  }

  /**
   * A table and the version it was read at, a moment ago: for what looks at the version again before it commits. A
   * database's answer to "has anything changed?" costs as much as a tenth of a part.
   */
  async recent(name: string): Promise<{ table: Table; version: string }> {
    if (performance.now() - this.#readAt >= RECENT_MS) await this.#reading.run(() => this.tables());
    // Both at once: somebody else may have read anew meanwhile.
    return { table: find(name, this.#tables), version: this.#version };
  }

  /** What was read is no longer so. */
  forget(): void {
    this.#readAt = Number.NEGATIVE_INFINITY;
    // What is being read was asked for before.
    this.#reading = new SingleFlight();
  }

  async rowCount(name: string): Promise<number> {
    const table = await this.table(name);
    return countRows(this.#connection, table);
  }
}

function find(name: string, tables: readonly Table[]): Table {
  const table = tables.find((each) => each.name === name) ?? tables.find((each) => sameName(each.name, name));
  if (table !== undefined) return table;
  const names = tables.map((each) => each.name);
  const near = nearNames(name, names);
  throw new RowferryError('table-not-found', `there is no table ${JSON.stringify(name)}`, {
    hint: near.length > 0 ? `did you mean ${near.join(' or ')}?` : `tables: ${names.join(', ') || 'none'}`,
  });
}

const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
