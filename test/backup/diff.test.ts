import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Diff, diffBackups } from '../../src/backup/diff.ts';
import { openTable } from '../../src/backup/open-table.ts';
import { coded, type Home, makeHome, only } from './fixture.ts';

async function backUp(home: Home): Promise<string> {
  return join(home.path, only(await (await home.backups()).run(['t'])).file);
}

async function diffOf(before: string, after: string, files?: number): Promise<Diff> {
  const options = { limit: 1000, ...(files === undefined ? {} : { files }) };
  return diffBackups(await openTable(before, null), await openTable(after, null), options);
}

const countsOf = ({ added, removed, changed, same }: Diff) => ({ added, removed, changed, same });

test('rows added, removed and changed are told by their primary key, with their values', async (t) => {
  const home = makeHome(
    t,
    "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, x); INSERT INTO t VALUES (1, 'Ann', 1), (2, 'Bob', 2), (3, 'Eve', 3)",
  );
  const before = await backUp(home);
  home.db.exec(
    "UPDATE t SET x = 1.0 WHERE id = 1; DELETE FROM t WHERE id = 2; INSERT INTO t VALUES (4, NULL, x'00ff')",
  );
  const diff = await diffOf(before, await backUp(home));
  assert.deepEqual(diff.key, ['id']);
  assert.deepEqual(countsOf(diff), { added: 1, removed: 1, changed: 1, same: 1 });
  const byChange = new Map(diff.rows.map(({ change, ...row }) => [change, row]));
  assert.deepEqual(byChange.get('added'), { before: null, after: { id: '4', name: null, x: '\\x00ff' } });
  assert.deepEqual(byChange.get('removed'), { before: { id: '2', name: 'Bob', x: '2' }, after: null });
  assert.deepEqual(byChange.get('changed'), {
    before: { id: '1', name: 'Ann', x: '1' },
    after: { id: '1', name: 'Ann', x: '1.0' },
  });
  assert.deepEqual(countsOf(await diffOf(before, before)), { added: 0, removed: 0, changed: 0, same: 3 });
});

test('columns that came, went or have another type; what is common is compared', async (t) => {
  const home = makeHome(
    t,
    "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT); INSERT INTO t VALUES (1, 'x', 'y')",
  );
  const before = await backUp(home);
  home.db.exec(
    "DROP TABLE t; CREATE TABLE t (id INTEGER PRIMARY KEY, a VARCHAR(9), c TEXT); INSERT INTO t VALUES (1, 'x', 'z')",
  );
  const diff = await diffOf(before, await backUp(home));
  assert.deepEqual(diff.columns, { added: ['c'], removed: ['b'], changed: ['a'] });
  assert.deepEqual(countsOf(diff), { added: 0, removed: 0, changed: 0, same: 1 });
});

/** Small values, so that rows repeat; null within keys too, which SQLite takes. */
const ROWS = fc.array(fc.tuple(fc.option(fc.integer({ min: 0, max: 6 })), fc.constantFrom('a', 'b', null)), {
  maxLength: 14,
});
type Row = readonly [number | null, string | null];

/** Written otherwise: by taking away, row after row. */
function expected(before: readonly Row[], after: readonly Row[], isKeyed: boolean) {
  const text = (row: Row): string => JSON.stringify(row);
  const left = before.map(text);
  const come: Row[] = [];
  let same = 0;
  for (const row of after) {
    const at = left.indexOf(text(row));
    if (at < 0) come.push(row);
    else {
      left.splice(at, 1);
      same += 1;
    }
  }
  const keyOf = ([key]: Row): number | null => (isKeyed ? key : null);
  let changed = 0;
  for (const row of come) {
    const at = left.findIndex((each) => keyOf(row) !== null && JSON.parse(each)[0] === keyOf(row));
    if (at < 0) continue;
    left.splice(at, 1);
    changed += 1;
  }
  return { added: come.length - changed, removed: left.length, changed, same };
}

for (const isKeyed of [true, false]) {
  test(`any two tables ${isKeyed ? 'with' : 'without'} a primary key differ as a naive comparison says`, async (t) => {
    const home = makeHome(t, 'SELECT 1');
    const fill = (rows: readonly Row[]): void => {
      home.db.exec(`DROP TABLE IF EXISTS t; CREATE TABLE t (k INT${isKeyed ? ' PRIMARY KEY' : ''}, v TEXT)`);
      for (const row of rows) home.db.prepare('INSERT INTO t VALUES (?, ?)').run(...row);
    };
    const unique = (rows: readonly Row[]): Row[] =>
      rows.filter(
        ([key], index) => !isKeyed || key === null || rows.findIndex(([each]) => each === key) === index,
      );
    await fc.assert(
      fc.asyncProperty(ROWS, ROWS, fc.integer({ min: 1, max: 3 }), async (first, second, files) => {
        const [before, after] = [unique(first), unique(second)];
        fill(before);
        const a = await backUp(home);
        fill(after);
        const diff = await diffOf(a, await backUp(home), files);
        assert.deepEqual(countsOf(diff), expected(before, after, isKeyed));
        assert.equal(diff.rows.length, diff.added + diff.removed + diff.changed);
      }),
      { numRuns: 25 },
    );
  });
}

test('a file with the same rows in other blocks is not the one that was written', async (t) => {
  const home = makeHome(
    t,
    `CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB NOT NULL);
     WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) INSERT INTO t SELECT i, randomblob(2000) FROM n`,
  );
  const path = await backUp(home);
  const whole = readFileSync(path);
  const sync = whole.subarray(-16);
  const [header = 0, first = 0, second = 0] = endsOf(whole, sync);
  assert.ok(second > first);
  const part = (from: number, to?: number): Buffer => whole.subarray(from, to);
  const swapped = join(home.path, 'swapped.avro');
  writeFileSync(
    swapped,
    Buffer.concat([part(0, header), part(first, second), part(header, first), part(second)]),
  );
  await assert.rejects(diffOf(path, swapped), coded('backup-checksum', 'SHA-256'));
});

function endsOf(file: Buffer, sync: Buffer): number[] {
  const found: number[] = [];
  for (let at = file.indexOf(sync); at >= 0; at = file.indexOf(sync, at + 16)) found.push(at + 16);
  return found;
}

test('a damaged file is refused, and no temporary folder is left', async (t) => {
  const home = makeHome(
    t,
    "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t VALUES (1, 'x'), (2, 'y')",
  );
  const path = await backUp(home);
  const whole = readFileSync(path);
  const folders = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('rowferry-diff-'));
  const before = folders();
  const damaged = join(home.path, 'damaged.avro');
  writeFileSync(damaged, whole.subarray(0, whole.length - 20));
  await assert.rejects(diffOf(path, damaged), coded('backup-truncated'));
  const flipped = Buffer.from(whole);
  flipped[whole.length - 20] = (flipped[whole.length - 20] ?? 0) ^ 1;
  writeFileSync(damaged, flipped);
  await assert.rejects(diffOf(path, damaged), /./);
  writeFileSync(damaged, 'id,name\n');
  await assert.rejects(diffOf(path, damaged), coded('backup-invalid'));
  assert.deepEqual(
    folders().filter((name) => !before.includes(name)),
    [],
  );
});
