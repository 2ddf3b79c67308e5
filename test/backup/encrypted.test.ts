import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileKeyOf } from '../../src/age/header.ts';
import { SEALED_CHUNK_BYTES } from '../../src/age/payload.ts';
import type { BackupInfo, Backups } from '../../src/backup/backups.ts';
import { type JobProgress, Progress } from '../../src/backup/job-progress.ts';
import { readManifest, Signer } from '../../src/backup/manifest.ts';
import { openBackups } from '../../src/backup/open-backups.ts';
import { manifestPath } from '../../src/backup/paths.ts';
import { readBackup } from '../../src/backup/read-backup.ts';
import { toTestRestore } from '../../src/backup/test-restore.ts';
import { verifyAtLevel } from '../../src/backup/verify-level.ts';
import { RowferryError } from '../../src/errors.ts';
import { createLog } from '../../src/log.ts';
import { makeKeys } from '../age/fixture.ts';
import { coded, contentOf, type Home, makeHome, only, SIGNING_KEY } from './fixture.ts';

const signer = new Signer(SIGNING_KEY);
/** A mark in each row that must not be found on the disk, in random bytes that do not pack: some 1.4 MiB. */
const ROWS = `CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB NOT NULL, c TEXT);
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 700)
  INSERT INTO t SELECT i, randomblob(2000), hex(randomblob(20)) || 'the mark of row ' || i FROM n`;
const FEW = "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT); INSERT INTO t VALUES (1, 'Ann'), (2, 'Bob')";

interface Encrypted {
  readonly home: Home;
  readonly backups: Backups;
  readonly info: BackupInfo;
  readonly path: string;
  readonly fileKey: Buffer;
  readonly identity: string;
}

async function makeEncrypted(t: TestContext, sql: string): Promise<Encrypted> {
  const home = makeHome(t, sql);
  const [keys, recovery] = [await makeKeys(), await makeKeys()];
  const backups = await openEncrypted(t, home, [keys.recipient, recovery.recipient]);
  const info = await backups.find(only(await backups.run(['t'])).id);
  assert.ok(info.encryption !== null);
  const fileKey = await fileKeyOf(Buffer.from(info.encryption.header, 'base64'), [recovery.identity]);
  const { identity } = keys;
  return { home, backups, info, path: join(home.path, info.file), fileKey, identity };
}

async function openEncrypted(t: TestContext, home: Home, backupRecipients: string[]): Promise<Backups> {
  const { path, databaseUrl } = home;
  const backups = await openBackups({
    config: { home: path, databaseUrl, backupSchedule: null, backupRecipients },
    log: createLog({ destination: { write: (line) => home.logged.push(line) } }),
    signingKey: SIGNING_KEY,
  });
  t.after(() => backups.close());
  return backups;
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

test('a verification of the bytes alone tells what it reads, and is stopped between two of them', async (t) => {
  const { home, info, path } = await makeEncrypted(t, ROWS);
  for (const level of [1, 2] as const) {
    const told: JobProgress[] = [];
    // At the beginning and at the first bytes it is still wanted.
    const asked = [false, false, true];
    const progress = new Progress({
      tell: (each) => told.push(each),
      isStopped: () => asked.shift() ?? true,
    });
    const options = { path, level, databaseUrl: home.databaseUrl, signer, fileKey: null, progress };
    await assert.rejects(verifyAtLevel(options), coded('job-stopped'));
    assert.deepEqual([told[0]?.phase, told[0]?.table, told[0]?.rows], ['proving', 't', null]);
  }
  assert.equal((await readManifest(manifestPath(path), signer))?.verifiedAt, info.verifiedAt);
});

test("Debian's age decrypts a backup to the bytes that were decoded, and no file holds any of them", async (t) => {
  const { home, info, path, identity } = await makeEncrypted(t, ROWS);
  assert.match(info.file, /\.avro\.age$/);
  const manifest = JSON.parse(readFileSync(manifestPath(path), 'utf8'));
  assert.equal(manifest.state, 'verified');
  assert.equal(manifest.sha256, sha256(readFileSync(path)));
  writeFileSync(join(home.path, 'key.txt'), identity);
  const age = spawnSync('age', ['-d', '-i', join(home.path, 'key.txt'), path], { maxBuffer: 1 << 26 });
  assert.equal(age.status, 0, age.stderr.toString());
  assert.equal(sha256(age.stdout), manifest.plaintextSha256);
  assert.equal(age.stdout.subarray(0, 4).toString('latin1'), 'Obj\u0001');
  const folder = join(home.path, 'backups');
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (name.endsWith('.age') || name.endsWith('.partial')) {
      const bytes = readFileSync(join(folder, name));
      assert.equal(bytes.indexOf('avro.schema'), -1);
      assert.equal(bytes.indexOf('rowferry.'), -1);
    }
    assert.ok(!name.endsWith('.avro'), name);
  }
});

