import { createHash } from 'node:crypto';
import type { Connection } from '../database/database.ts';
import { refine } from '../dictionary/schema/refine.ts';
import { readSchema, type Schema } from '../dictionary/schema/schema.ts';
import { findSchema, type KeptSchema } from '../ledger/schemas.ts';
import type { Table } from '../model/table.ts';

/** Schemas that were read lately; a load asks for its own with each part. */
const REMEMBERED = 16;

/** The schemas of loads. What is kept under a SHA-256 never changes. */
export class Schemas {
  readonly #connection: Connection;
  readonly #read = new Map<string, Schema>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** The table as a load with this schema sees it. `schema-invalid` when the table no longer fits. */
  async refined(table: Table, sha256: string | null): Promise<Table> {
    return sha256 === null ? table : refine(table, await this.#schema(sha256));
  }

  async #schema(sha256: string): Promise<Schema> {
    const known = this.#read.get(sha256);
    if (known !== undefined) return known;
    const { document } = await findSchema(this.#connection, sha256);
    const schema = readSchema(JSON.parse(document));
    const [oldest] = this.#read.keys();
    if (oldest !== undefined && this.#read.size >= REMEMBERED) this.#read.delete(oldest);
    this.#read.set(sha256, schema);
    return schema;
  }
}

/** As the ledger keeps it, once the table fits. `schema-invalid`. */
export function fittingSchema(table: Table, descriptor: unknown): KeptSchema {
  refine(table, readSchema(descriptor));
  const document = JSON.stringify(descriptor);
  return { document, sha256: createHash('sha256').update(document).digest('hex') };
}
