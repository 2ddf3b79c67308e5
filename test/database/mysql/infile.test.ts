import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { targetOf } from '../../../src/database/mysql/address.ts';
import { Session } from '../../../src/database/mysql/session.ts';
import { connectionTo, databaseOf, run } from './fixture.ts';

/** A server may ask for a file in answer to any statement: it gets what was to be loaded, or nothing. */

const packet = (sequence: number, payload: Buffer): Buffer => {
  const head = Buffer.alloc(4);
  head.writeUIntLE(payload.length, 0, 3);
  head[3] = sequence;
  return Buffer.concat([head, payload]);
};

const COM_QUIT = 1;
const COM_QUERY = 3;
const OK = Buffer.from([0, 0, 0, 2, 0, 0, 0]);

/** Protocol::HandshakeV10 of a server that takes files and any password. */
function greeting(): Buffer {
  const capabilities = 0x00_08_a2_8f | (1 << 15);
  const low = Buffer.alloc(2);
  low.writeUInt16LE(capabilities & 0xffff);
  const high = Buffer.alloc(2);
  high.writeUInt16LE(capabilities >>> 16);
  return Buffer.concat([
    Buffer.from([10]),
    Buffer.from('8.0.0\0'),
    Buffer.from([1, 0, 0, 0]),
    Buffer.from('12345678\0'),
    low,
    Buffer.from([45, 2, 0]),
    high,
    Buffer.from([21]),
    Buffer.alloc(10),
    Buffer.from('123456789012\0mysql_native_password\0'),
  ]);
}

/** Answers the settings of a session with OK, and every other statement with a request for this file. */
function hostileServer(file: string, received: Buffer[]) {
  return createServer((socket: Socket) => {
    socket.on('error', () => {});
    socket.write(packet(0, greeting()));
    let asked = false;
    let data = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      data = Buffer.concat([data, chunk]);
      while (data.length >= 4 && data.length >= 4 + data.readUIntLE(0, 3)) {
        const length = data.readUIntLE(0, 3);
        const sequence = (data[3] ?? 0) + 1;
        const payload = data.subarray(4, 4 + length);
        data = data.subarray(4 + length);
        if (asked && length > 0) received.push(payload);
        if (asked && length > 0) continue;
        if (payload[0] === COM_QUIT) socket.destroy();
        const sql = payload.subarray(1).toString();
        const wanted = payload[0] === COM_QUERY && !/^(?:SET|SELECT @@max)/.test(sql);
        asked = !asked && wanted;
        socket.write(packet(sequence, asked ? Buffer.concat([Buffer.from([0xfb]), Buffer.from(file)]) : OK));
      }
    });
  });
}

test('a server that asks for a file of this machine gets none', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rowferry-infile-'));
  const secret = join(folder, 'secret');
  writeFileSync(secret, 'the secret');
  const received: Buffer[] = [];
  const server = hostileServer(secret, received).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const address = server.address();
    assert.ok(address !== null && typeof address === 'object');
    const session = await Session.open(targetOf(`mysql://127.0.0.1:${address.port}/x`));
    await assert.rejects(session.rows('SELECT 1'), /LOCAL INFILE/);
    assert.deepEqual(received, []);
    await session.loadData("LOAD DATA LOCAL INFILE 'rowferry' INTO TABLE t", [Buffer.from('our rows')]);
    assert.deepEqual(received.map(String), ['our rows']);
    await session.close();
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
});

test('LOAD DATA typed by somebody else reads no file of this machine either', async () => {
  const url = await databaseOf('CREATE TABLE t (v TEXT)');
  const connection = await connectionTo(url);
  const sql = "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE t";
  await assert.rejects(connection.execute(sql), /LOCAL INFILE/);
  assert.deepEqual(await connection.query('SELECT * FROM t'), []);
  await run(url, 'DROP TABLE t');
});
