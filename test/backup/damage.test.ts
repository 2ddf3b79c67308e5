import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Signer } from '../../src/backup/manifest.ts';
import { MANIFEST } from '../../src/backup/paths.ts';
import { readBackup } from '../../src/backup/read-backup.ts';
import { RowferryError } from '../../src/errors.ts';
import { coded, contentOf, makeHome, only, SIGNING_KEY } from './fixture.ts';

/** Rows that do not pack well, so that there are several blocks. */
const ROWS = `CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB NOT NULL);
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400) INSERT INTO t SELECT i, randomblob(2000) FROM n`;
const FEW =
  "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT); INSERT INTO t VALUES (1, 'Ann'), (2, 'Bob'), (3, NULL)";

const signer = new Signer(SIGNING_KEY);
const CODES = [
  'backup-truncated',
  'backup-checksum',
  'backup-invalid',
  'backup-signature',
  'backup-rowcount',
];

async function refused(work: Promise<unknown>, what: string): Promise<void> {
  await assert.rejects(work, (error) => error instanceof RowferryError && CODES.includes(error.code), what);
}

/** Offsets after each sync marker: the end of the header, then the end of each block. */
function boundaries(file: Buffer): number[] {
  const sync = file.subarray(-16);
  const found: number[] = [];
  for (let at = file.indexOf(sync); at >= 0; at = file.indexOf(sync, at + 16)) found.push(at + 16);
  return found;
}

test('bytes appended, blocks doubled, dropped or swapped: refused', async (t) => {
  const home = makeHome(t, ROWS);
  const { file } = only(await (await home.backups()).run(['t']));
  const whole = readFileSync(join(home.path, file));
  const [header = 0, first = 0, second = 0] = boundaries(whole);
  const part = (from: number, to?: number): Buffer => whole.subarray(from, to);
  const forgeries: ReadonlyArray<readonly [string, Buffer[]]> = [
    ['appended', [whole, Buffer.from([0])]],
    ['doubled', [part(0, first), part(header, first), part(first)]],
    ['dropped', [part(0, header), part(first)]],
    ['swapped', [part(0, header), part(first, second), part(header, first), part(second)]],
  ];
  const path = join(home.path, 'forged.avro');
  for (const [what, parts] of forgeries) {
    writeFileSync(path, Buffer.concat(parts));
    await refused(readBackup(path, signer), what);
  }
});

