/** Both ways to check a file, on random files: rows decided, and rows inserted and taken back. */
import assert from 'node:assert/strict';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Random, randomInteger, seededRandom } from '../../examples/hr/random.ts';
import { loadConfig } from '../../src/config.ts';
import { openDatabase } from '../../src/database/open.ts';
import { type CheckReport, checkFile } from '../../src/ingest/check-file.ts';
import { DecidedFile } from '../../src/ingest/decided-file.ts';
import { Dictionary } from '../../src/ingest/dictionary.ts';
import type { Reject } from '../../src/model/reject.ts';

export interface Ways {
  readonly folder: string;
  /** Empty databases; the table of the second one gets a rule that the dictionary does not know. */
  readonly urls: readonly [decided: string, inserted: string];
  /** An index that makes no difference to any row. */
  readonly hiddenRule: string;
  run(url: string, sql: string): Promise<void>;
}

/** 4 MiB are about 1050 records, so the file has two parts. */
const RECORDS = 1600;
const BODY = 'x'.repeat(4000);

const PARENTS = 'FOREIGN KEY (up) REFERENCES tops (id), FOREIGN KEY (code) REFERENCES codes (code)';
const REST = 'up INTEGER, code VARCHAR(20), body VARCHAR(4000) NOT NULL';

interface Things {
  readonly columns: string;
  /** Whether it can be told without an insert: always, while all rows are good, or never. */
  readonly decidable: 'always' | 'good' | 'never';
  /** Of odd records, beside those of all. */
  readonly oddId?: string;
}

const THINGS: readonly Things[] = [
  { columns: `id INTEGER PRIMARY KEY, ${REST}`, decidable: 'always' },
  { columns: `id INTEGER UNIQUE, ${REST}`, decidable: 'always' },
  { columns: `id INTEGER NOT NULL, ${REST}`, decidable: 'always' },
  { columns: `id BIGINT PRIMARY KEY, ${REST}, ${PARENTS}`, decidable: 'always' },
  { columns: `id INTEGER PRIMARY KEY, ${REST}, FOREIGN KEY (up) REFERENCES things (id)`, decidable: 'good' },
  { columns: `id BIGINT PRIMARY KEY, ${REST}`, decidable: 'good', oddId: '12345678901234567' },
  { columns: `id INTEGER PRIMARY KEY, ${REST}, UNIQUE (code, up, id)`, decidable: 'never' },
  { columns: `id INTEGER PRIMARY KEY, ${REST}, CHECK (up <> 7)`, decidable: 'never' },
];

/** Of a thousand records. */
const ODD = [1, 0, 30];

export const CASES = THINGS.length * ODD.length;

/** Many odd records, and none where it is they that keep rows from being decided. */
export const TELLING_CASES = Array.from({ length: CASES }, (_, seed) => seed).filter((seed) => {
  const odd = ODD[Math.floor(seed / THINGS.length)] ?? 0;
  return odd > 1 || (odd === 0 && THINGS[seed % THINGS.length]?.decidable === 'good');
});

/** Makes the tables anew and checks a file both ways. */
export async function compareWays(ways: Ways, seed: number): Promise<void> {
  const things = THINGS[seed % THINGS.length];
  const odd = ODD[Math.floor(seed / THINGS.length) % ODD.length] ?? 0;
  assert.ok(things !== undefined);
  const random = seededRandom(seed);
  const standing = [1, 2, 3, 4, 5, 6, 7, 8, 9, ...(randomInteger(random, 2) === 0 ? [150, 2000] : [])];
  for (const url of ways.urls) {
    const rule = url === ways.urls[1] ? [ways.hiddenRule] : [];
    await ways.run(url, [...ddlOf(things.columns, standing), ...rule].join(';\n'));
  }
  const file = join(ways.folder, 'things.csv');
  const records = Array.from({ length: RECORDS }, (_, index) =>
    recordOf(random, index, odd, things.oddId ?? 'y'),
  );
  writeFileSync(file, records.join(''));
  const [one, other] = [
    await check(ways.folder, ways.urls[0], file),
    await check(ways.folder, ways.urls[1], file),
  ];
  const which = `seed ${seed}: ${things.columns}, ${odd} ‰ odd`;
  assert.deepEqual(one, other, which);
  assert.equal(one.standing, standing.length, which);
  const decided = await isDecided(ways.urls[0], file);
  if (things.decidable !== 'good' || odd === 0) assert.equal(decided, things.decidable !== 'never', which);
}

function ddlOf(columns: string, standing: readonly number[]): string[] {
  const numbers = Array.from({ length: 9 }, (_, i) => i + 1);
  return [
    ...['things', 'codes', 'tops'].map((name) => `DROP TABLE IF EXISTS ${name}`),
    'CREATE TABLE tops (id INTEGER PRIMARY KEY)',
    'CREATE TABLE codes (code VARCHAR(20) PRIMARY KEY)',
    `INSERT INTO tops VALUES ${numbers.map((n) => `(${n})`).join(', ')}`,
    `INSERT INTO codes VALUES ${numbers.map((n) => `('c${n}')`).join(', ')}`,
    `CREATE TABLE things (${columns})`,
    ...standing.map((id) => `INSERT INTO things (id, up, code, body) VALUES (${id}, 1, 'c1', 'b')`),
  ];
}

function recordOf(random: Random, index: number, odd: number, oddText: string): string {
  const isOdd = () => randomInteger(random, 1000) < odd;
  const id = isOdd() ? oddId(random, index, oddText) : String(index + 100 + (index > 40 ? 10_000 : 0));
  const up = isOdd()
    ? oneOf(random, ['99', '1600', '10150', '', 'x', '05'])
    : `${1 + randomInteger(random, 6)}`;
  const code = isOdd() ? 'none' : `c${1 + randomInteger(random, 9)}`;
  return `${id},${up},${code}${isOdd() ? '' : `,${BODY}`}\n`;
}

function oddId(random: Random, index: number, text: string): string {
  const other = String(10_150 + randomInteger(random, RECORDS));
  const near = String(10_100 + Math.max(0, index - randomInteger(random, 3)));
  return oneOf(random, [other, other, near, `+${other}`, `00${near}`, '7', '2000', '1234567890', '', text]);
}

const oneOf = (random: Random, texts: readonly string[]): string =>
  texts[randomInteger(random, texts.length)] ?? '';

async function check(folder: string, databaseUrl: string, file: string) {
  const config = { ...loadConfig({ home: folder, backupSchedule: null }, {}), databaseUrl };
  const rejects: Reject[] = [];
  const onRejects = (found: readonly Reject[]) => rejects.push(...found);
  const report = await checkFile({ config, file, table: 'things', sniff: false, onRejects });
  return { ...outcomeOf(report), rejects, standing: await countThings(databaseUrl) };
}

/** What the last part adds to the strategy when it has rejects is its own. */
const outcomeOf = ({ seconds: _, strategy, ...rest }: CheckReport) => ({
  ...rest,
  way: strategy?.split(', ')[0],
});

async function countThings(url: string): Promise<number> {
  const connection = await openDatabase(url);
  const [row] = await connection.query('SELECT count(*) AS n FROM things');
  await connection.close();
  return Number(row?.n);
}

async function isDecided(url: string, file: string): Promise<boolean> {
  const connection = await openDatabase(url);
  const table = await new Dictionary(connection).table('things');
  const decided = await DecidedFile.open({ file, size: statSync(file).size, table, dialect: {} }, connection);
  try {
    let part = await decided.next();
    while (part !== null && part !== 'undecided') part = await decided.next();
    return part === null;
  } finally {
    await decided.close();
    await connection.close();
  }
}
