import type { LaidOutRows } from '../row-layout.ts';
import { DUPLICATE_KEY, isServerFailure, NO_PARENT } from './failures.ts';
import type { Sent } from './load-data.ts';
import type { Session } from './session.ts';

/** A question for each of them: more take longer than smaller pieces do. */
const MOST_WARNINGS_ASKED = 5000;
/** The most columns of a SELECT are 4096. */
const VARIABLES_AT_ONCE = 1000;
/** A row that breaks a CHECK is not counted by the server that passes it over. */
const BROKEN_CHECK = 4025;
/** Keys, parents, CHECKs of both servers, partitions. */
const PASSED_OVER: ReadonlySet<number> = new Set([DUPLICATE_KEY, NO_PARENT, BROKEN_CHECK, 3819, 1526]);
const SYNTAX_ERROR = 1064;

/** Sessions with servers that do not number the rows of warnings: MySQL, and MariaDB before 10.7. */
const without = new WeakSet<Session>();

/** Records by what became of them. */
export interface Warned {
  readonly passedOver: ReadonlySet<number>;
  /** They are in the table, but not as they were sent. */
  readonly altered: ReadonlySet<number>;
}

/**
 * The records that the warnings of the last statement seem to be about, or those but for keys. No more than a hint:
 * whoever asks looks whether the others get in without them. Null where the server does not tell, or there are too many.
 */
export async function warnedRecords(
  session: Session,
  { layout }: LaidOutRows,
  { warnings }: Sent,
  exceptKeys: boolean,
): Promise<Warned | null> {
  const asked = [...warnings.entries()].filter(([, { errno }]) => !(exceptKeys && errno === DUPLICATE_KEY));
  if (without.has(session) || asked.length > MOST_WARNINGS_ASKED) return null;
  const numbers = await rowNumbers(
    session,
    asked.map(([i]) => i + 1),
  );
  const passedOver = new Set<number>();
  const altered = new Set<number>();
  let notCounted = 0;
  for (const [i, [, { errno }]] of asked.entries()) {
    const record = layout.records[(numbers[i] ?? 0) + notCounted - 1];
    if (record !== undefined) (PASSED_OVER.has(errno) ? passedOver : altered).add(record);
    if (errno === BROKEN_CHECK) notCounted++;
  }
  return { passedOver, altered: altered.difference(passedOver) };
}

/** Of the conditions with these numbers. Asked one by one: any other statement would make the server forget them. */
async function rowNumbers(session: Session, conditions: readonly number[]): Promise<number[]> {
  const numbers: number[] = [];
  try {
    for (const [i, condition] of conditions.entries()) {
      await session.run(`GET DIAGNOSTICS CONDITION ${condition} @rowferry_row_${i} = ROW_NUMBER`);
    }
  } catch (error) {
    if (!isServerFailure(error) || error.errno !== SYNTAX_ERROR) throw error;
    without.add(session);
    return numbers;
  }
  for (let from = 0; from < conditions.length; from += VARIABLES_AT_ONCE) {
    const some = conditions.slice(from, from + VARIABLES_AT_ONCE);
    const names = some.map((_, i) => `@rowferry_row_${from + i} AS r${i}`);
    const [row = {}] = await session.rows(`SELECT ${names.join(', ')}`);
    for (const i of some.keys()) numbers.push(Number(row[`r${i}`] ?? 0));
  }
  return numbers;
}
