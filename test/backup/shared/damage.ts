import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { BackupResult } from '../../../src/backup/backups.ts';
import { Signer } from '../../../src/backup/manifest.ts';
import { openBackups } from '../../../src/backup/open-backups.ts';
import { manifestPath } from '../../../src/backup/paths.ts';
import { readBackup } from '../../../src/backup/read-backup.ts';
import { RowferryError } from '../../../src/errors.ts';
import { createLog } from '../../../src/log.ts';
import { makeKeys } from '../../age/fixture.ts';
import { only, SIGNING_KEY } from '../fixture.ts';
import type { ServerHome } from './home.ts';
import type { Tested } from './references.ts';

/** Files that are not what was written: each is refused, and the table is as it was. */

const CODES = [
  'backup-truncated',
  'backup-checksum',
  'backup-invalid',
  'backup-signature',
  'backup-rowcount',
];
const FLIPS = 1000;
/** Every so many of them a restore is tried too. */
const RESTORED = 50;

/** `rows` do not pack well: some 500 bytes each. */
const table = (rows: number): string =>
  `CREATE TABLE t (id integer PRIMARY KEY, a varchar(1000), n decimal(10,2), d double precision, born date, at timestamp NULL, b varchar(10));
   INSERT INTO t VALUES ${Array.from({ length: rows }, (_, i) => `(${i}, '${randomBytes(500).toString('hex')}', ${i}.25, ${i}.5, '2021-02-28', '2021-02-28 01:02:03', NULL)`).join(', ')};`;

interface Saved {
  readonly home: ServerHome;
  readonly backup: BackupResult;
  /** Of the backup, and of a copy without a manifest. */
  readonly path: string;
  readonly alone: string;
  readonly whole: Buffer;
  unchanged(): Promise<void>;
}

export function runDamage({ who, open, contentOf }: Pick<Tested, 'who' | 'open' | 'contentOf'>): void {
  /** The table is another one than that of the backup, so that a restore would be seen. */
  const save = async (t: TestContext, rows: number): Promise<Saved> => {
    const home = await open(t, table(rows));
    const backup = await home.backUp('t');
    const path = join(home.path, backup.file);
    await home.run("UPDATE t SET a = 'later' WHERE id = 0; DELETE FROM t WHERE id = 1");
    const before = await contentOf(home, 't');
    const ofTable = async (): Promise<number> => (await home.backups.list({ table: 't' })).length;
    const kept = await ofTable();
    const unchanged = async (): Promise<void> => {
      assert.deepEqual(await contentOf(home, 't'), before);
      assert.equal(await ofTable(), kept, 'no safety backup for a file that is refused');
    };
    return { home, backup, path, alone: join(home.path, 'alone.avro'), whole: readFileSync(path), unchanged };
  };

  test(`${who}: a file cut at every block boundary, one byte around it, at 0 and 100 bytes: no restore takes it`, async (t) => {
    const { home, backup, path, alone, whole, unchanged } = await save(t, 800);
    const ends = boundaries(whole);
    assert.ok(ends.length >= 4, `${ends.length} boundaries`);
    const around = ends.flatMap((end) => [end - 1, end, end + 1]);
    for (const size of [0, 1, 100, ...around].filter((each) => each < whole.length)) {
      for (const [file, source] of [
        [path, { backup: backup.id }],
        [alone, { file: alone }],
      ] as const) {
        writeFileSync(file, whole.subarray(0, size));
        for (const dryRun of [false, true]) {
          const restored = home.backups.restore({ table: 't', source, dryRun });
          await refused(restored, `${size} bytes`, ['backup-truncated']);
        }
      }
    }
    await unchanged();
    writeFileSync(path, whole);
    assert.equal((await home.restore('t', backup.id)).rows, backup.rows);
  });

  test(`${who}: ${FLIPS} single bits flipped: none accepted, by no restore either`, async (t) => {
    const { home, alone, whole, unchanged } = await save(t, 3);
    const signer = new Signer(SIGNING_KEY);
    const accepted: string[] = [];
    for (let flip = 0; flip < FLIPS; flip++) {
      // Spread evenly, each time another bit of its byte.
      const at = Math.floor((flip * whole.length) / FLIPS);
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ (1 << (flip & 7));
      writeFileSync(alone, damaged);
      const outcome = await readBackup(alone, signer).catch((error: unknown) => error);
      if (!isRefusal(outcome)) accepted.push(`bit ${flip & 7} of byte ${at} of ${whole.length}: ${outcome}`);
      if (flip % RESTORED !== 0) continue;
      await refused(
        home.backups.restore({ table: 't', source: { file: alone }, dryRun: false }),
        `byte ${at}`,
      );
    }
    assert.deepEqual(accepted, []);
    await unchanged();
  });

  test(`${who}: Debian's age decrypts to the SHA-256 of the manifest, which is that of a plain backup`, async (t) => {
    const home = await open(t, table(300));
    const keys = await makeKeys();
    const { path: at, url: databaseUrl } = home;
    const backups = await openBackups({
      config: { home: at, databaseUrl, backupSchedule: null, backupRecipients: [keys.recipient] },
      log: createLog({ destination: { write: () => undefined } }),
      signingKey: SIGNING_KEY,
    });
    t.after(() => backups.close());
    const path = join(at, only(await backups.run(['t'])).file);
    assert.match(path, /\.avro\.age$/);
    const [identity, plain] = [join(at, 'key.txt'), join(at, 'plain.avro')];
    writeFileSync(identity, keys.identity);
    const age = spawnSync('age', ['-d', '-i', identity, '-o', plain, path], { encoding: 'utf8' });
    assert.equal(age.status, 0, age.stderr);
    const manifest = JSON.parse(readFileSync(manifestPath(path), 'utf8'));
    assert.equal(sha256(readFileSync(plain)), manifest.plaintextSha256);
    const { facts } = await readBackup(plain, new Signer(SIGNING_KEY));
    assert.deepEqual([facts.rows, facts.contentDigest], [300, manifest.contentDigest]);
  });
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

const isRefusal = (outcome: unknown, codes = CODES): outcome is RowferryError =>
  outcome instanceof RowferryError && codes.includes(outcome.code);

async function refused(restored: Promise<unknown>, what: string, codes = CODES): Promise<void> {
  await assert.rejects(
    restored,
    (error) =>
      isRefusal(error, codes) && /Nothing was changed\.$/.test(error.detail) && error.hint !== undefined,
    what,
  );
}

/** Offsets after each sync marker: the end of the header, then the end of each block. */
function boundaries(file: Buffer): number[] {
  const sync = file.subarray(-16);
  const found: number[] = [];
  for (let at = file.indexOf(sync); at >= 0; at = file.indexOf(sync, at + 16)) found.push(at + 16);
  return found;
}
