import type { LaidOutRows } from '../row-layout.ts';
import { type Condition, DUPLICATE_KEY, isServerFailure, rowFailure } from './failures.ts';
import type { Send, Sent } from './load-data.ts';
import type { Session } from './session.ts';

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

export interface PutOptions {
  readonly session: Session;
  readonly send: Send;
  readonly diagnose: Diagnose;
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
    const count = rows.layout.records.length;
    if (count === 0) return;
    const { session } = this.#options;
    await session.run('SAVEPOINT put_rows');
    const sent = await this.#send(rows);
    if ('affected' in sent && this.#accept(rows, sent)) return;
    await session.run('ROLLBACK TO put_rows');
    const first = 'affected' in sent ? sent.warnings[0] : sent;
    if (count === 1) return this.#refuse(rows, first);
    const refused = 'affected' in sent ? count - sent.affected : 1;
    for (const piece of piecesOf(rows, refused)) await this.put(piece);
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
    const { skip, diagnose } = this.#options;
    if (sent.warnings.length === 0 && sent.affected >= count) {
      this.accepted += count;
      return true;
    }
    const passedOver = count - sent.affected;
    const onlyKeys = sent.warnings.every(({ errno }) => errno === DUPLICATE_KEY);
    if (!onlyKeys || sent.warnings.length !== passedOver) return false;
    const refused = skip ? null : diagnose(rows, sent);
    if (!skip && refused === null) return false;
    this.accepted += sent.affected;
    if (skip) this.skipped += passedOver;
    for (const [record, condition] of refused ?? []) this.refused.set(record, condition);
    return true;
  }

  #refuse({ layout }: LaidOutRows, condition: Condition | undefined): void {
    const why = condition ?? { errno: 0, message: 'the database passed the row over' };
    this.refused.set(layout.records[0] ?? 0, why);
  }
}

/** Twice as many pieces as rows are refused, so that most pieces have none. */
function piecesOf(rows: LaidOutRows, refused: number): LaidOutRows[] {
  const { starts, records } = rows.layout;
  const count = Math.min(records.length, Math.max(2, 2 * refused));
  return Array.from({ length: count }, (_, i) => {
    const from = Math.floor((i * records.length) / count);
    const to = Math.floor(((i + 1) * records.length) / count);
    return {
      data: rows.data,
      layout: { starts: starts.subarray(from, to + 1), records: records.subarray(from, to) },
    };
  });
}
