/**
 * A proxy that cuts, doubles, reorders, flips and forges, between the client and a real server. More runs, another seed:
 *
 *     HOSTILE_RUNS=10000 HOSTILE_SEED=7 npm test -- test/faults/hostile-proxy.test.ts
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { bearerTransport } from '../../bench/bearer.ts';
import { seededRandom } from '../../examples/hr/random.ts';
import { TableRows } from '../../src/client/client.ts';
import { nodeSealer } from '../../src/client/node-sealer.ts';
import { nodeTransport } from '../../src/client/node-transport.ts';
import { Api } from '../../src/client/retry.ts';
import { sealedTransport } from '../../src/client/sealed-transport.ts';
import { tokenOf } from '../../src/client/sealer.ts';
import type { Transport } from '../../src/client/transport.ts';
import { loadConfig } from '../../src/config.ts';
import { RowferryError } from '../../src/errors.ts';
import { createLog } from '../../src/log.ts';
import { startServer } from '../../src/server/listen.ts';
import { ACT_NAMES, startHostileProxy } from './hostile-proxy.ts';
import { DDL, finalViolations, makeBatch, runViolations, send, type Told } from './hostile-runs.ts';
import { newKeyEachTime } from './new-key-each-time.ts';

const RUNS = numberOf('HOSTILE_RUNS', 300);
const SEED = numberOf('HOSTILE_SEED', 12);
const WEAK_RUNS = 150;
const WEAK_ROUNDS = 6;
/** At one time: many, since most of a run is waiting for the next attempt. */
const CLIENTS = 24;
const HARM = 0.5;
const BACKOFF = { baseMs: 1, capMs: 8 };

type MakeTransport = (url: string, token: string) => Transport;

interface Result {
  readonly all: readonly Told[];
  readonly counts: ReadonlyMap<string, number>;
  readonly violations: readonly string[];
}

function numberOf(name: string, fallback: number): number {
  const value = Number(process.env[name] ?? fallback);
  if (Number.isInteger(value) && value > 0) return value;
  throw new TypeError(`${name} is ${process.env[name]}, expected a whole number from 1`);
}

const sealed: MakeTransport = (url, token) =>
  sealedTransport(nodeTransport(new URL(url)), nodeSealer(tokenOf(token)));

test('a proxy that cuts, doubles, reorders, flips and forges: nothing wrong is loaded or reported', async (t) => {
  const { all, counts, violations } = await attack(t, RUNS, sealed);
  t.diagnostic(`seed ${SEED}: ${summary(all)}; ${describe(counts)}`);
  assert.deepEqual(violations, [], `HOSTILE_SEED=${SEED}`);
  assert.deepEqual([...counts.keys()].sort(), [...ACT_NAMES, 'pass'].sort());
  const told = all.filter(({ receipt }) => receipt !== null).length;
  assert.ok(told > RUNS / 2, `only ${told} of ${RUNS} runs ended with a receipt`);
});

test('the same proxy before unsealed requests: the harm is seen', async (t) => {
  await mustSee(t, bearerTransport, [/^nobody sent /m, /the receipt says/, /the client was told/]);
});

test('the same proxy before a client that takes a new Idempotency-Key each time: doubles are seen', async (t) => {
  const weak: MakeTransport = (url, token) => newKeyEachTime(sealed(url, token));
  await mustSee(t, weak, [/^row \d+ is there [2-9] times$/m, /^batch \d+: the receipt says /m]);
});

test('a receipt whose list of rejects lost its name on the way is a violation', async (t) => {
  const { database } = await startTarget(t);
  const batch = makeBatch(1, seededRandom(SEED));
  const receipt = {
    table: 'events',
    read: batch.good.length,
    inserted: 0,
    updated: 0,
    skipped: 0,
    rejected: 0,
  };
  const told = { batch, receipt: JSON.parse(JSON.stringify(receipt)), error: null };
  assert.match(runViolations(database, told).join('\n'), /the receipt says .* no list, it is /);
});

/** Which harm is done hangs on the seed and on what comes first, so there are a few rounds. */
async function mustSee(t: TestContext, transportTo: MakeTransport, kinds: readonly RegExp[]): Promise<void> {
  let seen = '';
  for (let round = 0; round < WEAK_ROUNDS && !kinds.every((kind) => kind.test(seen)); round++) {
    const { violations } = await attack(t, WEAK_RUNS, transportTo, SEED + round);
    seen += `${violations.join('\n')}\n`;
  }
  for (const kind of kinds) assert.match(seen, kind);
}

async function attack(
  t: TestContext,
  runs: number,
  transportTo: MakeTransport,
  seed = SEED,
): Promise<Result> {
  const { url, token, database } = await startTarget(t);
  const random = seededRandom(seed);
  await using proxy = await startHostileProxy(url, random, HARM);
  const api = new Api({ transport: transportTo(proxy.url, token), backoff: BACKOFF });
  const table = new TableRows(api, 'events');
  const all: Told[] = [];
  const early: string[] = [];
  let next = 1;
  const client = async (): Promise<void> => {
    while (next <= runs) {
      const told = await send(table, makeBatch(next++, random));
      all.push(told);
      early.push(...runViolations(database, told));
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  await proxy.settle();
  api.close();
  return { all, counts: proxy.counts, violations: [...early, ...finalViolations(database, all)] };
}

interface Target {
  readonly url: string;
  readonly token: string;
  readonly database: DatabaseSync;
}

async function startTarget(t: TestContext): Promise<Target> {
  const home = mkdtempSync(join(tmpdir(), 'rowferry-hostile-'));
  mkdirSync(join(home, 'data'));
  const database = new DatabaseSync(join(home, 'data', 'rowferry.sqlite'), { timeout: 10_000 });
  database.exec(DDL);
  const config = loadConfig({ home, backupSchedule: null }, {});
  const server = await startServer({ config, log: createLog({ destination: { write: () => {} } }), port: 0 });
  t.after(async () => {
    await server.close();
    database.close();
    rmSync(home, { recursive: true });
  });
  return { url: server.url, token: server.keys.createEphemeral(['tables:*:*']).token, database };
}

function summary(all: readonly Told[]): string {
  const codes = new Map<string, number>();
  for (const { error } of all) {
    const code = error === null ? 'receipt' : error instanceof RowferryError ? error.code : 'other';
    codes.set(code, (codes.get(code) ?? 0) + 1);
  }
  return `${all.length} runs, ${describe(codes)}`;
}

function describe(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([name, count]) => `${name} ${count}`).join(', ');
}
