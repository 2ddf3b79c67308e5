import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../../src/config.ts';
import { checkFile } from '../../src/ingest/check-file.ts';
import type { Reject } from '../../src/model/reject.ts';
import { openHome } from './fixture.ts';

const DDL =
  'CREATE TABLE notes (id INTEGER PRIMARY KEY, above INTEGER REFERENCES notes (id), body TEXT NOT NULL)';
const home = await openHome(DDL);
const config = loadConfig({ home: dirname(dirname(home.path)), backupSchedule: null }, {});
const BODY = 'x'.repeat(4000);

/** 20 MB: several parts. */
const ROWS = 5000;

function fileOf(name: string, record: (id: number) => string): string {
  const path = join(dirname(home.path), name);
  writeFileSync(path, Array.from({ length: ROWS }, (_, i) => `${record(i + 1)}\n`).join(''));
  return path;
}

async function checked(file: string, size?: number) {
  const rejects: Reject[] = [];
  const progress: number[] = [];
  const report = await checkFile({
    config,
    file,
    table: 'notes',
    sniff: false,
    onRejects: (found) => rejects.push(...found),
    onProgress: (done) => {
      progress.push(done);
      if (size !== undefined) truncateSync(file, size);
    },
  });
  return { report, rejects, progress };
}

test('parts of a file see the rows of those before them, and nothing is written', async () => {
  const file = fileOf('notes.csv', (id) => {
    if (id === ROWS) return `1,,${BODY}`;
    if (id === ROWS - 1) return `${id},2,${BODY}`;
    if (id === ROWS - 2) return `${id},,`;
    return `${id},,${BODY}`;
  });
  const { report, rejects, progress } = await checked(file);
  const content = createHash('sha256').update(readFileSync(file));
  assert.equal(report.sha256, content.digest('hex'));
  assert.deepEqual([report.read, report.inserted, report.rejected], [ROWS, ROWS - 2, 2]);
  assert.deepEqual(
    rejects.map(({ line, errors }) => [line, errors.map(({ code }) => code)]),
    [
      [ROWS - 2, ['missing']],
      [ROWS, ['unique.table']],
    ],
  );
  assert.ok(progress.length > 2, `${progress.length} parts`);
  assert.equal(progress.at(-1), report.bytes);
  assert.deepEqual(home.values('SELECT count(*) FROM notes'), [[0]]);
});

test('a file that only an insert can tell of at its end is told once', async () => {
  const file = fileOf('orphan.csv', (id) => {
    if (id === 2) return `${id},,`;
    return `${id},${id === ROWS ? 99_999 : ''},${BODY}`;
  });
  const { report, rejects } = await checked(file);
  assert.deepEqual([report.read, report.inserted, report.rejected], [ROWS, ROWS - 2, 2]);
  assert.deepEqual(
    rejects.map(({ line, errors }) => [line, errors.map(({ code }) => code)]),
    [
      [2, ['missing']],
      [ROWS, ['foreign_key']],
    ],
  );
});

test('a file that becomes shorter is said so', async () => {
  // More parts than are read ahead.
  const file = fileOf('shorter.csv', (id) => `${id},,${BODY}${BODY}`);
  await assert.rejects(checked(file, 100), { code: 'file-changed' });
  assert.deepEqual(home.values('SELECT count(*) FROM notes'), [[0]]);
});

test('what is wrong with a file of several parts comes as it is', async () => {
  const file = fileOf('nothing.csv', (id) => `${id},,${BODY}`);
  const other = checkFile({ config, file, table: 'notes', sniff: false, dialect: { header: true } });
  await assert.rejects(other, { name: 'RowferryError' });
});
