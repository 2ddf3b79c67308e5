import assert from 'node:assert/strict';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { generateHires, hiresDdl } from './generated-hires.ts';
import {
  drop,
  type Home,
  makeHome,
  reasonOf,
  receiptOf,
  startUp,
  textOf,
  until,
  whereIs,
} from './up-process.ts';

/** What people drop into a folder, into a real `rowferry up`: each ends in one place, with a clear message. */

interface Case {
  readonly what: string;
  readonly file: string;
  readonly content: string;
  /** Members of the receipt; the file is in done. */
  readonly receipt?: Readonly<Record<string, unknown>>;
  /** In the reason beside the file and in log.txt; the file is in failed. */
  readonly reason?: RegExp;
  /** A line for the person at the screen. */
  readonly says: RegExp;
  /** Rows of jobs with these ids, as [id, job]. */
  readonly rows: ReadonlyArray<readonly [number, string]>;
  /** The not_added file, as it can be dropped again, and the reason in the file beside it. */
  readonly notAdded?: readonly [string, RegExp];
}

const CASES: readonly Case[] = [
  {
    what: 'a file cut off in the middle of a record',
    file: 'jobs-half.csv',
    content: '1001,Baker\n1002,Cook\n10',
    receipt: { state: 'completed_with_rejects', read: 3, inserted: 2, rejected: 1 },
    says: /1 × columns\.few, first in line 3/,
    rows: [
      [1001, 'Baker'],
      [1002, 'Cook'],
    ],
    notAdded: ['10\n', /^3,21,,,columns\.few,/m],
  },
  {
    what: 'a header with a name the table does not have',
    file: 'jobs-header.csv',
    content: 'id,jobb\n1101,Baker\n',
    reason: /the header does not fit table jobs: unknown column "jobb", did you mean job\?/,
    says: /jobs-header\.csv: the header does not fit table jobs[^\n]*\n[^\n]*id, job\n[^\n]*data\/failed\/jobs-header\.csv/,
    rows: [],
  },
  {
    what: 'an empty file',
    file: 'jobs-empty.csv',
    content: '',
    receipt: {
      state: 'completed',
      read: 0,
      inserted: 0,
      detail: 'the file holds no records; nothing was added',
    },
    says: /warning: jobs-empty\.csv: the file holds no records/,
    rows: [],
  },
  {
    what: 'a header and no rows',
    file: 'jobs-none.csv',
    content: 'id,job\n',
    receipt: {
      state: 'completed',
      read: 0,
      inserted: 0,
      detail: 'the file holds no records; nothing was added',
    },
    says: /warning: jobs-none\.csv: the file holds no records/,
    rows: [],
  },
  {
    what: 'records that end in CRLF',
    file: 'jobs-crlf.csv',
    content: 'id,job\r\n1201,Baker\r\n1202,"Cook\r\nand baker"\r\n',
    receipt: { state: 'completed', read: 2, inserted: 2, rejected: 0 },
    says: /2 read = 2 inserted \+ 0 updated \+ 0 skipped \+ 0 rejected/,
    rows: [
      [1201, 'Baker'],
      [1202, 'Cook\r\nand baker'],
    ],
  },
  {
    what: 'a record over three lines',
    file: 'jobs-lines.csv',
    content: '1301,"Baker\nof ""good""\nbread"\n1302,Cook',
    receipt: { state: 'completed', read: 2, inserted: 2, rejected: 0 },
    says: /2 read = 2 inserted \+ 0 updated \+ 0 skipped \+ 0 rejected/,
    rows: [
      [1301, 'Baker\nof "good"\nbread'],
      [1302, 'Cook'],
    ],
  },
  {
    what: 'a quote that is never closed',
    file: 'jobs-quote.csv',
    content: '1401,Baker\n1402,"Cook\n',
    receipt: { state: 'completed_with_rejects', read: 2, inserted: 1, rejected: 1 },
    says: /1 × quote\.unclosed, first in line 2/,
    rows: [[1401, 'Baker']],
    notAdded: ['1402,"Cook\n', /^2,11,,,quote\.unclosed,/m],
  },
];

