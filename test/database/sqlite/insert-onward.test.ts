import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { rowsIn, temporaryFolder } from './fixture.ts';
import { load, newDatabase } from './load.ts';

const folder = temporaryFolder();
const TABLE = `CREATE TABLE t (id INTEGER PRIMARY KEY, mail TEXT COLLATE NOCASE UNIQUE, a INTEGER, b INTEGER, n INTEGER CHECK (n < 9), UNIQUE (a, b));
  INSERT INTO t VALUES (1, 'x', 1, 1, 1), (2, 'y', 2, 2, 2);`;
/** Rows of a table with a trigger go in by sets of keys and by halves: what else is to come of them. */
const INERT = 'CREATE TRIGGER inert AFTER INSERT ON t WHEN false BEGIN SELECT 1; END;';

const indexOf = ({ index }: { readonly index: number }): number => index;
const small = (most: number) => fc.option(fc.nat(most), { nil: '' }).map(String);
const row = fc
  .tuple(fc.nat(6), fc.constantFrom('x', 'X', 'q', 'Q', 'r', 's', ''), small(3), small(3), small(10))
  .map((fields) => fields.join(','));

/** By sets a row that repeats a key of the table is said to repeat those of refused rows as well. */
test('the same rows as by sets of keys, for reasons that hold there too', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 14 }), async (rows) => {
      const csv = `${rows.join('\n')}\n`;
      const [onward, bySets] = [newDatabase(folder, TABLE), newDatabase(folder, `${TABLE}${INERT}`)];
      const seen = await load(onward, csv);
      const expected = await load(bySets, csv);
      const said = `${csv}${seen.errors}; by sets ${expected.errors}`;
      assert.deepEqual(seen.rejects.map(indexOf), expected.rejects.map(indexOf), said);
      assert.deepEqual(
        seen.errors.filter((error) => !expected.errors.includes(error)),
        [],
        said,
      );
      assert.deepEqual(rowsIn(onward, 'SELECT * FROM t'), rowsIn(bySets, 'SELECT * FROM t'));
    }),
    { numRuns: 150 },
  );
});

const many = (refused: number): string =>
  Array.from({ length: 4000 }, (_, nth) => `${nth < 2 * refused ? nth >> 1 : nth},,,,\n`).join('');

for (const refused of [1, 20, 21, 300]) {
  test(`${refused} repeated keys among 4,000 rows`, async () => {
    const url = newDatabase(
      folder,
      'CREATE TABLE t (id INTEGER PRIMARY KEY, m TEXT, a INTEGER, b INTEGER, n INTEGER)',
    );
    const { errors } = await load(url, many(refused));
    assert.deepEqual(
      errors,
      Array.from({ length: refused }, (_, nth) => `${2 * nth + 1} unique.file id`),
    );
    assert.equal(rowsIn(url, 'SELECT count(*) AS n FROM t')[0]?.n, 4000 - refused);
  });
}

test('a trigger that fails does not leave its row', async () => {
  const url = newDatabase(
    folder,
    `CREATE TABLE t (id INTEGER PRIMARY KEY); CREATE TABLE seen (id INTEGER PRIMARY KEY); INSERT INTO seen VALUES (2);
     CREATE TRIGGER after_t AFTER INSERT ON t BEGIN INSERT INTO seen VALUES (new.id); END;`,
  );
  const { errors } = await load(url, '1\n2\n3\n');
  assert.deepEqual(errors, ['1 unique.table id']);
  assert.deepEqual(
    rowsIn(url, 'SELECT id FROM t').map(({ id }) => id),
    [1, 3],
  );
});
