/** hired_employees as text: the id is the line, so that each row tells where it comes from. */
export interface Hires {
  readonly content: string;
  readonly expected: {
    readonly read: number;
    readonly inserted: number;
    /** Sum of the ids that are to be in the table; each is there once. */
    readonly idSum: number;
  };
}

const FIRST_NAMES = ['Ann', 'Bob', 'Chloé', 'Dmitri', 'Eve, the "second"', 'Fatima', 'Gökçe', '花子'];

/** The same for the same seed. About one row in a hundred has no name and is to be rejected. */
export function generateHires(lines: number, seed: number): Hires {
  const random = mulberry32(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const records: string[] = [];
  let inserted = 0;
  let idSum = 0;
  for (let line = 1; line <= lines; line++) {
    const rejected = below(100) === 0;
    const name = rejected ? '' : quoted(`${FIRST_NAMES[below(FIRST_NAMES.length)]} ${below(1_000_000)}`);
    const second = String(below(60)).padStart(2, '0');
    records.push(`${line},${name},2021-07-27T16:02:${second}Z,${1 + below(12)},${1 + below(183)}`);
    inserted += rejected ? 0 : 1;
    idSum += rejected ? 0 : line;
  }
  return { content: `${records.join('\n')}\n`, expected: { read: lines, inserted, idSum } };
}

const quoted = (text: string): string => (/[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** A small generator with a seed: additive counter, two multiplicative mixes. */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** `keyed`: with the keys of the example. Without them a row that comes twice stays twice, which is stricter. */
export function hiresDdl(keyed: boolean): string {
  const ids = (count: number) =>
    Array.from({ length: count }, (_, index) => `(${index + 1}, 'x${index}')`).join(', ');
  const [key, department, job] = keyed
    ? ['INTEGER PRIMARY KEY', 'REFERENCES departments (id)', 'REFERENCES jobs (id)']
    : ['INTEGER NOT NULL', '', ''];
  return `
    CREATE TABLE departments (id INTEGER PRIMARY KEY, department VARCHAR(100) NOT NULL);
    CREATE TABLE jobs (id INTEGER PRIMARY KEY, job VARCHAR(100) NOT NULL);
    CREATE TABLE hired_employees (id ${key}, name VARCHAR(200) NOT NULL, datetime DATETIME NOT NULL,
      department_id INTEGER NOT NULL ${department}, job_id INTEGER NOT NULL ${job});
    INSERT INTO departments VALUES ${ids(12)};
    INSERT INTO jobs VALUES ${ids(183)};`;
}
