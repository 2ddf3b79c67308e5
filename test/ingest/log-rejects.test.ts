import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { loadConfig } from '../../src/config.ts';
import { openIngest } from '../../src/ingest/open-ingest.ts';
import { createLog } from '../../src/log.ts';
import { temporaryFolder } from '../database/sqlite/fixture.ts';
import { announce, loadContent, requestOf, utf8 } from './fixture.ts';

test('log.txt has a line for each reason of an ended load, once, and none for a load without rejects', async () => {
  const home = temporaryFolder();
  const file = join(home, 'log.txt');
  new DatabaseSync(join(home, 'a.sqlite')).exec('CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT NOT NULL)');
  const config = loadConfig({ home, databaseUrl: `sqlite:${join(home, 'a.sqlite')}` }, {});
  const ingest = await openIngest({
    config,
    log: createLog({ destination: { write() {} }, errorFile: file }),
  });
  const lines = () =>
    readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(/^\S+ | load=\S+$/g, ''));
  try {
    const load = await loadContent(ingest, utf8('1,a\n2,\nx,\n'), { name: 'evil\n.csv', partBytes: () => 4 });
    assert.deepEqual(lines(), [
      'WARN evil\\x0a.csv: 2 of 3 records were not loaded into t',
      'WARN evil\\x0a.csv: 2 × missing in v, first in line 2',
      'WARN evil\\x0a.csv: 1 × type.integer in id, first in line 3',
    ]);
    await ingest.finish(load.id);
    await announce(ingest, utf8('1,a\n2,\nx,\n'));
    await loadContent(ingest, utf8('7,fine\n'));
    assert.equal(lines().length, 3);
    const request = requestOf([{ id: 8, v: null }]);
    await ingest.batch(request);
    await ingest.batch(requestOf([{ id: 8, v: null }], { key: request.claim.key }));
    assert.deepEqual(lines().slice(3), [
      'WARN request: 1 of 1 records were not loaded into t',
      'WARN request: 1 × missing in v, first in line 1',
    ]);
  } finally {
    await ingest.close();
  }
});
