import { RowferryError } from '../errors.ts';
import type { Counts } from '../model/receipt.ts';
import type { RejectError } from '../model/reject.ts';

/** A first batch of this many records … */
const TELLING_RECORDS = 100;
/** … of which this share is rejected is taken for a wrong file. */
const WRONG_SHARE = 0.9;

/** "100" or "5%" → checked text; throws `bad-request`. */
export function checkMaxRejects(text: string): string {
  if (/^(?:\d{1,12}|(?:100|\d{1,2}(?:\.\d{1,3})?)%)$/.test(text)) return text;
  throw new RowferryError(
    'bad-request',
    `maxRejects is ${JSON.stringify(text)}; expected a number or a percentage`,
    {
      hint: 'e.g. 100 or 5%',
    },
  );
}

/** Whether the rejects of a load so far are more than it may have. */
export function exceeds(maxRejects: string | null, counts: Counts, ended: boolean): boolean {
  if (maxRejects === null) return false;
  if (!maxRejects.endsWith('%')) return counts.rejected > Number(maxRejects);
  const share = Number(maxRejects.slice(0, -1)) / 100;
  return (ended || counts.read >= TELLING_RECORDS) && counts.rejected > counts.read * share;
}

/** The detail of a load that has more rejects than its limit. */
export function stoppedBy(maxRejects: string | null, { read, rejected }: Counts): string {
  const limit = maxRejects?.endsWith('%') ? `${maxRejects} of ${read} records` : maxRejects;
  return `stopped: ${rejected} rejects are more than ${limit}`;
}

type Codes = readonly Pick<RejectError, 'code'>[];

/** What came of a batch. */
interface Judged {
  readonly counts: Counts;
  readonly rejects: ReadonlyArray<{ readonly errors: Codes }>;
}

/**
 * Without a limit of its own, a load whose first batch is nearly all rejects stops before the ledger fills. Records that
 * only want for their parents tell nothing: they fit the table, and are tried again when the parents have come.
 */
export function looksWrong(maxRejects: string | null, first: boolean, { counts, rejects }: Judged): boolean {
  if (maxRejects !== null || !first) return false;
  const wrong = rejects.filter(({ errors }) => !wantsForParents(errors)).length;
  const telling = counts.read - (rejects.length - wrong);
  return telling >= TELLING_RECORDS && wrong >= telling * WRONG_SHARE;
}

/** Whether there is nothing against a record but that the rows it points at are not there. */
export function wantsForParents(errors: Codes): boolean {
  return errors.every(({ code }) => code === 'foreign_key');
}
