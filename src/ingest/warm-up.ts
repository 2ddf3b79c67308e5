import { setTimeout as sleep } from 'node:timers/promises';
import { giveBack } from '../lib/slabs.ts';
import type { ColumnKind, Table } from '../model/table.ts';
import type { Dictionary } from './dictionary.ts';
import type { Pool } from './pool.ts';

/** What a server does before it listens, so that the first part of a load takes as long as the others. */

/** What a value of a kind may look like; of the others it is a number. */
const VALUES: Readonly<Partial<Record<ColumnKind, string>>> = {
  text: 'a',
  boolean: 'true',
  date: '2021-11-07',
  time: '16:02:48',
  datetime: '2021-11-07 16:02:48',
  uuid: '01234567-89ab-cdef-0123-456789abcdef',
};

/** To the code most tables are much the same. */
const MOST_TABLES = 3;
const RECORDS = 3000;
/** After so many the compiler has had enough to go by. */
const ROUNDS = 4;
/** After the first rows, with which the thread has started, none are prepared later. Milliseconds. */
const LATEST_ROWS_MS = 150;
/** A database that is slow to open connections is waited for by those who ask for them. Milliseconds. */
const LATEST_MS = 1000;

/**
 * Resolves when the first lanes can be given work, and what scans, checks and encodes rows is compiled, by made-up
 * rows of the tables that are there, which go nowhere; after a second in any case. Whatever fails here fails again where
 * it is asked for.
 */
export async function warmUp(pool: Pool, dictionary: Dictionary): Promise<void> {
  const warm = Promise.allSettled([pool.opened, prepareRows(pool, dictionary)]);
  await Promise.race([warm, sleep(LATEST_MS, undefined, { ref: false })]);
}

async function prepareRows(pool: Pool, dictionary: Dictionary): Promise<void> {
  const tables = (await dictionary.tables()).slice(0, MOST_TABLES);
  let latest = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const table of tables) {
      if (performance.now() > latest) return;
      await prepareOnce(pool, table);
      latest = Math.min(latest, performance.now() + LATEST_ROWS_MS);
    }
  }
}

async function prepareOnce(pool: Pool, table: Table): Promise<void> {
  const columns = table.columns.filter(({ generated }) => !generated);
  const record = columns.map(({ kind }) => VALUES[kind] ?? '1').join(',');
  const bytes = new TextEncoder().encode(`${record}\n`.repeat(RECORDS));
  const names = columns.map(({ name }) => name);
  const part = { bytes, table, last: true, columns: names, dialect: {} };
  const { encoded } = await pool.prepare(part, [bytes.buffer]);
  giveBack(encoded.data);
}
