/**
 * What is loaded in the bench of the engines: tables, and CSV files for them whose seed is fixed. LF, no header; the
 * values are such as every engine takes them from its own tool.
 */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { hireFields } from '../examples/hr/generate.ts';
import { pick, type Random, randomInteger, seededRandom } from '../examples/hr/random.ts';
import { DEPARTMENTS, FAMILY_NAMES, GIVEN_NAMES, JOBS } from '../examples/hr/words.ts';

export type EngineName = 'sqlite' | 'postgres' | 'mysql';

export interface Dataset {
  readonly name: string;
  readonly table: string;
  readonly rows: number;
  /** Of the rows, those that do not belong into the table. */
  readonly rejects: number;
  ddl(engine: EngineName): string;
  /** The fields of each record, written as they stand in the file. */
  record(random: Random, index: number): readonly string[];
}

const SEED = 96;
const RECORDS_A_WRITE = 10_000;

const NARROW_COLUMNS = (engine: EngineName): string =>
  [
    'name VARCHAR(200) NOT NULL',
    `datetime ${engine === 'postgres' ? 'TIMESTAMP' : 'DATETIME'} NOT NULL`,
    'department_id INTEGER NOT NULL',
    'job_id INTEGER NOT NULL',
  ].join(', ');

const narrowDdl = (engine: EngineName): string =>
  `CREATE TABLE hires (id INTEGER NOT NULL, ${NARROW_COLUMNS(engine)})`;

const keysDdl = (engine: EngineName): string =>
  [
    'CREATE TABLE departments (id INTEGER PRIMARY KEY, department VARCHAR(100) NOT NULL)',
    'CREATE TABLE jobs (id INTEGER PRIMARY KEY, job VARCHAR(100) NOT NULL)',
    ...DEPARTMENTS.map(
      (name, i) => `INSERT INTO departments VALUES (${i + 1}, '${name.replaceAll("'", "''")}')`,
    ),
    ...JOBS.map((name, i) => `INSERT INTO jobs VALUES (${i + 1}, '${name.replaceAll("'", "''")}')`),
    `CREATE TABLE hires (id INTEGER PRIMARY KEY, ${NARROW_COLUMNS(engine)},` +
      ' FOREIGN KEY (department_id) REFERENCES departments (id), FOREIGN KEY (job_id) REFERENCES jobs (id))',
  ].join(';\n');

const keyDdl = (engine: EngineName): string =>
  `CREATE TABLE hires (id INTEGER PRIMARY KEY, ${NARROW_COLUMNS(engine)})`;

/** A date-time that LOAD DATA takes as well: it knows no Z. */
function hire(random: Random, index: number): string[] {
  const [id, name, datetime, department, job] = hireFields(random, index + 1);
  return [id, name, datetime.replace('T', ' ').replace('Z', ''), department, job];
}

export const narrow = (rows: number): Dataset => ({
  name: 'narrow, no constraints',
  table: 'hires',
  rows,
  rejects: 0,
  ddl: narrowDdl,
  record: hire,
});

export const narrowWithKey = (rows: number): Dataset => ({
  ...narrow(rows),
  name: 'narrow, primary key',
  ddl: keyDdl,
});

export const narrowWithKeys = (rows: number): Dataset => ({
  ...narrow(rows),
  name: 'narrow, primary key and 2 foreign keys',
  ddl: keysDdl,
});

/** One record in a hundred lacks its name. */
export const dirty = (rows: number): Dataset => ({
  ...narrowWithKeys(rows),
  name: 'dirty, 1 % bad rows',
  rejects: Math.floor(rows / 100),
  record(random, index) {
    const [id = '', name = '', ...rest] = hire(random, index);
    return [id, index % 100 === 99 ? '' : name, ...rest];
  },
});

/** 50 records with the key of the record before them and 50 without their department, evenly over the file. */
export const scattered = (rows: number): Dataset => ({
  ...narrowWithKeys(rows),
  name: 'scattered, 50 duplicate keys and 50 orphans',
  rejects: 100,
  record(random, index) {
    const [id = '', name = '', datetime = '', department = '', job = ''] = hire(random, index);
    const every = Math.floor(rows / 100);
    if (index % every !== every - 1) return [id, name, datetime, department, job];
    const duplicate = Math.floor(index / every) % 2 === 0;
    return [duplicate ? String(index) : id, name, datetime, duplicate ? department : '9999', job];
  },
});

