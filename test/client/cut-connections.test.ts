import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { Rowferry } from '../../src/client/client.ts';
import { jobs, startRig } from './rig.ts';

type Cut = 'before' | 'during' | 'after';

/** Passes requests on to the server, and cuts those for which `cuts` names a place. `length`: of the body, in bytes. */
async function startCutter(
  target: string,
  cuts: (number: number, length: number) => Cut | null,
): Promise<CutterServer> {
  const { hostname, port } = new URL(target);
  let number = 0;
  const server = createServer((request, response) => {
    const cut = cuts(number++, Number(request.headers['content-length'] ?? 0));
    if (cut === 'before') return void request.socket.destroy();
    const { method, url, headers } = request;
    const onward = forward({ hostname, port, method, path: url, headers }, (answer) => {
      answer.on('error', () => {});
      // The server has done its work, and the client never hears of it.
      if (cut === 'after') return void answer.on('end', () => request.socket.destroy()).resume();
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => request.socket.destroy());
    request.on('error', () => onward.destroy());
    if (cut === 'during') request.once('data', () => request.socket.destroy());
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests: () => number,
    [Symbol.dispose]: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

interface CutterServer extends Disposable {
  readonly url: string;
  requests(): number;
}

test('connections cut before, during and after the commit: each row is there once, and the balance holds', async () => {
  await using rig = await startRig();
  const places: readonly Cut[] = ['after', 'during', 'before', 'after'];
  // Every second request is cut, each time elsewhere.
  using cutter = await startCutter(rig.server.url, (number) =>
    number % 2 === 0 ? (places[(number / 2) % places.length] ?? null) : null,
  );
  const client = new Rowferry({ url: cutter.url, key: rig.token, backoff: { baseMs: 5, capMs: 50 } });
  const path = rig.path('jobs.csv');
  await writeFile(path, jobs(1, 250_000, 100).replace(/^1000,.*$/m, '1000,'));
  const result = await client.load(path, { table: 'jobs' });
  client.close();
  assert.ok(cutter.requests() > 8, `${cutter.requests()} requests`);
  assert.deepEqual(
    [result.state, result.read, result.inserted, result.rejected],
    ['completed_with_rejects', 250_000, 249_999, 1],
  );
  const [found] = rig.query('SELECT count(*) n, count(DISTINCT id) ids FROM jobs');
  assert.deepEqual({ ...found }, { n: 249_999, ids: 249_999 });
});

test('where no part of full size gets through, smaller ones do', async () => {
  await using rig = await startRig();
  let largest = 0;
  using cutter = await startCutter(rig.server.url, (_number, length) => {
    if (length > 1 << 20) return 'during';
    largest = Math.max(largest, length);
    return null;
  });
  const client = new Rowferry({ url: cutter.url, key: rig.token, backoff: { baseMs: 5, capMs: 50 } });
  const path = rig.path('jobs.csv');
  await writeFile(path, jobs(1, 100_000, 100));
  const result = await client.load(path, { table: 'jobs' });
  client.close();
  assert.deepEqual([result.state, result.inserted], ['completed', 100_000]);
  assert.ok(largest > 1 << 18, `the largest part that came through had ${largest} bytes`);
});
