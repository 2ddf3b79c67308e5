import { setTimeout as pause } from 'node:timers/promises';
import type { Connection } from '../database/database.ts';
import { findLoad } from '../ledger/loads.ts';
import type { InsertPlan } from '../model/plan.ts';
import type { Load } from '../model/receipt.ts';

/**
 * A part goes ahead: its rows are inserted while the part before it is not yet committed, on another connection. The
 * database then works on two parts at a time, and what a commit waits for costs nobody anything. The ledger is still
 * written in the order of the parts, so what is committed is a beginning of the file at any time.
 */

/**
 * So long rows wait for the part before theirs. That one may be waiting for a lock of theirs, on a key that both have:
 * the first row of the file is to win, so they go back. Milliseconds.
 */
const MOST_AHEAD_MS = 3_000;
/** So long a part that went back waits for its turn, holding no lock. Milliseconds. */
const PATIENCE_MS = 10_000;
/** Behind a part that another thread or another server has. Each look costs both sides as much as some hundred rows. */
const LOOK_MS = 2;
/** Behind one of this thread, whose end is told: another server may have committed the same part. */
const LOOK_SELDOM_MS = 50;

/** Rows that went ahead stood in the way. Their transaction is rolled back. */
export class TooFarAhead extends Error {
  constructor() {
    super('the part before did not commit');
  }
}

/** Rows of one part must not be able to depend on those of another, but for keys, over which the database stands. */
export function mayGoAhead({ mode, atomic, columns }: Load, { table }: Pick<InsertPlan, 'table'>): boolean {
  if (columns === null || atomic || mode !== 'insert' || table.triggers.length > 0) return false;
  return table.foreignKeys.every((key) => key.parentTable !== table.name);
}

/** Where a part stands, and where the one before it began. */
export interface PartAhead {
  readonly load: string;
  readonly offset: number;
  readonly aheadOf: number;
}

export function isAhead<T extends { readonly aheadOf?: number | null }>(
  part: T,
): part is T & { readonly aheadOf: number } {
  return typeof part.aheadOf === 'number';
}

/** The parts that the lanes of this thread have, each until it is committed or refused. */
class PartsHere {
  readonly #ends = new Map<string, Promise<void>>();

  /** `work` is what a lane does with the part. */
  async during<T>({ load, offset }: Pick<PartAhead, 'load' | 'offset'>, work: () => Promise<T>): Promise<T> {
    const key = keyOf(load, offset);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#ends.set(key, promise);
    try {
      return await work();
    } finally {
      if (this.#ends.get(key) === promise) this.#ends.delete(key);
      resolve();
    }
  }

  /** Resolves when it is worth while to ask the ledger again how far the load has come. */
  async mayHaveMoved({ load, aheadOf }: PartAhead): Promise<void> {
    const end = this.#ends.get(keyOf(load, aheadOf));
    if (end === undefined) return pause(LOOK_MS);
    await Promise.race([end, pause(LOOK_SELDOM_MS, undefined, { ref: false })]);
  }
}

export const partsHere = new PartsHere();

const keyOf = (load: string, offset: number): string => `${load} ${offset}`;

/** Within the transaction whose rows went ahead, until the load has come to them or past them, or has ended. */
export async function awaitAhead(connection: Connection, part: PartAhead): Promise<void> {
  if (!(await comeTo(connection, part, MOST_AHEAD_MS))) throw new TooFarAhead();
}

/** Before a transaction. A part whose turn does not come finds the load elsewhere then. */
export async function awaitTurn(connection: Connection, part: PartAhead): Promise<void> {
  await comeTo(connection, part, PATIENCE_MS);
}

/** A load that has moved from the part before, but not to this one, will not come to it. */
async function comeTo(connection: Connection, part: PartAhead, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const { state, offset } = await findLoad(connection, part.load);
    if (state !== 'receiving' || offset > part.aheadOf) return true;
    if (performance.now() >= deadline) return false;
    await partsHere.mayHaveMoved(part);
  }
}
