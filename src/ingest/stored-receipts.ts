import type { Connection } from '../database/database.ts';
import { eachReject, rejectDocument } from '../ledger/rejects.ts';
import type { BatchReceipt } from '../model/receipt.ts';
import type { RejectDocument } from '../model/reject.ts';

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
    const rejects: RejectDocument[] = [];
    for await (const reject of eachReject(connection, receipt.load)) rejects.push(rejectDocument(reject));
    receipts.push({ ...receipt, rejects });
  }
  return receipts;
}
