import type { Loaded, LoadOptions } from './load.ts';

/** An engine on a real server or file, as the suites for all engines need it. They write SQL that all of them read. */
export interface TestedEngine {
  /** A database of its own made by these statements; its URL. */
  databaseOf(sql: string): Promise<string>;
  /** Past the connection under test. */
  run(url: string, sql: string): Promise<void>;
  /** Rows of a query as lists of values, past the connection under test. */
  valuesIn(url: string, sql: string): Promise<unknown[][]>;
  /** One batch, committed. */
  load(url: string, csv: string, options?: LoadOptions): Promise<Loaded>;
  readonly facts: EngineFacts;
}

/** In what the engines differ. */
export interface EngineFacts {
  /** How rows are sent, as receipts name it. */
  readonly bulk: string;
  /** The type of the longest whole numbers. */
  readonly wholeNumbers: { readonly type: string; readonly least: bigint; readonly most: bigint };
  /** Of a row that breaks the CHECK `odd` of the table t: the database's own words, and how the row was found. */
  readonly brokenCheck: { readonly message: RegExp; readonly strategy: RegExp };
  /** The database says which foreign key a row breaks. */
  readonly namesForeignKeys: boolean;
}

/** The values of the first column. */
export async function listIn(engine: TestedEngine, url: string, sql: string): Promise<unknown[]> {
  return (await engine.valuesIn(url, sql)).map(([value]) => value);
}
