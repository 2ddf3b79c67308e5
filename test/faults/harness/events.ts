import { mulberry32 } from '../generated-hires.ts';
import type { EngineName } from './databases.ts';

/** A file whose rows carry the number of their file and of their line, so that each tells where it came from. */
export interface EventsFile {
  readonly name: string;
  readonly content: string;
  readonly expected: ExpectedRows;
}

export interface ExpectedRows {
  readonly file: number;
  readonly read: number;
  readonly inserted: number;
  /** Sum of the lines that are to be in the table; each is there once. */
  readonly lineSum: number;
}

/** Configuration of a home: which table the files are for. */
export const MAPPING = { 'events-*': 'events' };

const KINDS = 12;

/** The same for the same number and seed. About one row in a hundred has no name and is to be rejected. */
export function eventsFile(file: number, lines: number, seed: number): EventsFile {
  const random = mulberry32(seed * 1000 + file);
  const below = (limit: number) => Math.floor(random() * limit);
  const records: string[] = [];
  let inserted = 0;
  let lineSum = 0;
  for (let line = 1; line <= lines; line++) {
    const isRejected = below(100) === 0;
    const second = String(below(60)).padStart(2, '0');
    const name = isRejected ? '' : `Ann ${below(1_000_000)}`;
    records.push(`${file},${line},${name},2021-07-27 16:02:${second},${1 + below(KINDS)}`);
    inserted += isRejected ? 0 : 1;
    lineSum += isRejected ? 0 : line;
  }
  const expected = { file, read: lines, inserted, lineSum };
  return { name: `events-${file}.csv`, content: `${records.join('\n')}\n`, expected };
}

/** Without a key a row that comes twice stays twice, which is stricter; with one the other ways of writing are taken. */
export function eventsDdl(engine: EngineName, keyed: boolean): string {
  const time = engine === 'postgres' ? 'TIMESTAMP' : 'DATETIME';
  const kinds = Array.from({ length: KINDS }, (_, index) => `(${index + 1})`).join(', ');
  const keys = keyed ? ', PRIMARY KEY (file, line), FOREIGN KEY (kind) REFERENCES kinds (id)' : '';
  return `CREATE TABLE kinds (id INTEGER NOT NULL PRIMARY KEY);
    INSERT INTO kinds VALUES ${kinds};
    CREATE TABLE events (file INTEGER NOT NULL, line INTEGER NOT NULL, name VARCHAR(60) NOT NULL,
      happened ${time} NOT NULL, kind INTEGER NOT NULL${keys});`;
}
