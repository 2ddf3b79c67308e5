import assert from 'node:assert/strict';
import { copyFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { generateHires, hiresDdl } from './generated-hires.ts';
import { type Expected, violations } from './invariant.ts';
import { drop, type Home, makeHome, startUp, textOf, until, whereIs } from './up-process.ts';

/** A check that cannot fail is none: each kind of damage has to be found. */

const FILE = 'hired_employees.csv';

const sql = (statement: string) => (home: Home) => {
  const database = new DatabaseSync(home.database, { enableForeignKeyConstraints: false });
  database.exec(statement);
  database.close();
};
const inData = (home: Home, ...parts: string[]) => join(home.path, 'data', ...parts);

const DAMAGES: ReadonlyArray<{
  readonly what: string;
  readonly damage: (home: Home) => void;
  readonly found: RegExp;
}> = [
  {
    what: 'a doubled row',
    damage: sql('INSERT INTO hired_employees SELECT * FROM hired_employees LIMIT 1'),
    found: /rows of hired_employees: n is/,
  },
  {
    what: 'a row less',
    damage: sql('DELETE FROM hired_employees WHERE rowid = 7'),
    found: /rows of hired_employees: ids is/,
  },
  {
    what: 'one row in place of another',
    damage: sql('UPDATE hired_employees SET id = 1000000 WHERE rowid = 7'),
    found: /rows of hired_employees: idSum is/,
  },
  {
    what: 'a row without its parent',
    damage: sql('UPDATE hired_employees SET job_id = 999 WHERE rowid = 7'),
    found: /foreign_key_check: row 7/,
  },
  {
    what: 'a batch that is not in the ledger',
    damage: sql('DELETE FROM rowferry_batches'),
    found: /batches add up to their load/,
  },
  {
    what: 'a part of the file that no batch covers',
    damage: sql('UPDATE rowferry_batches SET first_byte = first_byte + 1'),
    found: /batches lie end to end/,
  },
  {
    what: 'a rejected record that was not kept',
    damage: sql('DELETE FROM rowferry_rejects WHERE record = (SELECT min(record) FROM rowferry_rejects)'),
    found: /each rejected record is kept/,
  },
  {
    what: 'a balance that does not hold',
    damage: sql('PRAGMA ignore_check_constraints = ON; UPDATE rowferry_loads SET read = read + 1'),
    found: /read = inserted \+ updated \+ skipped \+ rejected/,
  },
  {
    what: 'a load left open',
    damage: sql("UPDATE rowferry_loads SET state = 'receiving'"),
    found: /no load is left open/,
  },
  {
    what: 'a file in two places',
    damage: (home) => copyFileSync(inData(home, 'done', FILE), inData(home, 'failed', FILE)),
    found: /lies in: done\/hired_employees\.csv, failed\/hired_employees\.csv/,
  },
  {
    what: 'a file in no place',
    damage: (home) => rmSync(inData(home, 'done', FILE)),
    found: /lies in: no place/,
  },
  {
    what: 'a receipt that says something else',
    damage: (home) => {
      const text = textOf(home, 'done', `${FILE}.receipt.json`);
      writeFileSync(
        inData(home, 'done', `${FILE}.receipt.json`),
        text.replace(/"inserted": \d+/, '"inserted": 1'),
      );
    },
    found: /receipt of hired_employees\.csv: inserted is 1/,
  },
];

test('a sound load passes the check, and every kind of damage is found', async (t) => {
  const home = makeHome(t, hiresDdl(false).replace('job_id INTEGER NOT NULL', '$& REFERENCES jobs (id)'));
  const hires = generateHires(1000, 1);
  const expected: Expected[] = [{ table: 'hired_employees', file: FILE, ...hires.expected }];
  drop(home, FILE, hires.content);
  const up = startUp(t, home);
  await until(up, 'the file is loaded', () => whereIs(home, FILE)[0]?.startsWith('done/') === true);
  await until(up, 'it has settled', () => up.output().includes('stop  Ctrl-C'));
  assert.equal(await up.stop(), 0, up.output());
  assert.deepEqual(violations(home, expected), []);
  const sound = snapshot(home);
  for (const { what, damage, found } of DAMAGES) {
    damage(home);
    assert.match(violations(home, expected).join('\n'), found, what);
    sound.putBack();
    assert.deepEqual(violations(home, expected), [], `put back after: ${what}`);
  }
});

/** The files of the home that a damage touches. */
function snapshot(home: Home): { putBack(): void } {
  const names = readdirSync(inData(home, 'done'));
  const keep = (path: string) => `${path}.sound`;
  const paths = [home.database, ...names.map((name) => inData(home, 'done', name))];
  for (const path of paths) copyFileSync(path, keep(join(home.path, path.slice(path.lastIndexOf('/') + 1))));
  return {
    putBack: () => {
      rmSync(inData(home, 'failed', FILE), { force: true });
      for (const path of paths)
        copyFileSync(keep(join(home.path, path.slice(path.lastIndexOf('/') + 1))), path);
    },
  };
}
