/** Places on the way of the data where a fault would hurt most. */
export type Failpoint =
  | 'after_claim'
  | 'after_rows'
  | 'before_ledger'
  | 'before_commit'
  | 'after_commit'
  | 'before_receipt'
  | 'before_rename';

/**
 * Does nothing: the program has no switch that lets it die. The tests of faults start processes in which another
 * module stands in the place of this one (test/faults/harness/failpoint.ts).
 */
export function failpoint(_passed: Failpoint): void {}
