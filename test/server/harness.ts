import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after } from 'node:test';
import { type Config, type ConfigInput, loadConfig } from '../../src/config.ts';
import { createLog } from '../../src/log.ts';
import type { Limits } from '../../src/server/limits.ts';
import { type RunningServer, startServer } from '../../src/server/listen.ts';
import type { Problem } from '../../src/server/problems.ts';

const EXAMPLE = new URL('../../examples/hr/', import.meta.url);
const UNSAFE = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

export interface Call {
  /** Default: a key that may do everything; null: none. */
  readonly token?: string | null;
  /** Texts and bytes are sent as they are, anything else as JSON. */
  readonly body?: unknown;
  readonly type?: string;
  /** The Idempotency-Key; default a new one where one is needed; null: none. */
  readonly key?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Parsed; `{}` for a body that is no JSON. */
  readonly json: T;
}

export interface TestServer {
  readonly server: RunningServer;
  readonly url: string;
  readonly config: Config;
  readonly log: readonly string[];
  /** A new key with these scopes. */
  token(...scopes: string[]): string;
  call<T>(method: string, path: string, options?: Call): Promise<Answer<T>>;
  /** A call that is expected to fail. */
  fail(method: string, path: string, options?: Call): Promise<Answer<Problem>>;
  rows(table: string): number;
}

export interface Setting {
  readonly config?: ConfigInput;
  readonly limits?: Partial<Limits>;
  /** The server's clock, in milliseconds since 1970. */
  readonly now?: () => number;
}

/** A real server on a real SQLite file with the tables of the HR example, 12 departments and 183 jobs. */
export async function startTestServer(setting: Setting = {}): Promise<TestServer> {
  const home = mkdtempSync(join(tmpdir(), 'rowferry-server-'));
  const config = loadConfig({ home, backupSchedule: null, ...setting.config }, {});
  const path = join(home, 'data', 'rowferry.sqlite');
  createTables(path);
  const lines: string[] = [];
  const log = createLog({ destination: { write: (line) => void lines.push(line) } });
  const server = await startServer({
    config,
    log,
    port: 0,
    ...(setting.limits ? { limits: setting.limits } : {}),
    ...(setting.now ? { now: setting.now } : {}),
  });
  after(async () => {
    await server.close();
    rmSync(home, { recursive: true });
  });
  const everything = server.keys.createEphemeral(['tables:*:*', 'keys:admin']).token;
  const call = async <T>(method: string, target: string, options: Call = {}): Promise<Answer<T>> =>
    read(await fetch(server.url + target, toRequest(method, { token: everything, ...options })));
  return {
    server,
    url: server.url,
    config,
    log: lines,
    token: (...scopes) => server.keys.createEphemeral(scopes).token,
    call,
    fail: (method, target, options) => call<Problem>(method, target, options),
    rows: (table) => countRows(path, table),
  };
}

function toRequest(method: string, { token, body, type, key, headers }: Call): RequestInit {
  const fields = new Headers(headers);
  if (token) fields.set('authorization', `Bearer ${token}`);
  if (body !== undefined) fields.set('content-type', type ?? 'application/json');
  const idempotencyKey = key === undefined && UNSAFE.has(method) ? randomUUID() : key;
  if (idempotencyKey) fields.set('idempotency-key', idempotencyKey);
  const raw = typeof body === 'string' || body instanceof Uint8Array;
  return {
    method,
    headers: fields,
    ...(body === undefined ? {} : { body: raw ? toBytes(body) : JSON.stringify(body) }),
  };
}

/** fetch adds a content type of its own to a text, but not to bytes. */
function toBytes(body: string | Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(body));
}

async function read<T>(response: Response): Promise<Answer<T>> {
  const text = await response.text();
  const isJson =
    text !== '' && /json\b/.test(response.headers.get('content-type') ?? '') && !text.includes('}\n{');
  return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : {} };
}

function createTables(path: string): void {
  mkdirSync(join(path, '..'), { recursive: true });
  const db = new DatabaseSync(path);
  db.exec(readFileSync(new URL('ddl/sqlite.sql', EXAMPLE), 'utf8'));
  for (const table of ['departments', 'jobs']) {
    const insert = db.prepare(`INSERT INTO ${table} VALUES (?, ?)`);
    for (const line of readFileSync(new URL(`${table}.csv`, EXAMPLE), 'utf8').split('\n')) {
      const [id = '', name = ''] = line.split(',', 2);
      insert.run(Number(id), name);
    }
  }
  db.close();
}

function countRows(path: string, table: string): number {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    return Number(db.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n);
  } finally {
    db.close();
  }
}

/** `count` hires as objects, from this id on. */
export function hires(count: number, from = 1): Array<Record<string, unknown>> {
  return Array.from({ length: count }, (_, index) => ({
    id: from + index,
    name: `Person ${from + index}`,
    datetime: '2021-07-27T16:02:08Z',
    department_id: 1 + (index % 12),
    job_id: 1 + (index % 183),
  }));
}

/** Waits until it is so, for as long as a slow machine may need. */
export async function eventually(
  holds: () => boolean | Promise<boolean>,
  what: string,
  withinMs = 20_000,
): Promise<void> {
  for (const deadline = performance.now() + withinMs; performance.now() < deadline; ) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`this did not happen: ${what}`);
}
