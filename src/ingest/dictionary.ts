import type { Connection } from '../database/database.ts';
import { RowferryError } from '../errors.ts';
import { countRows } from '../ledger/queries.ts';
import { nearNames } from '../lib/near-names.ts';
import type { Table } from '../model/table.ts';

/** The tables of the live database, read again when its schema changed. */
export class Dictionary {
  readonly #connection: Connection;
  #version = '';
  #tables: readonly Table[] = [];

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  version(): Promise<string> {
    return this.#connection.schemaVersion();
  }

  async tables(): Promise<readonly Table[]> {
    const version = await this.version();
    if (version !== this.#version) {
      // Databases order names by their own collations.
      this.#tables = (await this.#connection.introspect()).toSorted((a, b) => (a.name < b.name ? -1 : 1));
      this.#version = version;
    }
    return this.#tables;
  }

  async table(name: string): Promise<Table> {
    const tables = await this.tables();
    const table =
      tables.find((each) => each.name === name) ?? tables.find((each) => sameName(each.name, name));
    if (table !== undefined) return table;
    const names = tables.map((each) => each.name);
    const near = nearNames(name, names);
    throw new RowferryError('table-not-found', `there is no table ${JSON.stringify(name)}`, {
      hint: near.length > 0 ? `did you mean ${near.join(' or ')}?` : `tables: ${names.join(', ') || 'none'}`,
    });
  }

  async rowCount(name: string): Promise<number> {
    const table = await this.table(name);
    return countRows(this.#connection, table);
  }
}

const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
