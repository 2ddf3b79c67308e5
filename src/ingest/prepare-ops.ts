import type { CsvPart, Prepared, Preparer } from './prepare.ts';

/** The operations of a thread that only prepares: no database, so that it stays small. */
export const PREPARE_OPS = {
  prepare: async (preparer: Preparer, part: CsvPart): Promise<Prepared> => preparer.csv(part),
};

export type PrepareOps = typeof PREPARE_OPS;
