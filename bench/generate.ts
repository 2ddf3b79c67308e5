/**
 * Writes N records of the shape of hired_employees, about 47 bytes each, 12 departments and 183 jobs, LF, no header.
 * The seed is fixed: the same N gives the same bytes.
 *
 *     node bench/generate.ts --rows 2000000 --out hired.csv [--bad-percent 3]
 */
import { once } from 'node:events';
import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { finished } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { hireFields } from '../examples/hr/generate.ts';
import { randomInteger, seededRandom } from '../examples/hr/random.ts';

const SEED = 96;
const RECORDS_A_WRITE = 20_000;

export interface GenerateOptions {
  readonly rows: number;
  readonly out: string;
  /** Share of the records that lack one field, 0 to 100. */
  readonly badPercent?: number;
}

/** Resolves when the file is written; returns how many records lack a field. */
export async function generate({ rows, out, badPercent = 0 }: GenerateOptions): Promise<number> {
  mkdirSync(dirname(out), { recursive: true });
  const random = seededRandom(SEED);
  const file = createWriteStream(out);
  let bad = 0;
  let lines: string[] = [];
  for (let id = 1; id <= rows; id++) {
    const fields = hireFields(random, id);
    if (badPercent > 0 && random() * 100 < badPercent) {
      fields[1 + randomInteger(random, 4)] = '';
      bad += 1;
    }
    lines.push(`${fields.join(',')}\n`);
    if (lines.length === RECORDS_A_WRITE) {
      if (!file.write(lines.join(''))) await once(file, 'drain');
      lines = [];
    }
  }
  file.end(lines.join(''));
  await finished(file);
  return bad;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: '2000000' },
      out: { type: 'string', default: 'bench/out/hired_employees.csv' },
      'bad-percent': { type: 'string', default: '0' },
    },
  });
  const options = {
    rows: Number(values.rows),
    out: values.out,
    badPercent: Number(values['bad-percent']),
  };
  const bad = await generate(options);
  process.stdout.write(`${options.out}: ${options.rows} records, ${bad} of them without one field\n`);
}
