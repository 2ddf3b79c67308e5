import type { Connection } from '../database/database.ts';
import { listRejects, rejectDocument } from '../ledger/rejects.ts';
import type { BatchReceipt } from '../model/receipt.ts';

/**
 * The receipts of a request as its answer keeps them: without the rejects, which the ledger has already. With them an
 * answer could be larger than a statement may be.
 */
export function storedReceipts(receipts: readonly BatchReceipt[]): string {
  return JSON.stringify(receipts.map((receipt) => ({ ...receipt, rejects: [] })));
}

/** What `storedReceipts` wrote, complete again. */
export async function readReceipts(connection: Connection, body: string): Promise<BatchReceipt[]> {
  const receipts: BatchReceipt[] = [];
  for (const receipt of JSON.parse(body) as BatchReceipt[]) {
    const found = await listRejects(connection, receipt.load, { limit: receipt.rejected });
    receipts.push({ ...receipt, rejects: found.map(rejectDocument) });
  }
  return receipts;
}