test('zstandard: bits that were flipped, and files that were cut: refused', async (t) => {
  const home = makeHome(t, ROWS.replace('i < 400', 'i < 20'));
  const { file } = only(await (await home.backups()).run(['t'], undefined, { codec: 'zstandard' }));
  const whole = readFileSync(join(home.path, file));
  const path = join(home.path, 'damaged.avro');
  const [header = 0, first = 0] = boundaries(whole);
  // The frame's head (RFC 8878, 3.1.1) is where zstd is told how much memory to take.
  const heads = Array.from({ length: 16 * 8 }, (_, bit) => header * 8 + bit);
  const anywhere = Array.from({ length: 100 }, (_, index) => Math.floor((whole.length * 8 * index) / 100));
  for (const bit of [...heads, ...anywhere]) {
    const damaged = Buffer.from(whole);
    damaged.writeUInt8(damaged.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    writeFileSync(path, damaged);
    await refused(readBackup(path, signer), `bit ${bit}`);
  }
  for (const size of [0, 100, header, header + 9, first - 17, first - 1]) {
    writeFileSync(path, whole.subarray(0, size));
    await refused(readBackup(path, signer), `${size} bytes`);
  }
});

/** With another number of rows in its header, and signed: as no damage could make it. */
function withOtherCount(whole: Buffer, rows: string, next: string): Buffer {
  const [end = 0] = boundaries(whole);
  const header = Buffer.from(whole.subarray(0, end));
  const behind = (name: string): number => header.lastIndexOf(name) + name.length;
  const replace = (name: string, value: string, other: string): void => {
    const at = header.indexOf(value, behind(name));
    assert.ok(at <= behind(name) + 3 && value.length === other.length, name);
    header.write(other, at);
  };
  const signature = header.toString('latin1', behind('rowferry.signature') + 2).slice(1, 65);
  replace('rowferry.rows', rows, next);
  replace('rowferry.signature', signature, '0'.repeat(64));
  replace('rowferry.signature', '0'.repeat(64), signer.sign('header', header));
  return Buffer.concat([header, whole.subarray(end)]);
}

test('a file that holds more rows than it names: refused, nothing changed, and what to do is said', async (t) => {
  const home = makeHome(t, FEW);
  const backups = await home.backups();
  const { file } = only(await backups.run(['t']));
  home.db.exec("UPDATE t SET b = 'later'");
  const before = contentOf(home.db, 't');
  const path = join(home.path, 'forged.avro');
  writeFileSync(path, withOtherCount(readFileSync(join(home.path, file)), '3', '2'));
  for (const dryRun of [true, false]) {
    await assert.rejects(
      backups.restore({ table: 't', source: { file: path }, dryRun }),
      coded('backup-rowcount', 'names 2 rows in 1 blocks and holds 3', 'Nothing was changed.'),
    );
  }
  assert.deepEqual(contentOf(home.db, 't'), before);
});

test('verify records that a file went bad and why, and that it is good again', async (t) => {
  const home = makeHome(t, FEW);
  const backups = await home.backups();
  const { id, file } = only(await backups.run(['t']));
  assert.equal((await backups.verify(id)).problem, null);
  const path = join(home.path, file);
  const whole = readFileSync(path);
  writeFileSync(path, whole.subarray(0, whole.length - 1));
  const corrupt = await backups.verify(id);
  assert.equal(corrupt.state, 'corrupt');
  assert.match(corrupt.problem ?? '', /should have/);
  assert.deepEqual(await backups.find(id), corrupt);
  assert.ok(home.logged.some((line) => line.includes(id) && line.includes('"level":50')));
  writeFileSync(path, whole);
  assert.equal((await backups.verify(id)).state, 'verified');
});

test("a changed manifest, another table's and another installation's are refused", async (t) => {
  const home = makeHome(t, `${FEW}; CREATE TABLE u AS SELECT * FROM t`);
  const backups = await home.backups();
  const [ofT, ofU] = await backups.run(['t', 'u']);
  assert.ok(ofT !== undefined && ofU !== undefined);
  const manifestOf = ({ file }: { file: string }): string =>
    join(home.path, file.replace(/\.avro$/, MANIFEST));
  const before = contentOf(home.db, 't');
  const restore = (file: string) =>
    backups.restore({ table: 't', source: { file: join(home.path, file) }, dryRun: false });
  const good = readFileSync(manifestOf(ofT), 'utf8');

  writeFileSync(manifestOf(ofT), good.replace('"rows": 3', '"rows": 4'));
  await assert.rejects(restore(ofT.file), coded('backup-signature', 'Nothing was changed.'));
  assert.deepEqual(
    (await backups.list()).map(({ table }) => table),
    ['u'],
  );
  await assert.rejects(backups.verify(ofT.id), coded('backup-not-found'));

  writeFileSync(manifestOf(ofT), readFileSync(manifestOf(ofU)));
  await assert.rejects(restore(ofT.file), coded('backup-checksum', 'manifest'));
  assert.equal((await backups.list()).length, 1, 'a manifest lies beside the file it names');

  rmSync(manifestOf(ofT));
  await assert.rejects(restore(ofU.file), coded('restore-schema-drift', 't is not like u'));
  const elsewhere = await home.open(null, Buffer.alloc(32, 8));
  const foreign = elsewhere.restore({
    table: 't',
    source: { file: join(home.path, ofT.file) },
    dryRun: false,
  });
  await assert.rejects(foreign, coded('backup-signature', 'another installation'));
  assert.deepEqual(contentOf(home.db, 't'), before);
  assert.equal((await restore(ofT.file)).rows, 3, 'the file alone is enough');
});

test('what is no backup is refused by what it is', async (t) => {
  const home = makeHome(t, FEW);
  const backups = await home.backups();
  const restore = (file: string) => backups.restore({ table: 't', source: { file }, dryRun: false });
  writeFileSync(join(home.path, 'x.avro'), 'id,name\n1,Ann\n');
  await assert.rejects(restore(join(home.path, 'x.avro')), coded('backup-invalid', 'Nothing was changed.'));
  await assert.rejects(
    restore(join(home.path, 'none.avro')),
    coded('file-unreadable', 'Nothing was changed.'),
  );
  await assert.rejects(restore(home.path), coded('file-unreadable', 'not a file'));
});
