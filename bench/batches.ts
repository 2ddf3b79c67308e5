/** JSON batches of 1,000 rows with several clients at a time: rowferry, sealed, beside a plain Fastify route. */
import { join } from 'node:path';
import { hireFields } from '../examples/hr/generate.ts';
import { seededRandom } from '../examples/hr/random.ts';
import { type Row, Rowferry, TableRows } from '../src/client/client.ts';
import { Api } from '../src/client/retry.ts';
import { bearerTransport } from './bearer.ts';
import { mustHold } from './database.ts';
import { inFolder } from './load-sqlite.ts';
import type { Result } from './result.ts';
import { type BenchServer, startPlainServer, startServer } from './server.ts';

const ROWS = 1000;
const CLIENTS = [1, 8, 64] as const;
/** Of each client, but at least so many in all. */
const BATCHES_OF_A_CLIENT = 8;
const LEAST_BATCHES = 200;

interface Rate {
  readonly batchesPerSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

interface Side {
  start(folder: string): Promise<BenchServer>;
  table(server: BenchServer): { readonly rows: TableRows; close(): void };
}

const OURS: Side = {
  start: startServer,
  table({ environment: { ROWFERRY_SERVER: url = '', ROWFERRY_KEY: key = '' } }) {
    const client = new Rowferry({ url, key });
    return { rows: client.table('hired_employees'), close: () => client.close() };
  },
};

/** The same client without the seal, so that only the servers differ. */
const PLAIN: Side = {
  start: startPlainServer,
  table({ environment: { ROWFERRY_SERVER: url = '' } }) {
    const api = new Api({ transport: bearerTransport(url, 'none') });
    return { rows: new TableRows(api, 'hired_employees'), close: () => api.close() };
  },
};

export async function batches(): Promise<Result[]> {
  const results: Result[] = [];
  for (const clients of CLIENTS) {
    const plain = await run(PLAIN, clients);
    const ours = await run(OURS, clients);
    results.push({
      what: `JSON batches of 1,000 rows, sealed, ${clients} at a time`,
      value: show(ours),
      beside: `${show(plain)} (plain Fastify)`,
      ratio: (ours.batchesPerSecond / plain.batchesPerSecond).toFixed(2),
      target: '',
    });
  }
  return results;
}

/** A fresh database and server; the first batches of each client warm both up. */
function run(side: Side, clients: number): Promise<Rate> {
  return inFolder(async (folder) => {
    const server = await side.start(folder);
    const { rows, close } = side.table(server);
    try {
      const count = Math.max(LEAST_BATCHES, clients * BATCHES_OF_A_CLIENT);
      const warm = Math.max(20, clients);
      const made = makeBatches(warm + count);
      await send(rows, made.slice(0, warm), clients);
      const rate = await send(rows, made.slice(warm), clients);
      await server.stop();
      mustHold(join(folder, 'hr.sqlite'), made.length * ROWS);
      return rate;
    } finally {
      close();
      await server.stop();
    }
  });
}

function makeBatches(count: number): Row[][] {
  const random = seededRandom(count);
  return Array.from({ length: count }, (_, batch) =>
    Array.from({ length: ROWS }, (_row, index) => {
      const [id, name, datetime, department, job] = hireFields(random, batch * ROWS + index + 1);
      return { id: Number(id), name, datetime, department_id: Number(department), job_id: Number(job) };
    }),
  );
}

async function send(rows: TableRows, made: readonly Row[][], clients: number): Promise<Rate> {
  const times: number[] = [];
  const waiting = [...made];
  const startedAt = performance.now();
  const client = async (): Promise<void> => {
    for (let batch = waiting.pop(); batch !== undefined; batch = waiting.pop()) {
      const sentAt = performance.now();
      const { inserted } = await rows.insert(batch);
      if (inserted !== ROWS) throw new Error(`${inserted} rows of a batch were inserted, expected ${ROWS}`);
      times.push(performance.now() - sentAt);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  const batchesPerSecond = (made.length * 1000) / (performance.now() - startedAt);
  return { batchesPerSecond, p50: percentile(times, 50), p99: percentile(times, 99) };
}

/** Nearest rank. */
function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.ceil((sorted.length * percent) / 100) - 1] ?? Number.NaN;
}

function show({ batchesPerSecond, p50, p99 }: Rate): string {
  return `${Math.round(batchesPerSecond)}/s, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`;
}
