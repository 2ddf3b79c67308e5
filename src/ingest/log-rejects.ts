import type { Logger } from '../log.ts';
import type { Counts, Reason } from '../model/receipt.ts';

interface EndedLoad extends Counts {
  readonly load: string;
  readonly table: string;
  /** The file's name, or what else the rows came in. */
  readonly name: string;
  readonly reasons: readonly Reason[];
}

/** One line in log.txt for each reason why records of an ended load were rejected; the records are in the ledger. `accounted` marks what a summary tells as well. */
export function logRejects(log: Logger, { load, table, name, read, rejected, reasons }: EndedLoad): void {
  if (rejected === 0) return;
  log.warn(
    { load, accounted: true },
    `${name}: ${rejected} of ${read} records were not loaded into ${table}`,
  );
  for (const { code, column, count, firstLine } of reasons) {
    const where = column === null ? '' : ` in ${column}`;
    log.warn({ load, accounted: true }, `${name}: ${count} × ${code}${where}, first in line ${firstLine}`);
  }
}
