import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  allRejects,
  announce,
  type Home,
  ledgerFaults,
  loadContent,
  openHome,
  sendPart,
  summary,
  utf8,
} from './fixture.ts';

const DDL = `CREATE TABLE p (id INTEGER PRIMARY KEY);
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50) INSERT INTO p SELECT i FROM n;
  CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL, at DATETIME, p INT REFERENCES p,
    price DECIMAL(8,2) CHECK (price <> 13));`;

/** A small generator with a seed (https://en.wikipedia.org/wiki/Linear_congruential_generator). */
function random(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Records of all sorts: quoted, over several lines, ragged, orphans, duplicates, all record ends. */
function content(records: number, seed: number): Uint8Array<ArrayBuffer> {
  const next = random(seed);
  const names = [
    'Ann',
    '"Bob, Jr."',
    '"two\nlines"',
    '"cr\rlf\r\n"',
    '"say ""hi"""',
    'é😀',
    '',
    'x'.repeat(41),
    'a"b',
  ];
  const lines = ['name,id,at,p,price'];
  for (let i = 0; i < records; i++) {
    const id = next(200) === 0 ? 'x' : next(100) === 0 ? next(i + 1) : i;
    const name = next(20) === 0 ? names[next(names.length)] : `name ${i}`;
    // Of a row that is a duplicate and breaks a CHECK one of both is told, the one that was found first.
    const price = id === i && next(1000) === 0 ? 13 : next(90);
    const record = `${name},${id},2021-11-07T02:48:42Z,${1 + next(51)},${price === 13 && id !== i ? 14 : price}`;
    lines.push(next(300) === 0 ? `${record},more` : next(300) === 0 ? `${id},${name}` : record);
  }
  return utf8(lines.map((line) => line + ['\n', '\r\n', '\r', '\n\n'][next(4)]).join(''));
}

/** Whether the first one stands in the same part or in one before cannot show in the table. */
const asUnique = (code: string): string => code.replace(/^unique\..*/, 'unique');

async function outcome(home: Home, load: { id: string }) {
  const rejects = await allRejects(home.ingest, load.id);
  return {
    rows: home.values('SELECT * FROM t ORDER BY id'),
    rejects: rejects.map(({ index, line, byteOffset, raw, errors }) => ({
      index,
      line,
      byteOffset,
      raw,
      errors: errors.map(({ code, column }) => `${asUnique(code)} ${column}`),
    })),
  };
}

async function loaded(bytes: Uint8Array, partBytes: () => number) {
  const home = await openHome(DDL);
  const load = await loadContent(home.ingest, bytes, { partBytes });
  assert.deepEqual(ledgerFaults(home), []);
  return { summary: summary(load), ...(await outcome(home, load)) };
}

test('30,000 records cut anywhere: the same table and the same rejects as in one part', async () => {
  const bytes = content(30_000, 7);
  const whole = await loaded(bytes, () => bytes.length);
  assert.ok(whole.rejects.length > 500 && whole.rows.length > 20_000);
  const next = random(3);
  const cut = await loaded(bytes, () => 1 + next(200_000));
  assert.deepEqual(cut.rejects, whole.rejects);
  assert.deepEqual(cut, whole);
});

test('a small file cut by any sizes', async () => {
  const home = await openHome(DDL);
  await fc.assert(
    fc.asyncProperty(
      fc.integer(),
      fc.array(fc.integer({ min: 40, max: 900 }), { minLength: 1, maxLength: 5 }),
      async (seed, sizes) => {
        const bytes = content(40, seed);
        const run = async (partBytes: () => number) => {
          home.outside(
            'DELETE FROM t; DELETE FROM rowferry_rejects; DELETE FROM rowferry_batches; DELETE FROM rowferry_loads',
          );
          const load = await loadContent(home.ingest, bytes, { partBytes, maxRejects: '100%' });
          return { summary: summary(load), ...(await outcome(home, load)) };
        };
        const whole = await run(() => bytes.length);
        let i = 0;
        assert.deepEqual(await run(() => sizes[i++ % sizes.length] ?? 1), whole);
      },
    ),
    { numRuns: 8 },
  );
});

test('parts under way together, cut at record ends, give the same', async () => {
  const records = Array.from({ length: 5000 }, (_, i) => `${i % 4997},name ${i},,${1 + (i % 52)},1\n`);
  const bytes = utf8(records.join(''));
  const whole = await loaded(bytes, () => bytes.length);
  const home = await openHome(DDL, { lanes: 3 });
  const load = await announce(home.ingest, bytes);
  const ends = [0];
  for (let at = 0; at < records.length; at += 500) {
    ends.push((ends.at(-1) ?? 0) + records.slice(at, at + 500).join('').length);
  }
  await Promise.all(ends.slice(1).map((to, i) => sendPart(home.ingest, load.id, bytes, ends[i] ?? 0, to)));
  assert.deepEqual(ledgerFaults(home), []);
  const parts = { summary: summary(await home.ingest.load(load.id)), ...(await outcome(home, load)) };
  assert.deepEqual(parts, whole);
});
