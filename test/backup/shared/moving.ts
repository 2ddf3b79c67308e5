import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Signer } from '../../../src/backup/manifest.ts';
import { pushRows, readBackup } from '../../../src/backup/read-backup.ts';
import { engineOf } from '../../../src/database/open.ts';
import type { RowTarget } from '../../../src/database/snapshot.ts';
import { SIGNING_KEY } from '../fixture.ts';
import { type ServerHome, soon } from './home.ts';
import type { Tested } from './references.ts';

/** Money goes from table to table while both are backed up: a run is one moment, so its sum is always the same. */

const ACCOUNTS = 2000;
const EACH = 100;
const RUNS = 3;
const PIECE = 300;

const accounts = (table: string): string =>
  `CREATE TABLE ${table} (id integer PRIMARY KEY, amount integer NOT NULL, note varchar(200));
   INSERT INTO ${table} VALUES ${Array.from({ length: ACCOUNTS }, (_, i) => `(${i}, ${EACH}, '${'x'.repeat(150)}')`).join(', ')};`;

/** From one table to the other in one transaction; an account that is closed takes its money along. */
function move(step: number): string {
  const [from, to] = step % 2 === 0 ? ['a', 'b'] : ['b', 'a'];
  const id = (step * 7919) % ACCOUNTS;
  const closed = ACCOUNTS + step;
  return `BEGIN; UPDATE ${from} SET amount = amount - 7 WHERE id = ${id}; UPDATE ${to} SET amount = amount + 7 WHERE id = ${ACCOUNTS - 1 - id};
    UPDATE ${from} SET amount = amount - 1 WHERE id = ${id}; INSERT INTO ${to} VALUES (${closed}, 1, 'new'); COMMIT`;
}

export function runMoving({ who, open }: Pick<Tested, 'who' | 'open'>): void {
  test(`${who}: the sum of a run is constant, whatever writers move between its tables meanwhile`, async (t) => {
    const home = await open(t, `${accounts('a')} ${accounts('b')}`);
    let over = false;
    let moved = 0;
    const moving = (async (): Promise<void> => {
      for (; !over; moved++) await home.run(move(moved));
    })();
    try {
      for (let run = 0; run < RUNS; run++) {
        const before = moved;
        const results = await home.backups.run(['a', 'b']);
        assert.ok(moved > before, 'nothing was moved while the tables were backed up');
        let sum = 0;
        for (const { file } of results) sum += await sumOf(home, file);
        assert.equal(sum, 2 * ACCOUNTS * EACH);
      }
    } finally {
      over = true;
      await moving;
    }
  });

  test(`${who}: a writer waits at no moment of a run, which sees nothing of what it writes`, async (t) => {
    const home = await open(t, `${accounts('a')} ${accounts('b')}`);
    const engine = await engineOf(home.url);
    const snapshot = await engine.openSnapshot(home.url);
    t.after(() => snapshot.close());
    let moved = 0;
    const write = (): Promise<void> => soon(home.run(move(moved++)), 'the writer waits for the run');
    let [rows, sum] = [0, 0];
    const sink = amounts((amount) => {
      sum += amount;
      rows += 1;
      return rows % PIECE === 0;
    });
    await write();
    for (const table of ['a', 'b']) {
      const stored = await snapshot.table(table, false);
      await write();
      for await (const _ of stored.read(sink)) await write();
      await write();
    }
    assert.deepEqual([rows, sum], [2 * ACCOUNTS, 2 * ACCOUNTS * EACH]);
    assert.ok(moved > 10, `${moved} moves`);
  });
}

/** Of the second column. */
async function sumOf(home: ServerHome, file: string): Promise<number> {
  const path = join(home.path, file);
  const { facts } = await readBackup(path, new Signer(SIGNING_KEY));
  let sum = 0;
  const sink = amounts((amount) => {
    sum += amount;
    return false;
  });
  await pushRows(path, facts, sink);
  return sum;
}

/** `row` gets the second column of each row, and says whether there is to be a pause. */
function amounts(row: (amount: number) => boolean): RowTarget {
  let column = 0;
  let amount = 0;
  const take = (value: number): void => {
    if (column++ === 1) amount = value;
  };
  return {
    null: () => take(0),
    int: take,
    long: (_, low) => take(low),
    value: (value) => take(Number(value)),
    text: () => take(0),
    endRow: () => {
      column = 0;
      return row(amount);
    },
    boolean: never,
    float: never,
    double: never,
    bytes: never,
    fixed: never,
    flush: async () => undefined,
  };
}

function never(): never {
  throw new Error('a value of another form');
}
