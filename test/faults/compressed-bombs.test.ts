import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { eventually } from '../server/harness.ts';
import { open, seal, send, signerOf } from '../server/sealed.ts';
import { buildProgram } from './built.ts';
import { hiresDdl } from './generated-hires.ts';
import { type Home, makeHome, start, type Up, until } from './up-process.ts';

/** Small bodies that want to become huge, many at a time, against a server in a process of its own. */

const MOST_RESIDENT_MB = 200;
/** Other tests share what is compiled, which stays in memory; a server by itself keeps nothing of it. */
const BY_ITSELF = { NODE_DISABLE_COMPILE_CACHE: '1' };
const AT_A_TIME = 6;
const MEGABYTE = 1 << 20;
const JOBS = '/v1/tables/jobs/rows';

const zeros = Buffer.alloc(64 * MEGABYTE);
/** 256 MiB in 260 KB: 4 members. */
const gzipBomb = repeated(gzipSync(zeros), 4);
/** 4 GiB in 0.4 MB at most: 64 frames. */
const zstdBomb = repeated(zstdCompressSync(zeros), 64);

interface Bomb {
  readonly coding: string;
  readonly body: Buffer;
  readonly path?: string;
  readonly type?: string;
  readonly expected: readonly string[];
}

const tooLarge = ['413 body-too-large'];
const refused = ['400 body-invalid'];
const BOMBS: Readonly<Record<string, Bomb>> = {
  gzip: { coding: 'gzip', body: gzipBomb, expected: tooLarge },
  zstd: { coding: 'zstd', body: zstdBomb, expected: tooLarge },
  'gzip as JSON': {
    coding: 'gzip',
    body: gzipBomb,
    path: '/v1/loads',
    type: 'application/json',
    expected: tooLarge,
  },
  'just over the limit': {
    coding: 'gzip',
    body: gzipSync(zeros.subarray(0, 16 * MEGABYTE + 1)),
    expected: tooLarge,
  },
  'gzip in gzip': {
    coding: 'gzip',
    body: gzipSync(gzipSync(zeros.subarray(0, 8 * MEGABYTE))),
    expected: ['422 rows-rejected', '422 record-too-long'],
  },
  'empty gzip members': {
    coding: 'gzip',
    body: repeated(gzipSync(''), 100_000),
    expected: ['200 undefined'],
  },
  'a zstd window of 2 GiB': { coding: 'zstd', body: rawFrame(0x00, (31 - 10) << 3), expected: refused },
  'a zstd frame of 4 GiB in one piece': {
    coding: 'zstd',
    body: rawFrame(0xa0, 0, 0, 0, 0x80),
    expected: refused,
  },
  'an upload': {
    coding: 'gzip',
    body: gzipBomb.subarray(0, gzipBomb.length / 4 - 1),
    path: '/v1/tables/jobs/restore',
    type: 'application/avro',
    expected: refused,
  },
};

test(`bombs, ${AT_A_TIME} at a time: refused at the cap, below ${MOST_RESIDENT_MB} MB, and nothing is loaded`, async (t) => {
  const home = makeHome(t, hiresDdl(true));
  const up = start(t, home, ['serve', '--port', '0', '--log', 'text'], BY_ITSELF, buildProgram(t));
  await until(up, 'the server and its key', () => /rfk_\w{62}/.test(up.output()) && urlOf(up) !== '');
  t.diagnostic(`at rest: at most ${peakMegabytes(up)} MB`);
  for (const [name, bomb] of Object.entries(BOMBS)) {
    const found = await Promise.all(Array.from({ length: AT_A_TIME }, () => throwBearer(up, bomb)));
    assert.deepEqual(
      found.filter((answer) => !bomb.expected.includes(answer)),
      [],
      name,
    );
    t.diagnostic(`${name}: ${bomb.body.length} bytes, ${found[0]}, at most ${peakMegabytes(up)} MB so far`);
  }
  const sealed = await Promise.all(Array.from({ length: AT_A_TIME }, () => throwSealed(up, gzipBomb)));
  assert.deepEqual(new Set(sealed), new Set(tooLarge));
  assert.ok(peakMegabytes(up) < MOST_RESIDENT_MB, `${peakMegabytes(up)} MB`);
  assert.equal(rowsOf(home), 183);
  await eventually(() => uploadsOf(home).length === 0, 'the uploads are removed');
});

/** Tried again while the server has no room, as a client does. */
async function throwBearer(up: Up, { coding, body, path = JOBS, type = 'text/csv' }: Bomb): Promise<string> {
  for (;;) {
    const answer = await fetch(urlOf(up) + path, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${tokenOf(up)}`,
        'idempotency-key': randomUUID(),
        'content-type': type,
        'content-encoding': coding,
      },
      body: new Uint8Array(body),
    });
    const { code }: { code?: string } = JSON.parse(await answer.text());
    if (code !== 'overloaded') return `${answer.status} ${code}`;
  }
}

async function throwSealed(up: Up, body: Buffer): Promise<string> {
  const call = { body, type: 'text/csv', coding: 'gzip, aes128gcm' };
  const sealed = seal(signerOf(tokenOf(up)), 'POST', JOBS, call);
  const { status, json } = open<{ code?: string }>(sealed, await send(urlOf(up), sealed));
  return `${status} ${json.code}`;
}

/** A zstd frame (RFC 8878, 3.1.1) with this descriptor and what follows it, and one raw block of 3 bytes. */
function rawFrame(...head: number[]): Buffer {
  return Buffer.from([0x28, 0xb5, 0x2f, 0xfd, ...head, 0x19, 0x00, 0x00, 0x61, 0x62, 0x63]);
}

function repeated(bytes: Buffer, times: number): Buffer {
  return Buffer.alloc(bytes.length * times, bytes);
}

const urlOf = (up: Up): string => /serves at (http\S+)/.exec(up.output())?.[1] ?? '';
const tokenOf = (up: Up): string => /rfk_\w{62}/.exec(up.output())?.[0] ?? assert.fail(up.output());

/** The most that ever was resident, as Linux counts it. */
function peakMegabytes({ pid }: Up): number {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kilobytes ?? assert.fail()) / 1024);
}

function rowsOf({ database }: Home): number {
  const connection = new DatabaseSync(database, { readOnly: true });
  const count = connection.prepare('SELECT count(*) AS n FROM jobs').get()?.n;
  connection.close();
  return Number(count);
}

const uploadsOf = ({ path }: Home): string[] => readdirSync(join(path, 'data', 'work', 'uploads'));
