/** What an engine can do, as data: code asks for a capability by name, never for the engine. */
export interface Capabilities {
  /** DDL takes part in transactions. */
  readonly transactionalDdl: boolean;
  /** Only one connection can write at a time. */
  readonly singleWriter: boolean;
  /** How a batch travels. */
  readonly bulk: 'database-image' | 'copy-binary' | 'load-data' | 'multi-row';
  /** How many batches can be staged at once: the tables of one request. */
  readonly stagedBatches: number;
  /** Foreign keys can be checked set by set, with the row-by-row check off for the batch. */
  readonly setLevelForeignKeys: boolean;
  /** The declared type of a column is not enforced by the engine, so the dictionary does. */
  readonly looseTypes: boolean;
}