interface WideType {
  readonly sql: Readonly<Record<EngineName, string>>;
  field(random: Random): string;
}

const same = (sql: string): WideType['sql'] => ({ sqlite: sql, postgres: sql, mysql: sql });
const two = (value: number): string => String(value).padStart(2, '0');
const day = (random: Random): string =>
  `${1970 + randomInteger(random, 60)}-${two(1 + randomInteger(random, 12))}-${two(1 + randomInteger(random, 28))}`;
const hex = (random: Random, digits: number): string =>
  Array.from({ length: digits }, () => randomInteger(random, 16).toString(16)).join('');
const words = (random: Random, count: number): string =>
  Array.from({ length: count }, () => pick(random, random() < 0.5 ? GIVEN_NAMES : FAMILY_NAMES)).join(' ');

const WIDE_TYPES: readonly WideType[] = [
  { sql: same('INTEGER'), field: (random) => String(randomInteger(random, 2_000_000) - 1_000_000) },
  {
    sql: same('BIGINT'),
    field: (random) => `${randomInteger(random, 9)}${hex(random, 12).replace(/\D/g, '7')}`,
  },
  {
    sql: same('DECIMAL(12,2)'),
    field: (random) => `${randomInteger(random, 1_000_000)}.${two(randomInteger(random, 100))}`,
  },
  {
    sql: { sqlite: 'DOUBLE', postgres: 'DOUBLE PRECISION', mysql: 'DOUBLE' },
    field: (random) => String(Math.round(random() * 1e9) / 1e4),
  },
  { sql: same('BOOLEAN'), field: (random) => String(randomInteger(random, 2)) },
  { sql: same('DATE'), field: day },
  {
    sql: { sqlite: 'DATETIME', postgres: 'TIMESTAMP', mysql: 'DATETIME' },
    field: (random) =>
      `${day(random)} ${two(randomInteger(random, 24))}:${two(randomInteger(random, 60))}:07`,
  },
  { sql: same('VARCHAR(60)'), field: (random) => words(random, 2) },
  { sql: same('TEXT'), field: (random) => `"${words(random, 1)}, ${words(random, 3)}"` },
  { sql: same('CHAR(32)'), field: (random) => hex(random, 32) },
];

const WIDE_COLUMNS = 60;
const wideType = (column: number): WideType | undefined => WIDE_TYPES[column % WIDE_TYPES.length];

export const wide = (rows: number): Dataset => ({
  name: 'wide, 60 mixed columns',
  table: 'wide',
  rows,
  rejects: 0,
  ddl(engine) {
    const columns = Array.from({ length: WIDE_COLUMNS }, (_, i) => `c${i} ${wideType(i)?.sql[engine]}`);
    return `CREATE TABLE wide (${columns.join(', ')})`;
  },
  record: (random) => Array.from({ length: WIDE_COLUMNS }, (_, i) => wideType(i)?.field(random) ?? ''),
});

/** Each text has commas, doubled quotes and three lines, of about 500 bytes. */
export const text = (rows: number): Dataset => ({
  name: 'text-heavy, quoted, several lines',
  table: 'notes',
  rows,
  rejects: 0,
  ddl: () => 'CREATE TABLE notes (id INTEGER NOT NULL, title VARCHAR(200) NOT NULL, body TEXT NOT NULL)',
  record(random, index) {
    const line = (): string => `${words(random, 8)}, ""${words(random, 6)}"", ${words(random, 10)}`;
    return [String(index + 1), `"${words(random, 4)}"`, `"${line()}\n${line()}\n${line()}"`];
  },
});

/** Resolves with the size of the file in bytes. */
export async function writeDataset({ rows, record }: Dataset, out: string): Promise<number> {
  const random = seededRandom(SEED);
  const file = createWriteStream(out);
  let lines: string[] = [];
  for (let index = 0; index < rows; index++) {
    lines.push(`${record(random, index).join(',')}\n`);
    if (lines.length < RECORDS_A_WRITE) continue;
    if (!file.write(lines.join(''))) await once(file, 'drain');
    lines = [];
  }
  file.end(lines.join(''));
  await finished(file);
  return file.bytesWritten;
}
