import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openBackups } from '../../src/backup/open-backups.ts';
import { openTable } from '../../src/backup/open-table.ts';
import { loadConfig } from '../../src/config.ts';
import { createLog } from '../../src/log.ts';
import { CODECS } from '../../src/model/avro-options.ts';
import { coded, contentOf, makeHome, only, SIGNING_KEY } from './fixture.ts';

const TABLE = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t VALUES (1, 'x'), (2, NULL);";

test('what is configured goes for safety backups too; a request says otherwise for its own files', async (t) => {
  const home = makeHome(t, TABLE);
  const file = { backupCodec: 'zstandard', backupProfile: 'standard' } as const;
  const config = loadConfig(
    { home: home.path, databaseUrl: home.databaseUrl, backupSchedule: null, ...file },
    {},
  );
  const log = createLog({ destination: { write: () => undefined } });
  const backups = await openBackups({ config, log, signingKey: SIGNING_KEY });
  await using stack = new AsyncDisposableStack();
  stack.defer(() => backups.close());
  const writtenAs = async (id: string): Promise<unknown[]> => {
    const path = join(home.path, (await backups.find(id)).file.replace(/avro$/, 'manifest.json'));
    const { codec, profile } = JSON.parse(readFileSync(path, 'utf8'));
    return [codec, profile];
  };
  const usual = only(await backups.run(['t'])).id;
  assert.deepEqual(await writtenAs(usual), ['zstandard', 'standard']);
  const before = contentOf(home.db, 't');
  for (const codec of CODECS) {
    const { id } = only(await backups.run(['t'], undefined, { codec, profile: 'iceberg' }));
    assert.deepEqual(await writtenAs(id), [codec, undefined]);
    home.db.exec("INSERT INTO t VALUES (3, 'new')");
    const { safetyBackup } = await backups.restore({ table: 't', source: { backup: id }, dryRun: false });
    assert.deepEqual(await writtenAs(safetyBackup ?? ''), ['zstandard', 'standard']);
    assert.deepEqual(contentOf(home.db, 't'), before);
  }
});

test('codec and profile come from the environment too, and what is none of them is refused', (t) => {
  const { path: home } = makeHome(t, '');
  const usual = loadConfig({ home }, {});
  assert.deepEqual([usual.backupCodec, usual.backupProfile], ['deflate', 'iceberg']);
  const from = { ROWFERRY_BACKUP_CODEC: 'null', ROWFERRY_BACKUP_PROFILE: 'standard' };
  const { backupCodec, backupProfile } = loadConfig({ home }, from);
  assert.deepEqual([backupCodec, backupProfile], ['null', 'standard']);
  assert.throws(
    () => loadConfig({ home }, { ROWFERRY_BACKUP_CODEC: 'snappy' }),
    coded('config-invalid', 'expected one of deflate, zstandard, null'),
  );
});

test('a file to be looked at that says another codec of itself than it has is refused', async (t) => {
  const home = makeHome(t, TABLE);
  const { file } = only(await (await home.backups()).run(['t']));
  const text = readFileSync(join(home.path, file), 'latin1');
  const copy = join(home.path, 'copy.avro');
  writeFileSync(copy, text.replace('"deflate"', '"default"'), 'latin1');
  await assert.rejects(openTable(copy, null), coded('backup-invalid', 'not what rowferry writes'));
});