test('what is dropped into the folder ends in one place, with a message', async (t) => {
  const home = makeHome(t, hiresDdl(true), { quietMs: 400 });
  const up = startUp(t, home);
  const log = () => readFileSync(join(home.path, 'log.txt'), 'utf8');
  await until(up, 'it has settled', () => up.output().includes('stop  Ctrl-C'));

  await t.test('several at once', async (at) => {
    for (const { file, content } of CASES) drop(home, file, content);
    for (const { file } of CASES) await until(up, `${file} is dealt with`, () => hasEnded(home, file));
    for (const each of CASES)
      await at.test(each.what, () =>
        until(up, `what is said of ${each.file}`, () => each.says.test(up.output())).then(() =>
          verify(home, each, log()),
        ),
      );
  });

  await t.test('a file dropped while another is loading waits for its turn', async () => {
    const hires = generateHires(200_000, 3);
    drop(home, 'hired_employees.csv', hires.content);
    await until(
      up,
      'it is taken',
      () => whereIs(home, 'hired_employees.csv')[0] === 'work/hired_employees.csv',
    );
    drop(home, 'departments-more.csv', '101,Baking\n');
    assert.deepEqual(whereIs(home, 'departments-more.csv'), ['incoming/departments-more.csv']);
    await until(up, 'both are loaded', () => hasEnded(home, 'departments-more.csv'));
    assert.deepEqual(whereIs(home, 'hired_employees.csv'), ['done/hired_employees.csv']);
    assert.equal(receiptOf(home, 'hired_employees.csv').inserted, hires.expected.inserted);
    assert.equal(receiptOf(home, 'departments-more.csv').inserted, 1);
  });

  await t.test('the same file again is a duplicate: nothing is added', async () => {
    const again = 'departments-again.csv';
    drop(home, again, '101,Baking\n');
    await until(up, 'it is done', () => hasEnded(home, again));
    const { state, load } = receiptOf(home, again);
    assert.deepEqual([state, load], ['duplicate', receiptOf(home, 'departments-more.csv').load]);
    await until(up, 'it is said', () =>
      up.output().includes('this content was loaded before: nothing was added'),
    );
    assert.deepEqual(select(home, 'SELECT count(*) AS n FROM departments WHERE id = 101'), [{ n: 1 }]);
  });

  await t.test('a file that is still being written is taken when it is whole', async () => {
    const file = join(home.path, 'data', 'incoming', 'jobs-slow.csv');
    for (let id = 2001; id <= 2100; id++) {
      appendFileSync(file, `${id},Ba`);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
      appendFileSync(file, 'ker\n');
    }
    await until(up, 'it is loaded', () => hasEnded(home, 'jobs-slow.csv'));
    const { state, read, inserted } = receiptOf(home, 'jobs-slow.csv');
    assert.deepEqual([state, read, inserted], ['completed', 100, 100]);
  });

  assert.deepEqual(select(home, "SELECT count(*) AS n FROM rowferry_loads WHERE state = 'receiving'"), [
    { n: 0 },
  ]);
  assert.equal(await up.stop(), 0, up.output());
});

const hasEnded = (home: Home, file: string): boolean => /^(done|failed)\//.test(whereIs(home, file)[0] ?? '');

function verify(home: Home, expected: Case, log: string): void {
  const { file, receipt, reason, rows, notAdded } = expected;
  assert.deepEqual(whereIs(home, file), [`${reason === undefined ? 'done' : 'failed'}/${file}`]);
  if (receipt !== undefined) {
    const found = receiptOf(home, file);
    assert.deepEqual(Object.fromEntries(Object.keys(receipt).map((name) => [name, found[name]])), receipt);
  }
  if (reason !== undefined) {
    assert.match(reasonOf(home, file), reason);
    assert.match(log, new RegExp(`ERROR ${file} was not loaded: ${reason.source}`));
  }
  const hundred = Math.floor((rows[0]?.[0] ?? 0) / 100) * 100;
  const found = select(
    home,
    `SELECT id, job FROM jobs WHERE id > ${hundred} AND id < ${hundred + 100} AND id > 1000`,
  );
  assert.deepEqual(
    found.map(({ id, job }) => [id, job]),
    rows,
  );
  if (notAdded !== undefined) verifyNotAdded(home, file, notAdded);
}

function verifyNotAdded(home: Home, file: string, [records, why]: readonly [string, RegExp]): void {
  const stem = `${file.replace('.csv', '')}.${receiptOf(home, file).load}`;
  assert.equal(textOf(home, 'not_added', 'jobs', `${stem}.csv`), records);
  assert.match(textOf(home, 'not_added', 'jobs', `${stem}.reasons.csv`), why);
}

function select(home: Home, sql: string): Array<Record<string, unknown>> {
  const database = new DatabaseSync(home.database, { readOnly: true });
  try {
    return database
      .prepare(sql)
      .all()
      .map((row) => ({ ...row }));
  } finally {
    database.close();
  }
}
