import type { DatabaseReject } from '../database.ts';
import { BATCH } from './batch-table.ts';
import { notedRefusal, refusal } from './failures.ts';
import type { InsertJob } from './insert-job.ts';
import type { Session } from './session.ts';

/** Last resort for triggers and unusual indexes. */

export interface Halves {
  readonly changes: number;
  readonly rejects: readonly DatabaseReject[];
}

/** With so many rows found alone, the others are tried one by one in the database: halves would take longer. */
const FOUND_ALONE = 32;

/** Halves until the rows at fault stand alone. `statementOf` makes the statement for the rows of a condition. */
export async function byHalves(job: InsertJob, statementOf: (where: string) => string): Promise<Halves> {
  const rows = await job.session.rows(`SELECT ordinal FROM ${BATCH} WHERE waits IS NULL ORDER BY ordinal`);
  const halving = new Halving(
    job,
    statementOf,
    rows.map(({ ordinal }) => Number(ordinal)),
  );
  if (rows.length > 0) await halving.try(0, rows.length);
  return halving;
}

class Halving implements Halves {
  changes = 0;
  readonly rejects: DatabaseReject[] = [];
  readonly #job: InsertJob;
  readonly #statementOf: (where: string) => string;
  readonly #ordinals: readonly number[];
  #oneByOne: boolean | undefined;

  constructor(job: InsertJob, statementOf: (where: string) => string, ordinals: readonly number[]) {
    this.#job = job;
    this.#statementOf = statementOf;
    this.#ordinals = ordinals;
  }

  async try(from: number, to: number): Promise<void> {
    const { session, plan } = this.#job;
    const range = this.#range(from, to);
    const attempt = await session.attemptCount(this.#statementOf(range));
    if ('value' in attempt) {
      this.changes += attempt.value;
    } else if (to - from === 1) {
      const index = this.#ordinals[from] ?? 0;
      this.rejects.push({ index, errors: [refusal(plan, attempt.failure)] });
    } else if (await this.#isDense()) {
      await this.#tryOneByOne(range);
    } else {
      const middle = (from + to) >> 1;
      await this.try(from, middle);
      await this.try(middle, to);
    }
  }

  #range(from: number, to: number): string {
    return `b.waits IS NULL AND b.ordinal BETWEEN ${this.#ordinals[from]} AND ${this.#ordinals[to - 1]}`;
  }

  async #isDense(): Promise<boolean> {
    if (this.rejects.length < FOUND_ALONE) return false;
    this.#oneByOne ??= await hasPlpgsql(this.#job.session);
    return this.#oneByOne;
  }

  async #tryOneByOne(range: string): Promise<void> {
    const { session, plan, sees } = this.#job;
    await session.run(...PREPARE);
    await session.run(oneByOne(range, this.#statementOf('b.ordinal = "row of batch"'), sees));
    for (const row of await session.rows(`SELECT * FROM ${REFUSED} ORDER BY ordinal`)) {
      const noted = {
        state: String(row.state),
        message: String(row.message),
        column: String(row.name),
        constraint: String(row.rule),
      };
      if (row.ordinal === CHANGES) this.changes += Number(noted.message);
      else this.rejects.push({ index: Number(row.ordinal), errors: [notedRefusal(plan, noted)] });
    }
  }
}

const REFUSED = 'pg_temp.rowferry_refused';
/** The row of the table of refused ones that counts what was changed. */
const CHANGES = -1;

const PREPARE = [
  `CREATE INDEX IF NOT EXISTS rowferry_batch_ordinal ON ${BATCH} (ordinal)`,
  `DROP TABLE IF EXISTS ${REFUSED}`,
  'CREATE TEMPORARY TABLE rowferry_refused (ordinal int, state text, message text, name text, rule text) ON COMMIT DROP',
];

async function hasPlpgsql(session: Session): Promise<boolean> {
  const rows = await session.rows(
    "SELECT 1 AS there FROM pg_language WHERE lanname = 'plpgsql' AND has_language_privilege(oid, 'USAGE')",
  );
  return rows.length > 0;
}

/**
 * Each row in a block of its own, which takes back what failed. What is about the world ends all of it; a missing right
 * is about the world too, unless policies decide row by row.
 */
function oneByOne(range: string, statement: string, sees: boolean): string {
  const world = [
    'transaction_rollback',
    'operator_intervention',
    'insufficient_resources',
    'system_error',
    'lock_not_available',
    ...(sees ? ['insufficient_privilege'] : []),
  ];
  const body = `DECLARE
      "row of batch" int; "rows changed" bigint; "all changed" bigint := 0;
      "its state" text; "its message" text; "its column" text; "its rule" text;
    BEGIN
      FOR "row of batch" IN SELECT b.ordinal FROM ${BATCH} b WHERE ${range} ORDER BY b.ordinal LOOP
        BEGIN
          ${statement.replace(/^SELECT\b/, 'PERFORM')};
          GET DIAGNOSTICS "rows changed" = ROW_COUNT;
          "all changed" := "all changed" + "rows changed";
        EXCEPTION WHEN ${world.join(' OR ')} THEN RAISE;
        WHEN OTHERS THEN
          GET STACKED DIAGNOSTICS "its state" = RETURNED_SQLSTATE, "its message" = MESSAGE_TEXT,
            "its column" = COLUMN_NAME, "its rule" = CONSTRAINT_NAME;
          INSERT INTO ${REFUSED} VALUES ("row of batch", "its state", "its message", "its column", "its rule");
        END;
      END LOOP;
      INSERT INTO ${REFUSED} VALUES (${CHANGES}, '', "all changed", '', '');
    END`;
  return `DO ${dollarQuoted(body)}`;
}

/** With a tag that does not stand in the text. */
function dollarQuoted(text: string): string {
  let tag = '$body$';
  for (let i = 0; text.includes(tag); i++) tag = `$body${i}$`;
  return `${tag} ${text} ${tag}`;
}
