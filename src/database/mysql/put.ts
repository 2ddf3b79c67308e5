import { type LaidOutRows, withoutRecords } from '../row-layout.ts';
import { type Condition, DUPLICATE_KEY, isServerFailure, rowFailure } from './failures.ts';
import type { Send, Sent } from './load-data.ts';
import type { Session } from './session.ts';
import type { Warned } from './warned-rows.ts';

/** What became of rows that were put into a table. */
export interface Put {
  /** Rows that stand in the table now. */
  readonly accepted: number;
  /** Rows that were passed over because of a key, in mode skip. */
  readonly skipped: number;
  /** Why the others are not, by their record. */
  readonly refused: ReadonlyMap<number, Condition>;
}

/** Tells the rows that were passed over from the warnings; null when they do not tell it for certain. */
export type Diagnose = (rows: LaidOutRows, sent: Sent) => ReadonlyMap<number, Condition> | null;

/** Asks which rows the warnings of the last statement seem to be about. */
export type AskWarned = (rows: LaidOutRows, sent: Sent) => Promise<Warned | null>;

export interface PutOptions {
  readonly session: Session;
  readonly send: Send;
  readonly diagnose: Diagnose;
  readonly askWarned: AskWarned;
  /** A row whose key exists is passed over. */
  readonly skip: boolean;
}

/**
 * Rows as if they came one after the other: all of them at once, and only when the database refuses some, and does not
 * tell for certain which, in smaller pieces. A row with any warning is refused: nothing is altered unseen.
 */
export async function putRows(options: PutOptions, rows: LaidOutRows): Promise<Put> {
  const putter = new Putter(options);
  await putter.put(rows);
  return putter;
}

class Putter implements Put {
  accepted = 0;
  skipped = 0;
  readonly refused = new Map<number, Condition>();
  readonly #options: PutOptions;

  constructor(options: PutOptions) {
    this.#options = options;
  }

  async put(rows: LaidOutRows): Promise<void> {
    const { session, askWarned } = this.#options;
    if (rows.layout.records.length === 0) return;
    const sent = await this.#attempt(rows);
    if (sent === null) return;
    const warned = 'affected' in sent ? await askWarned(rows, sent) : null;
    await session.run('ROLLBACK TO put_rows');
    if (rows.layout.records.length === 1) {
      this.#refuse(rows.layout.records[0] ?? 0, 'affected' in sent ? sent.warnings[0] : sent);
    } else if (warned === null || !(await this.#putWithout(rows, warned))) {
      for (const piece of piecesOf(rows, sent)) await this.put(piece);
    }
  }

  /** Null when all is told of the rows; otherwise they are to be taken back. */
  async #attempt(rows: LaidOutRows): Promise<Sent | Condition | null> {
    await this.#options.session.run('SAVEPOINT put_rows');
    const sent = await this.#send(rows);
    return 'affected' in sent && this.#accept(rows, sent) ? null : sent;
  }

  /** The other rows at once, and only then these; false when the others do not get in either. */
  async #putWithout(rows: LaidOutRows, { passedOver, altered }: Warned): Promise<boolean> {
    const others = withoutRecords(rows, passedOver.union(altered));
    const { records } = others.layout;
    if (records.length === 0 || records.length === rows.layout.records.length) return false;
    if ((await this.#attempt(others)) !== null) {
      await this.#options.session.run('ROLLBACK TO put_rows');
      return false;
    }
    const left = withoutRecords(rows, new Set(records));
    await this.put(withoutRecords(left, altered));
    for (const row of cut(withoutRecords(left, passedOver), altered.size)) await this.put(row);
    return true;
  }

  /** What the server says of the rows, or its refusal of all of them. */
  async #send(rows: LaidOutRows): Promise<Sent | Condition> {
    try {
      return await this.#options.send(rows);
    } catch (error) {
      if (rowFailure(error) === null || !isServerFailure(error)) throw error;
      return { errno: error.errno, message: error.message };
    }
  }

  #accept(rows: LaidOutRows, sent: Sent): boolean {
    const count = rows.layout.records.length;
    const { affected, warnings } = sent;
    if (warnings.length === 0 && affected >= count) {
      this.accepted += count;
      return true;
    }
    if (affected === 0 && warnings.length === count) return this.#noneGotIn(rows, warnings);
    const passedOver = count - affected;
    const onlyKeys = warnings.every(({ errno }) => errno === DUPLICATE_KEY);
    if (!onlyKeys || warnings.length !== passedOver) return false;
    const { skip, diagnose } = this.#options;
    const refused = skip ? null : diagnose(rows, sent);
    if (!skip && refused === null) return false;
    this.accepted += affected;
    if (skip) this.skipped += passedOver;
    for (const [record, condition] of refused ?? []) this.refused.set(record, condition);
    return true;
  }

  /** Each row has a warning, and they come in the order of the rows. */
  #noneGotIn({ layout }: LaidOutRows, warnings: readonly Condition[]): boolean {
    const { skip } = this.#options;
    warnings.forEach((condition, nth) => {
      if (skip && condition.errno === DUPLICATE_KEY) this.skipped++;
      else this.#refuse(layout.records[nth] ?? 0, condition);
    });
    return true;
  }

  #refuse(record: number, condition: Condition | undefined): void {
    this.refused.set(record, condition ?? { errno: 0, message: 'the database passed the row over' });
  }
}

const MOST_PIECES = 1024;
/** Of rows of which many are refused; what is refused as a whole is told as a whole. */
const FEW_PIECES = 16;

/** Twice as many pieces as rows are refused, so that most pieces have none. */
function piecesOf({ data, layout }: LaidOutRows, sent: Sent | Condition): LaidOutRows[] {
  const { records } = layout;
  const refused = 'affected' in sent ? records.length - sent.affected : 1;
  const most = refused * 4 > records.length ? FEW_PIECES : MOST_PIECES;
  return cut({ data, layout }, Math.min(most, Math.max(2, 2 * refused)));
}

/** In pieces of equal size, so many or one for each row. */
function cut({ data, layout }: LaidOutRows, pieces: number): LaidOutRows[] {
  const { starts, records } = layout;
  const count = Math.min(pieces, records.length);
  return Array.from({ length: count }, (_, i) => {
    const from = Math.floor((i * records.length) / count);
    const to = Math.floor(((i + 1) * records.length) / count);
    return { data, layout: { starts: starts.subarray(from, to + 1), records: records.subarray(from, to) } };
  });
}
