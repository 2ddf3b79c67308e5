import { isDeepStrictEqual } from 'node:util';
import type { Connection, DatabaseReject, EncodedBatch, Staged } from '../database/database.ts';
import { distinctForeignKeys } from '../database/distinct-keys.ts';
import { RowferryError } from '../errors.ts';
import type { InsertPlan } from '../model/plan.ts';
import type { Tape } from '../model/tape.ts';
import { decidableKeys, isOwn, type Keys } from './decidable.ts';
import { type Inserted, insertBatch } from './insert-batch.ts';
import { KeyCheck } from './key-check.ts';
import type { Prepared } from './prepare.ts';
import { rolledBack } from './rolled-back.ts';

/** Records at the start of a file that the database inserts all the same: what it says is to be what was decided. */
const PROBED = 1000;

/** A checked part, as it was handed over to be encoded. */
interface Checked {
  readonly tape: Tape;
  readonly bad: Uint8Array;
  readonly plan: InsertPlan;
}

interface Start {
  readonly keys: Keys;
  readonly check: KeyCheck | null;
  /** No row: foreign keys are looked up for what is not staged. */
  readonly nothing: Staged;
  readonly strategy: string;
}

/**
 * Decides what would become of the rows of a file if they were inserted, part by part and without inserting them: keys
 * by the keys of the file and the table, parents by look-ups. Takes the place of an encoder, since all it needs is
 * what one gets.
 */
export class PartDecider {
  readonly #connection: Connection;
  #checked: Checked | null = null;
  #start: Start | null = null;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Keeps the tape, which lasts until the next part is read. */
  encode(tape: Tape, bad: Uint8Array, plan: InsertPlan): EncodedBatch {
    this.#checked = { tape, bad, plan };
    const foreignKeys = distinctForeignKeys(tape, plan).filter(({ foreignKey }) => {
      const key = plan.table.foreignKeys[foreignKey];
      return key !== undefined && !isOwn(plan.table, key);
    });
    return { rows: 0, data: new Uint8Array(0), layout: null, foreignKeys };
  }

  /** The part that was encoded last; null when only an insert of the whole file can tell. */
  async decide(prepared: Prepared): Promise<Inserted | null> {
    const checked = this.#checked;
    if (checked === null) throw new RowferryError('internal', 'no part was prepared');
    if (this.#start !== null) return this.#decide(checked, prepared, this.#start);
    const keys = decidableKeys(checked.plan, this.#connection.engine);
    if (keys === null) return null;
    const { table } = checked.plan;
    const probed = await this.#probe(checked, prepared);
    this.#start = {
      keys,
      check: keys.unique === null ? null : new KeyCheck(this.#connection, table, keys.unique),
      nothing: await this.#stage(checked, 0),
      strategy: probed.outcome.strategy,
    };
    const decided = await this.#decide(checked, prepared, this.#start);
    return decided !== null && saysTheSame(decided, probed) ? decided : null;
  }

  async #decide(checked: Checked, prepared: Prepared, start: Start): Promise<Inserted | null> {
    const { tape, bad } = checked;
    const orphans = await this.#orphans(checked, prepared, start);
    const gone = bad.slice();
    for (const { index } of orphans) gone[index] = 1;
    const repeats = start.check === null ? [] : await start.check.repeats(tape, gone);
    if (repeats === null) return null;
    for (const own of start.keys.own) {
      if (start.check === null || !(await start.check.haveParents(tape, own))) return null;
    }
    const inserted = countZeros(gone) - repeats.length;
    const outcome = { inserted, updated: 0, skipped: 0, rejects: repeats, strategy: start.strategy };
    return { outcome, rejects: [...orphans, ...repeats] };
  }

  async #orphans({ plan }: Checked, prepared: Prepared, start: Start): Promise<readonly DatabaseReject[]> {
    const { encoded } = prepared;
    if (encoded.foreignKeys.every(({ values }) => values.length === 0)) return [];
    return rolledBack(this.#connection, { foreignKeys: 'set' }, () =>
      this.#connection.missingParents(start.nothing, encoded, plan),
    );
  }

  /** The first records the ordinary way, and what the database made of them. */
  async #probe(checked: Checked, prepared: Prepared): Promise<Inserted> {
    const staged = await this.#stage(checked, PROBED);
    const { tape, plan } = checked;
    const bad = new Set(prepared.errors.map(({ index }) => index));
    for (let r = PROBED; r < tape.records; r++) bad.add(r);
    const encoded = { ...prepared.encoded, foreignKeys: distinctForeignKeys(tape, plan) };
    const batch = { staged, encoded, plan, mode: 'insert' as const, bad };
    return rolledBack(this.#connection, { write: true, foreignKeys: 'set' }, () =>
      insertBatch(this.#connection, batch),
    );
  }

  /** The good ones of the first records. */
  async #stage({ tape, bad, plan }: Checked, records: number): Promise<Staged> {
    const others = bad.slice().fill(1, records);
    const [staged] = await this.#connection.stage([this.#connection.engine.encode(tape, others, plan)]);
    if (staged === undefined) throw new RowferryError('internal', 'nothing was staged');
    return staged;
  }
}

function countZeros(marks: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < marks.length; i++) if (marks[i] === 0) count++;
  return count;
}

function saysTheSame(decided: Inserted, probed: Inserted): boolean {
  return isDeepStrictEqual(ofFirst(decided), ofFirst(probed));
}

const ofFirst = ({ rejects }: Inserted): DatabaseReject[] =>
  rejects.filter(({ index }) => index < PROBED).sort((a, b) => a.index - b.index);
