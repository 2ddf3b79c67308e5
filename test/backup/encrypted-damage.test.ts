import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileKeyOf } from '../../src/age/header.ts';
import { PAYLOAD_NONCE_BYTES, SEALED_CHUNK_BYTES, TAG_BYTES } from '../../src/age/payload.ts';
import { openBackups } from '../../src/backup/open-backups.ts';
import { RowferryError } from '../../src/errors.ts';
import { createLog } from '../../src/log.ts';
import { makeKeys } from '../age/fixture.ts';
import { contentOf, makeHome, only, SIGNING_KEY } from './fixture.ts';
import { jobsHere } from './steps.ts';

/** Some 200 KiB that do not pack: four chunks. */
const ROWS = `CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB NOT NULL);
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) INSERT INTO t SELECT i, randomblob(2000) FROM n`;

const CUT = ['backup-truncated'];
const CHANGED = ['backup-checksum'];
/** What is cut within a chunk looks like one that was changed. */
const EITHER = [...CUT, ...CHANGED];

/** A file, what was done to it, and the codes that it may be refused with. */
type Damage = readonly [what: string, bytes: Buffer, codes: readonly string[]];

function* cuts(whole: Buffer, header: number): Generator<Damage> {
  const start = header + PAYLOAD_NONCE_BYTES;
  const ends: number[] = [];
  for (let end = start; end < whole.length; end += SEALED_CHUNK_BYTES) ends.push(end);
  assert.ok(ends.length >= 4, `${ends.length} chunks`);
  for (const edge of [header, ...ends, whole.length]) {
    for (const size of [edge - 1, edge, edge + 1]) {
      const codes = ends.includes(size) || size <= start ? CUT : EITHER;
      if (size < whole.length) yield [`cut at ${size} of ${whole.length}`, whole.subarray(0, size), codes];
    }
  }
  yield ['one byte longer', Buffer.concat([whole, Buffer.from([0])]), EITHER];
}

function* flips(whole: Buffer, header: number): Generator<Damage> {
  const text = whole.subarray(0, header).toString('latin1');
  const stanza = text.indexOf('-> X25519 ');
  const places: ReadonlyArray<readonly [what: string, at: number]> = [
    ['the stanza’s kind', stanza + 4],
    ['the stanza’s share', stanza + 12],
    ['the stanza’s body', text.indexOf('\n', stanza) + 5],
    ['the second stanza', text.indexOf('-> X25519 ', stanza + 1) + 15],
    ['the MAC', text.indexOf('--- ') + 8],
    ['the nonce', header + 3],
    ['the first chunk', header + PAYLOAD_NONCE_BYTES + 9],
    ['the tag of the first chunk', header + PAYLOAD_NONCE_BYTES + SEALED_CHUNK_BYTES - 1],
    ['the second chunk', header + PAYLOAD_NONCE_BYTES + SEALED_CHUNK_BYTES + 1000],
    ['the last chunk', whole.length - TAG_BYTES - 1],
    ['the last tag', whole.length - 1],
  ];
  for (const [what, at] of places) {
    for (const bit of [0, 5]) yield [`bit ${bit} of ${what}`, flip(whole, at, bit), CHANGED];
  }
  yield ['a bit of the version', flip(whole, 20, 0), ['backup-invalid', 'backup-checksum']];
}

function flip(whole: Buffer, at: number, bit: number): Buffer {
  const damaged = Buffer.from(whole);
  damaged[at] = (damaged[at] ?? 0) ^ (1 << bit);
  return damaged;
}

test('an encrypted backup cut around each chunk, or with a bit changed in any part: no restore takes it, the table stays', async (t) => {
  const home = makeHome(t, ROWS);
  const [one, two] = [await makeKeys(), await makeKeys()];
  const backups = await openBackups({
    config: {
      home: home.path,
      databaseUrl: home.databaseUrl,
      backupSchedule: null,
      backupRecipients: [one.recipient, two.recipient],
    },
    log: createLog({ destination: { write: () => undefined } }),
    signingKey: SIGNING_KEY,
    runJobs: jobsHere,
  });
  t.after(() => backups.close());
  const { id, file } = only(await backups.run(['t']));
  const { encryption } = await backups.find(id);
  assert.ok(encryption !== null);
  const ageHeader = Buffer.from(encryption.header, 'base64');
  const fileKey = await fileKeyOf(ageHeader, [two.identity]);
  home.db.exec('DELETE FROM t WHERE a > 50');
  const before = contentOf(home.db, 't');
  const listed = join(home.path, file);
  const alone = join(home.path, 'alone.avro.age');
  const whole = readFileSync(listed);
  const damages = [...cuts(whole, ageHeader.length), ...flips(whole, ageHeader.length)];
  assert.ok(damages.length > 35, `${damages.length} damages`);
  for (const [what, bytes, codes] of damages) {
    writeFileSync(listed, bytes);
    writeFileSync(alone, bytes);
    for (const source of [{ backup: id }, { file: alone }]) {
      for (const dryRun of [false, true]) {
        await assert.rejects(
          backups.restore({ table: 't', source, dryRun, fileKey }),
          (error) => {
            assert.ok(error instanceof RowferryError, `${what}: ${String(error)}`);
            assert.ok(codes.includes(error.code), `${what}: ${error.code} ${error.detail}`);
            assert.match(error.detail, /Nothing was changed\.$/);
            return true;
          },
          what,
        );
      }
    }
  }
  assert.deepEqual(contentOf(home.db, 't'), before);
  assert.equal((await backups.list()).length, 1, 'no safety backup for a file that is refused');
  writeFileSync(listed, whole);
  const restored = await backups.restore({ table: 't', source: { backup: id }, dryRun: false, fileKey });
  assert.deepEqual([restored.rows, restored.replaced], [100, 50]);
});
