import type { Connection, TransactionOptions } from '../database/database.ts';

/** What came of work in a transaction of which nothing stays. */
export async function rolledBack<T>(
  connection: Connection,
  options: TransactionOptions,
  work: () => Promise<T>,
): Promise<T> {
  const tried = async () => {
    throw new TriedOut(await work());
  };
  try {
    return await connection.transaction<T>(tried, options);
  } catch (error) {
    // Thrown in the line above, so what it holds came of this work.
    if (error instanceof TriedOut) return error.result as T;
    throw error;
  }
}

/** Ends a transaction that is only tried. */
class TriedOut extends Error {
  readonly result: unknown;
  constructor(result: unknown) {
    super('tried out');
    this.result = result;
  }
}
