import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Signer } from '../../../src/backup/manifest.ts';
import { pushRows, readBackup } from '../../../src/backup/read-backup.ts';
import type { RowTarget } from '../../../src/database/snapshot.ts';
import { SIGNING_KEY } from '../fixture.ts';
import type { ServerHome } from './home.ts';
import type { Tested } from './references.ts';

/** Money goes from table to table while both are backed up: a run is one moment, so its sum is always the same. */

const ACCOUNTS = 2000;
const EACH = 100;
const RUNS = 3;

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
  test(`${who}: writers that move money between tables are not held up, and the sum of a run is constant`, async (t) => {
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
}

/** Of the second column. */
async function sumOf(home: ServerHome, file: string): Promise<number> {
  const path = join(home.path, file);
  const { facts } = await readBackup(path, new Signer(SIGNING_KEY));
  let sum = 0;
  let column = 0;
  const sink: RowTarget = {
    null: () => void column++,
    int: (value) => {
      if (column++ === 1) sum += value;
    },
    text: () => void column++,
    endRow: () => {
      column = 0;
      return false;
    },
    boolean: never,
    long: never,
    float: never,
    double: never,
    bytes: never,
    fixed: never,
    value: never,
    flush: async () => undefined,
  };
  await pushRows(path, facts, sink);
  return sum;
}

function never(): never {
  throw new Error('a value of another form');
}
