import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadConfig } from '../../src/config.ts';
import { checkFile } from '../../src/ingest/check-file.ts';
import { testMysql } from '../servers/mysql.ts';
import { testPostgres } from '../servers/postgres.ts';

const folder = mkdtempSync(join(tmpdir(), 'rowferry-check-'));
after(() => rmSync(folder, { recursive: true }));

/** 10 MB: several parts. The last record has the key of the first one. */
const ROWS = 2500;
const file = join(folder, 'notes.csv');
writeFileSync(
  file,
  Array.from({ length: ROWS }, (_, i) => `${(i + 1) % ROWS || 1},${'x'.repeat(4000)}\n`).join(''),
);

for (const [engine, start] of [
  ['postgres', testPostgres],
  ['mysql', testMysql],
] as const) {
  test(`${engine}: parts of a file see the rows of those before them`, async () => {
    const server = await start();
    const url = await server.freshDatabase();
    await server.run(url, 'CREATE TABLE notes (id INTEGER PRIMARY KEY, body VARCHAR(5000) NOT NULL)');
    const config = { ...loadConfig({ home: folder, backupSchedule: null }, {}), databaseUrl: url };
    const check = () => checkFile({ config, file, table: 'notes', sniff: false });
    // A second time, to see that nothing is there.
    for (const report of [await check(), await check()]) {
      assert.deepEqual([report.read, report.inserted, report.rejected], [ROWS, ROWS - 1, 1]);
      assert.deepEqual(
        report.reasons.map(({ code }) => code),
        ['unique.table'],
      );
    }
  });
}