test('a table is restored from an encrypted backup with its key, never without, and its safety backup is encrypted', async (t) => {
  const { home, backups, info, path, fileKey } = await makeEncrypted(t, ROWS);
  const before = contentOf(home.db, 't');
  home.db.exec('DELETE FROM t WHERE a % 2 = 0');
  const source = { backup: info.id };
  await assert.rejects(
    backups.restore({ table: 't', source, dryRun: false }),
    coded('backup-no-key', 'no key for it', 'Nothing was changed.'),
  );
  const wrong = { table: 't', source, dryRun: false, fileKey: Buffer.alloc(16) };
  await assert.rejects(
    backups.restore(wrong),
    coded('backup-no-key', 'not that of this', 'Nothing was changed.'),
  );
  assert.equal(contentOf(home.db, 't').length, 350);
  const restored = await backups.restore({ table: 't', source, dryRun: false, fileKey });
  assert.deepEqual(contentOf(home.db, 't'), before);
  assert.ok(restored.safetyBackup !== null);
  assert.match((await backups.find(restored.safetyBackup)).file, /\.avro\.age$/);
  await backups.restore({ table: 't', source: { file: path }, dryRun: false, fileKey });
  assert.ok(!home.logged.some((line) => line.includes(fileKey.toString('base64'))));
});

test('without its key a backup is verified by its SHA-256, with it whole', async (t) => {
  const { backups, info, path, fileKey } = await makeEncrypted(t, FEW);
  assert.deepEqual(toTestRestore([info], info.database), [], 'the schedule cannot open it');
  assert.deepEqual(toTestRestore([{ ...info, encryption: null }], info.database), [info.id]);
  const whole = readFileSync(path);
  for (const key of [null, fileKey]) {
    assert.equal((await backups.verify(info.id, key)).state, 'verified');
    for (const damaged of [whole.subarray(0, whole.length - 1), flip(whole, whole.length * 8 - 200)]) {
      writeFileSync(path, damaged);
      assert.equal((await backups.verify(info.id, key)).state, 'corrupt');
    }
    writeFileSync(path, whole);
  }
  assert.equal((await backups.verify(info.id)).state, 'verified');
});

test('1,000 single bits flipped over header and payload of an encrypted backup: none accepted', async (t) => {
  const { home, path, fileKey } = await makeEncrypted(t, FEW);
  const whole = readFileSync(path);
  const flipped = join(home.path, 'flipped.avro.age');
  const accepted: number[] = [];
  for (let count = 0; count < 1000; count++) {
    const bit = (count * 7919) % (whole.length * 8);
    writeFileSync(flipped, flip(whole, bit));
    await readBackup(flipped, signer, fileKey).then(
      () => accepted.push(bit),
      (error) => assert.ok(error instanceof RowferryError, String(error)),
    );
  }
  assert.deepEqual(accepted, []);
  writeFileSync(flipped, whole);
  assert.equal((await readBackup(flipped, signer, fileKey)).facts.rows, 2);
});

test('an encrypted backup cut at the end of each chunk and one byte around it is refused', async (t) => {
  const { home, path, info, fileKey } = await makeEncrypted(t, ROWS);
  const whole = readFileSync(path);
  const start = Buffer.from(info.encryption?.header ?? '', 'base64').length + 16;
  const cut = join(home.path, 'cut.avro.age');
  for (let end = start; end < whole.length; end += SEALED_CHUNK_BYTES) {
    for (const size of [end - 1, end, end + 1]) {
      writeFileSync(cut, whole.subarray(0, size));
      const codes =
        end > start + 16 * SEALED_CHUNK_BYTES
          ? ['backup-truncated']
          : ['backup-truncated', 'backup-checksum'];
      await assert.rejects(
        readBackup(cut, signer, fileKey),
        (error) => error instanceof RowferryError && codes.includes(error.code),
        `${size} of ${whole.length}`,
      );
    }
  }
});

test('a table that has to be read twice is encrypted under another key the second time', async (t) => {
  const { home, path, fileKey } = await makeEncrypted(
    t,
    "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT); INSERT INTO t VALUES (1, 'x\uFFFDy'), (2, CAST(x'ff' AS TEXT))",
  );
  assert.equal((await readBackup(path, signer, fileKey)).facts.rows, 2);
  assert.equal(contentOf(home.db, 't').length, 2);
});

test('what is no recipient ends the start, and a secret key in its place is not repeated', async (t) => {
  const home = makeHome(t, FEW);
  const { identity } = await makeKeys();
  await assert.rejects(openEncrypted(t, home, [identity]), (error) => {
    assert.ok(error instanceof RowferryError && error.code === 'config-invalid');
    return !`${error.detail}${error.hint}`.includes(identity);
  });
});

function flip(whole: Buffer, bit: number): Buffer {
  const damaged = Buffer.from(whole);
  damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return damaged;
}
