/**
 * Makes the three CSV files of the HR example: no header, LF, no newline at the end, UTF-8. The seed is fixed, so
 * every run gives the same bytes; a test compares them with the files beside this one.
 *
 *     node examples/hr/generate.ts
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pick, type Random, randomInteger, seededRandom } from './random.ts';
import { DEPARTMENTS, FAMILY_NAMES, GIVEN_NAMES, JOBS } from './words.ts';

const SEED = 7;
const HIRES = 2000;
/** Share of the hires that lack one field. */
const INCOMPLETE = 0.03;
const FIRST_HIRE = Date.UTC(2021, 0, 1);
const HIRE_SECONDS = 2 * 365 * 24 * 3600;

export type ExampleFile = 'departments.csv' | 'jobs.csv' | 'hired_employees.csv';

/** The content of each file. */
export function generateExample(): Record<ExampleFile, string> {
  const random = seededRandom(SEED);
  const hires = Array.from({ length: HIRES }, (_, index) => hire(random, index + 1));
  return {
    'departments.csv': numbered(DEPARTMENTS),
    'jobs.csv': numbered(JOBS),
    'hired_employees.csv': hires.join('\n'),
  };
}

/** id, name, datetime, department_id, job_id of a hire, as text. */
export function hireFields(random: Random, id: number): [string, string, string, string, string] {
  const moment = new Date(FIRST_HIRE + randomInteger(random, HIRE_SECONDS) * 1000);
  return [
    String(id),
    `${pick(random, GIVEN_NAMES)} ${pick(random, FAMILY_NAMES)}`,
    moment.toISOString().replace('.000Z', 'Z'),
    String(1 + randomInteger(random, DEPARTMENTS.length)),
    String(1 + randomInteger(random, JOBS.length)),
  ];
}

/** A hire as a CSV record; about 3 % lack their name, datetime, department_id or job_id. */
function hire(random: Random, id: number): string {
  const fields = hireFields(random, id);
  if (random() < INCOMPLETE) fields[1 + randomInteger(random, 4)] = '';
  return fields.join(',');
}

function numbered(names: readonly string[]): string {
  return names.map((name, index) => `${index + 1},${name}`).join('\n');
}

if (import.meta.main) {
  for (const [name, content] of Object.entries(generateExample())) {
    writeFileSync(join(import.meta.dirname, name), content);
  }
}
