/** Files for the bench of reading: the narrow one, the one with bad rows, and one that is written another way. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { type Random, randomInteger, seededRandom } from '../examples/hr/random.ts';
import { type Dataset, dirty, narrow } from './datasets.ts';

export interface ReadingFile {
  readonly name: string;
  readonly kind: 'clean' | 'dirty';
  readonly table: string;
  readonly ddl: string;
  readonly rows: number;
  /** Parameters of `rowferry clean`. */
  readonly cleaning: readonly string[];
  /** Whether the command leaves records out. */
  readonly rejects: Readonly<Record<'check' | 'clean' | 'plan', boolean>>;
  readonly encoding: 'utf8' | 'latin1';
  /** Of all files, the lines before the records. */
  readonly header: string;
  /** With its record end. */
  record(random: Random, index: number): string;
}

const SEED = 96;
const RECORDS_A_WRITE = 10_000;

export const readingFiles = (rows: number): ReadingFile[] => [
  { ...plain(narrow(rows)), kind: 'clean' },
  { ...plain(dirty(rows)), kind: 'dirty', rejects: { check: true, clean: false, plan: false } },
  odd(rows),
];

function plain(dataset: Dataset): Omit<ReadingFile, 'kind'> {
  return {
    name: dataset.name,
    table: dataset.table,
    ddl: dataset.ddl('sqlite'),
    rows: dataset.rows,
    cleaning: [],
    rejects: { check: false, clean: false, plan: false },
    encoding: 'utf8',
    header: '',
    record: (random, index) => `${dataset.record(random, index).join(',')}\n`,
  };
}

/** As a spreadsheet of western Europe writes it; one record in a hundred has a field too many. */
const odd = (rows: number): ReadingFile => ({
  name: 'semicolons, windows-1252, decimal commas, 1 % ragged',
  kind: 'dirty',
  table: 'pays',
  ddl: 'CREATE TABLE pays (id INTEGER NOT NULL, name VARCHAR(200) NOT NULL, datetime DATETIME NOT NULL, department_id INTEGER NOT NULL, pay DECIMAL(12,2) NOT NULL)',
  rows,
  // Not --auto, which would mend the ragged records.
  cleaning: ['--dialect', '{"delimiter":";","encoding":"windows-1252","header":true}'],
  rejects: { check: true, clean: true, plan: false },
  encoding: 'latin1',
  header: 'id;name;datetime;department_id;pay\r\n',
  record(random, index) {
    const [id, name = '', datetime, department] = narrow(1).record(random, index);
    const accented = index % 10 === 3 ? `${name.replace('a', 'ä')} né` : name;
    const pay = (randomInteger(random, 9_000_000) / 100).toFixed(2).replace('.', ',');
    const more = index % 100 === 57 ? ';x' : '';
    return `${id};${accented};${datetime};${department};${pay}${more}\r\n`;
  },
});

export async function writeReadingFile(
  { rows, header, encoding, record }: ReadingFile,
  out: string,
): Promise<void> {
  const random = seededRandom(SEED);
  const file = createWriteStream(out);
  let text = header;
  for (let index = 0; index < rows; index++) {
    text += record(random, index);
    if ((index + 1) % RECORDS_A_WRITE !== 0) continue;
    if (!file.write(Buffer.from(text, encoding))) await once(file, 'drain');
    text = '';
  }
  file.end(Buffer.from(text, encoding));
  await finished(file);
}
