import type { Dialect } from '../model/dialect.ts';
import type { BatchReceipt } from '../model/receipt.ts';
import type { Mode } from '../model/table.ts';
import { receiptOf } from './problem.ts';
import type { Api } from './retry.ts';

/** Requests to load the rejects of a load again. Nothing here comes from Node. */

export interface MendOptions {
  /** Properties in which the mended records differ from how the content of the load was written. */
  readonly dialect?: Partial<Dialect>;
  /** Default: that of the load. */
  readonly mode?: Mode;
  /** All rows of a request or none. */
  readonly atomic?: boolean;
  readonly signal?: AbortSignal;
}

/** `first`: the records are the rejects from this one on, counted from 0. */
export type SendRecords = (
  records: Uint8Array,
  options: MendOptions & { readonly first?: number },
) => Promise<BatchReceipt>;

const OPERATION = 'POST /v1/loads/{id}/rejects/retry';

/** As they were; a receipt for each request, until no more can go. */
export async function* retryAll(api: Api, load: string, signal?: AbortSignal): AsyncGenerator<BatchReceipt> {
  for (let after: number | undefined; ; ) {
    const call = api.call(OPERATION, { path: { id: load }, query: { after }, signal });
    const receipt = await call.catch(receiptIn);
    yield receipt;
    if (typeof receipt.next !== 'number') return;
    after = receipt.next;
  }
}

/** Corrected records as CSV. */
export function sendRecords(api: Api, load: string): SendRecords {
  return (body, { dialect, mode, atomic, signal, first }) => {
    const query = {
      first,
      mode,
      atomic,
      ...(dialect === undefined ? {} : { dialect: JSON.stringify(dialect) }),
    };
    const call = { path: { id: load }, query, body, contentType: 'text/csv', signal } as const;
    return api.call(OPERATION, call).catch(receiptIn);
  };
}

/** That not one row was loaded is an answer here, not an error: its receipt comes with the problem. */
function receiptIn(error: unknown): BatchReceipt {
  const receipt = receiptOf(error);
  if (receipt === null) throw error;
  return receipt;
}
