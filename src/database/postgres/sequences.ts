import type { TableFacts } from '../../model/stored-table.ts';
import type { Table } from '../../model/table.ts';
import type { SqlRow } from '../database.ts';
import { privilegeError } from '../restore-failures.ts';
import { SEQUENCES_SQL } from './facts-sql.ts';
import { quoteName } from './names.ts';
import { type Relation, rowsOf } from './relations.ts';
import type { Session } from './session.ts';

/** Sequences go on behind every value that was given out. */

/** The last value that a sequence is to have given out. */
export interface Raise {
  readonly sequence: string;
  readonly value: bigint;
}

/**
 * The sequences of the table that stand behind the last value of the backup or the largest in the table; they are set
 * at the very end, since that cannot be taken back. `database-privilege` when the role may not set one of them.
 */
export async function sequencesToRaise(
  session: Session,
  table: Table,
  relation: Relation,
  facts: TableFacts,
): Promise<readonly Raise[]> {
  const raises: Raise[] = [];
  for (const sequence of await session.rows(SEQUENCES_SQL, [relation.oid])) {
    const column = table.columns.find(({ name }) => name === sequence.column);
    if (column?.kind !== 'integer') continue;
    const saved = facts.sequences.find((each) => each.column === column.name)?.value;
    const value = await wanted(session, relation, sequence, saved);
    if (value === null) continue;
    const name = String(sequence.name);
    if (sequence.settable !== 1) throw mayNotSet(name, relation.name, sequence.readable === 1);
    raises.push({ sequence: name, value });
  }
  return raises;
}

function mayNotSet(sequence: string, table: string, readable: boolean): Error {
  return readable
    ? privilegeError(
        `the next value of ${sequence} would be one that ${table} has, and the role may not set it`,
        `GRANT UPDATE ON SEQUENCE ${sequence} TO role`,
      )
    : privilegeError(
        `whether the next value of ${sequence} would be one that ${table} has cannot be told: the role may not read it`,
        `GRANT SELECT ON SEQUENCE ${sequence} TO role`,
      );
}

/** Null: it stands far enough. */
async function wanted(
  session: Session,
  relation: Relation,
  sequence: SqlRow,
  saved: string | undefined,
): Promise<bigint | null> {
  const step = BigInt(String(sequence.increment));
  const farthest = step > 0n ? 'max' : 'min';
  const column = quoteName(String(sequence.column));
  const [row] = await session.rows(`SELECT ${farthest}(${column})::text AS value FROM ${rowsOf(relation)}`);
  const values = [saved, row?.value].flatMap((value) =>
    value === undefined || value === null ? [] : [BigInt(String(value))],
  );
  // One that gave out nothing yet stands a step before its start.
  const now =
    sequence.value === null ? BigInt(String(sequence.start)) - step : BigInt(String(sequence.value));
  const isBehind = (value: bigint): boolean => (step > 0n ? value > now : value < now);
  const behind = values.filter(isBehind).sort((a, b) => (a < b ? -1 : 1));
  const value = step > 0n ? behind.at(-1) : behind[0];
  if (value === undefined) return null;
  const limit = BigInt(String(step > 0n ? sequence.maximum : sequence.minimum));
  const past = step > 0n ? value > limit : value < limit;
  return past ? limit : value;
}

export async function raiseSequences(session: Session, raises: readonly Raise[]): Promise<void> {
  for (const { sequence, value } of raises) {
    await session.rows('SELECT setval($1::regclass, $2::bigint)', [sequence, value]);
  }
}
