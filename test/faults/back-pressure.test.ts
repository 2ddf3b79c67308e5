import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { Rowferry } from '../../src/client/client.ts';
import { Wire } from '../server/wire.ts';
import { buildProgram } from './built.ts';
import { hiresDdl } from './generated-hires.ts';
import { makeHome, peakMegabytes, start, until } from './up-process.ts';

/**
 * Clients by the hundred, and such as misbehave, at one server in a process of its own: its memory is bounded, and
 * everybody else is served.
 */

const MOST_RESIDENT_MB = 1000;
const CLIENTS = 500;
const ROWS_A_BATCH = 200;
const CONNECTIONS = 3000;
const MEGABYTE = 1 << 20;
/** Of all bodies and answers at one time. */
const ROOM_MB = 128;
const DEAF = 6;
const DRIPPING = 20;
const LARGE = 8;
/** Bodies of the most bytes there may be, all but the last one sent: without a bound on all of them, 640 MB. */
const HELD = 40;
const JOBS = 'POST /v1/tables/jobs/rows HTTP/1.1';

test('500 clients are served beside deaf, dripping, silent and enormous ones, in bounded memory', async (t) => {
  const home = makeHome(t, hiresDdl(true));
  const up = start(t, home, ['serve', '--port', '0', '--log', 'text'], {}, buildProgram(t));
  await until(up, 'the server and its key', () => /rfk_\w{62}/.test(up.output()));
  const [url = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(up.output()) ?? [];
  const [key = ''] = /rfk_\w{62}/.exec(up.output()) ?? [];
  t.diagnostic(`at rest: at most ${peakMegabytes(up)} MB`);
  const wires: Wire[] = [];
  t.after(() => wires.map(({ socket }) => socket.destroy()));
  const open = async (lines: readonly string[], body = ''): Promise<Wire> => {
    const wire = await Wire.to(url);
    wires.push(wire);
    wire.head(...lines);
    wire.send(body);
    return wire;
  };
  const headOf = (length: number) => [
    JOBS,
    'Host: localhost',
    `Authorization: Bearer ${key}`,
    `Idempotency-Key: ${randomUUID()}`,
    'Content-Type: text/csv',
    `Content-Length: ${length}`,
  ];

  for (let count = 0; count < CONNECTIONS; count += 1) wires.push(await Wire.to(url));
  t.diagnostic(`${CONNECTIONS} silent connections: at most ${peakMegabytes(up)} MB`);

  const rejected = 'x,\n'.repeat(50_000);
  for (let count = 0; count < DEAF; count += 1) {
    (await open(headOf(rejected.length), rejected)).socket.pause();
  }
  const dripping = await Promise.all(Array.from({ length: DRIPPING }, () => open(headOf(1000))));
  const drip = setInterval(() => dripping.map((wire) => wire.socket.writable && wire.send('1')), 1000);
  t.after(() => clearInterval(drip));
  const enormous = await Promise.all(
    Array.from({ length: LARGE }, () => open(headOf(64 * MEGABYTE), 'x'.repeat(MEGABYTE))),
  );
  const allButOne = Buffer.alloc(16 * MEGABYTE - 1, 'x');
  const held = await Promise.all(Array.from({ length: HELD }, () => open(headOf(16 * MEGABYTE))));
  for (const { socket } of held) socket.write(allButOne);

  const large = Array.from({ length: LARGE }, (_, index) => insertLarge({ url, key }, 1000 + index));
  const sent = await Promise.all(
    Array.from({ length: CLIENTS }, (_, index) => insertSome({ url, key }, index)),
  );
  t.diagnostic(`${CLIENTS} clients beside them: at most ${peakMegabytes(up)} MB`);
  assert.deepEqual(new Set(sent), new Set([ROWS_A_BATCH]));
  assert.deepEqual(new Set(await Promise.all(large)), new Set([LARGE_ROWS]));
  t.diagnostic(`${LARGE} requests of 16 MiB: at most ${peakMegabytes(up)} MB`);
  for (const wire of enormous) {
    const { status, text } = await wire.answer();
    // Which of the two it is depends on who else is there.
    assert.ok(status === 413 || (status === 503 && /^retry-after: 1\r$/im.test(text)), text);
  }
  const ends = await Promise.all(held.map((wire) => wire.answer()));
  const refused = ends.filter(({ status }) => status === 503).length;
  t.diagnostic(`${refused} of ${HELD} bodies of 16 MiB found no room`);
  assert.ok(refused >= HELD - ROOM_MB / 16, `${refused} of ${HELD}`);
  for (const wire of dripping) {
    const { status, text } = await wire.answer();
    assert.equal(status, 408, text);
    assert.match(text, /^retry-after: 1\r$/im);
  }
  assert.equal(rowsOf(home.database), CLIENTS * ROWS_A_BATCH + LARGE * LARGE_ROWS);
  assert.ok(peakMegabytes(up) < MOST_RESIDENT_MB, `${peakMegabytes(up)} MB`);
});

interface Server {
  readonly url: string;
  readonly key: string;
}

/** As a program would: what is refused for want of room is sent again when the server says. */
async function insertSome(server: Server, client: number): Promise<number> {
  const rows = Array.from({ length: ROWS_A_BATCH }, (_, row) => hireOf(client * ROWS_A_BATCH + row, 20));
  return insert(server, rows);
}

const LARGE_ROWS = 80_000;

/** Just below 16 MiB. */
async function insertLarge(server: Server, client: number): Promise<number> {
  const rows = Array.from({ length: LARGE_ROWS }, (_, row) => hireOf(client * LARGE_ROWS + row, 110));
  return insert(server, rows);
}

async function insert(server: Server, rows: readonly ReturnType<typeof hireOf>[]): Promise<number> {
  const client = new Rowferry(server);
  try {
    for (;;) {
      try {
        return (await client.table('hired_employees').insert(rows)).inserted;
      } catch (error) {
        assert.ok(error instanceof Error && 'code' in error);
        assert.ok(error.code === 'overloaded' || error.code === 'unreachable', String(error.code));
      }
    }
  } finally {
    client.close();
  }
}

function hireOf(id: number, nameLength: number) {
  const name = 'n'.repeat(nameLength);
  return { id, name, datetime: '2021-07-27T16:02:08', department_id: 1, job_id: 1 };
}

function rowsOf(path: string): number {
  using connection = new DatabaseSync(path, { readOnly: true });
  return Number(connection.prepare('SELECT count(*) AS n FROM hired_employees').get()?.n);
}
