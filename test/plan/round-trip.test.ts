import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { csvRecord } from '../../src/csv/write.ts';
import type { Engine } from '../../src/database/database.ts';
import { counts, planApplyLoad } from './round-trip.ts';

/** What is planned for a table is loaded into it to the last row: random tables of random values. */

const digits = fc.stringMatching(/^\d{1,20}$/);
const two = (least: number, most: number) =>
  fc.integer({ min: least, max: most }).map((n) => String(n).padStart(2, '0'));
const date = fc
  .tuple(fc.integer({ min: 1, max: 9999 }), two(1, 12), two(1, 28))
  .map(([y, m, d]) => `${String(y).padStart(4, '0')}-${m}-${d}`);
const fraction = fc.oneof(fc.constant(''), fc.stringMatching(/^\.\d{1,9}$/));
const time = fc
  .tuple(two(0, 23), two(0, 59), two(0, 59), fraction)
  .map(([h, m, s, f]) => `${h}:${m}:${s}${f}`);
const zone = fc.constantFrom('', 'Z', '+00:00', '+05:30', '-0800');
const datetime = fc.tuple(date, fc.constantFrom('T', ' '), time, zone).map((parts) => parts.join(''));
/** Nothing that a load rejects whatever the table is. */
const text = fc
  .string({ unit: 'binary', maxLength: 30 })
  .filter((each) => !each.includes('\0') && each.isWellFormed());

/** Columns mostly hold values of one kind; a mixture makes text of them. */
const KINDS = [
  fc.integer().map(String),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
  fc.tuple(fc.constantFrom('', '-', '+'), digits, digits).map(([sign, a, b]) => `${sign}${a}.${b}`),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  digits,
  fc.constantFrom('true', 'false', 'TRUE', '1', 't'),
  date,
  time,
  datetime,
  fc.uuid(),
  fc.uuid().map((each) => each.toUpperCase()),
  fc.json({ maxDepth: 3 }),
  fc.constantFrom('a', 'A', 'ä', 'a ', 'b'),
  fc.constantFrom('', ' ', '-', '.', 'e5', '{', '[', '1e400', '0', '-0', '00', '+1', '2021-02-29', '24:00'),
  text,
] as const;

const column = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...KINDS) },
  { weight: 1, arbitrary: fc.constant(fc.oneof(...KINDS)) },
);
const table = fc
  .tuple(fc.array(column, { minLength: 1, maxLength: 6 }), fc.integer({ min: 0, max: 12 }))
  .chain(([columns, rows]) =>
    fc.array(fc.tuple(...columns.map((each) => fc.option(each, { freq: 12 }))), {
      minLength: rows,
      maxLength: rows,
    }),
  );

const plainNames = fc.uniqueArray(fc.constantFrom('id', 'x_id', 'parent_id', 'code', 'name', 'at', 'Größe'), {
  minLength: 6,
  maxLength: 6,
});
const oddNames = fc.array(fc.oneof(fc.constantFrom('id', 'ID', '', 'i-d', 'i d'), text), {
  minLength: 6,
  maxLength: 6,
});

type Row = readonly (string | null)[];

const csv = (names: readonly string[], rows: readonly Row[]): string =>
  [names, ...rows].map((row) => csvRecord(row)).join('');

/** The records are what they are; what the values mean is for the plan to find. */
const DECLARED = {
  header: true,
  delimiter: ',',
  quoteChar: '"',
  encoding: 'utf-8',
  skipRows: 0,
  skipFooterRows: 0,
  headerRows: [1],
  commentChar: null,
  escapeChar: null,
  skipInitialSpace: false,
};

/** A table with its names; files whose header is odd are loaded one by one, so there are few of them. */
const named = (names: fc.Arbitrary<string[]>) => fc.tuple(names, table);
const tables = fc.tuple(...Array.from({ length: 9 }, () => named(plainNames)), named(oddNames));

async function holds(
  engine: Engine['name'],
  all: ReadonlyArray<readonly [names: readonly string[], rows: readonly Row[]]>,
): Promise<void> {
  const files = Object.fromEntries(
    all.map(([names, rows], i) => [`t${i}.csv`, csv(names.slice(0, rows[0]?.length ?? 1), rows)]),
  );
  const filled = await planApplyLoad(engine, files, ['--dialect', JSON.stringify(DECLARED)]);
  const { read, rejected, reasons } = counts(filled);
  assert.equal(rejected, 0, reasons);
  assert.equal(
    read,
    all.reduce((sum, [, rows]) => sum + rows.length, 0),
  );
}

const RUNS = { sqlite: 10, postgres: 3, mysql: 3 } as const;

for (const [engine, numRuns] of Object.entries(RUNS)) {
  test(`${engine}: random tables are planned, created and loaded without a reject`, async () => {
    await fc.assert(
      fc.asyncProperty(tables, (all) => holds(engine as Engine['name'], all)),
      { numRuns, endOnFailure: true },
    );
  });
}

test('random children of random parents: the foreign keys that are proposed reject no row', async () => {
  const links = fc.tuple(
    fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 }),
    fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 30 }),
  );
  await fc.assert(
    fc.asyncProperty(links, async ([parents, children]) => {
      const filled = await planApplyLoad('sqlite', {
        'places.csv': csv(
          ['id', 'name'],
          parents.map((id) => [String(id), `place ${id}`]),
        ),
        'visits.csv': csv(
          ['id', 'place_id'],
          children.map((id, i) => [String(i + 1), String(id)]),
        ),
      });
      assert.equal(counts(filled).rejected, 0, counts(filled).reasons);
      const visits = filled.plan.find((each) => each.table === 'visits');
      const all = children.length > 0 && children.every((id) => parents.includes(id));
      assert.equal(Object(visits?.foreignKeys).length, all ? 1 : 0);
    }),
    { numRuns: 6, endOnFailure: true },
  );
});
