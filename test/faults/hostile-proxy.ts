import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { pick, type Random, randomInteger } from '../../examples/hr/random.ts';
import { headLength, isWhole } from './http-bytes.ts';

/** One way of treating a request and its answer. `near` is the client's connection. */
type Act = (proxy: Proxy, near: Socket, request: Buffer) => Promise<void>;

/** A TCP proxy that stands between a client and a server and means harm. */
export interface HostileProxy extends AsyncDisposable {
  readonly url: string;
  /** How often each act was done. */
  readonly counts: ReadonlyMap<string, number>;
  /** Sends what is still held back, and resolves when the server has answered all it was sent. */
  settle(): Promise<void>;
}

interface Held {
  readonly request: Buffer;
  /** So many further requests go first. */
  later: number;
}

interface Proxy {
  readonly random: Random;
  readonly server: { readonly host: string; readonly port: number };
  readonly held: Held[];
  /** Answers that were given before, to give them again. */
  readonly answers: Buffer[];
  readonly underWay: Set<Promise<unknown>>;
}

/** A request whose head was damaged may never end for the server, nor its answer for the client: it is cut then. */
const PATIENCE_MS = 100;
const MOST_ANSWERS = 50;
const MOST_LATER = 12;

const ACTS: Readonly<Record<string, Act>> = {
  'cut request': async (proxy, near, request) => {
    await ask(proxy, cut(proxy, request), 0);
    near.destroy();
  },
  'double request, at once': async (proxy, near, request) => {
    const answers = await Promise.all([ask(proxy, request), ask(proxy, request)]);
    reply(near, pick(proxy.random, answers));
  },
  'double request, one after the other': async (proxy, near, request) => {
    const answers = [await ask(proxy, request), await ask(proxy, request)];
    reply(near, pick(proxy.random, answers));
  },
  'double request, later': async (proxy, near, request) => {
    hold(proxy, request);
    reply(near, await ask(proxy, request));
  },
  'hold request': async (proxy, near, request) => {
    hold(proxy, request);
    near.destroy();
  },
  'flip in request head': async (proxy, near, request) => {
    near.end(await ask(proxy, flip(proxy, request, 0, headLength(request) ?? 1), PATIENCE_MS));
  },
  'flip in request body': async (proxy, near, request) => {
    const damaged = flip(proxy, request, headLength(request) ?? 0, request.length);
    reply(near, await ask(proxy, damaged, PATIENCE_MS));
  },
  'cut answer': async (proxy, near, request) => {
    near.end(cut(proxy, await ask(proxy, request)));
  },
  'drop answer': async (proxy, near, request) => {
    await ask(proxy, request);
    near.destroy();
  },
  'flip in answer head': async (proxy, near, request) => {
    const answer = await ask(proxy, request);
    near.end(flip(proxy, answer, 0, headLength(answer) ?? 1));
  },
  'flip in answer body': async (proxy, near, request) => {
    const answer = await ask(proxy, request);
    near.end(flip(proxy, answer, headLength(answer) ?? 0, answer.length));
  },
  'double answer': async (proxy, near, request) => {
    const answer = await ask(proxy, request);
    reply(near, Buffer.concat([answer, answer]));
  },
  'old answer': async (proxy, near, request) => {
    const answer = await ask(proxy, request);
    reply(near, proxy.answers.length === 0 ? answer : pick(proxy.random, proxy.answers));
  },
  'forged answer': async (_proxy, near) => {
    reply(near, Buffer.from(FORGED));
  },
};

/** Made up by someone who knows the API and no key. */
const RECEIPT = JSON.stringify({ load: 'L', table: 'events', state: 'completed', rejects: [], reasons: [] });
const FORGED = [
  'HTTP/1.1 200 OK',
  'Content-Type: application/json; charset=utf-8',
  `Content-Length: ${RECEIPT.length}`,
  '',
  RECEIPT,
].join('\r\n');

const pass: Act = async (proxy, near, request) => {
  reply(near, await ask(proxy, request));
};

/** `harm`: the share of requests that do not pass as they are, 0 to 1. */
export async function startHostileProxy(target: string, random: Random, harm: number): Promise<HostileProxy> {
  const { hostname, port } = new URL(target);
  const server = { host: hostname, port: Number(port) };
  const proxy: Proxy = { random, server, held: [], answers: [], underWay: new Set() };
  const counts = new Map<string, number>();
  const treat = async (near: Socket, request: Buffer): Promise<void> => {
    release(proxy);
    const [name, act] = random() < harm ? pick(random, Object.entries(ACTS)) : ['pass', pass];
    counts.set(name, (counts.get(name) ?? 0) + 1);
    await act(proxy, near, request);
  };
  const sockets = new Set<Socket>();
  const listener = createServer((near) => {
    sockets.add(near);
    near.on('close', () => sockets.delete(near));
    eachRequest(near, (request) => track(proxy, treat(near, request)));
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();
  if (typeof address !== 'object' || address === null) throw new Error('the proxy has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    counts,
    settle: () => settle(proxy),
    [Symbol.asyncDispose]: async () => {
      for (const near of sockets) near.destroy();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}

export const ACT_NAMES: readonly string[] = Object.keys(ACTS);

/** What is not whole is all there will be: the client must not wait for the rest. */
function reply(near: Socket, answer: Buffer): void {
  if (isWhole(answer)) near.write(answer);
  else near.end(answer);
}

/** The client sends its next request only after an answer, so there is one at a time on a connection. */
function eachRequest(near: Socket, treat: (request: Buffer) => void): void {
  let bytes: Buffer = Buffer.alloc(0);
  near.on('error', () => near.destroy());
  near.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    if (!isWhole(bytes)) return;
    const request = bytes;
    bytes = Buffer.alloc(0);
    treat(request);
  });
}

/** Sends bytes to the server over a connection of their own; what came back until it was whole, or it was over. */
async function ask(proxy: Proxy, request: Buffer, patienceMs?: number): Promise<Buffer> {
  const far = connect(proxy.server);
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  let answer: Buffer = Buffer.alloc(0);
  far.on('data', (chunk: Buffer) => {
    answer = Buffer.concat([answer, chunk]);
    if (isWhole(answer)) resolve(answer);
  });
  far.on('error', () => resolve(answer));
  far.on('close', () => resolve(answer));
  far.write(request, () => {
    if (patienceMs !== undefined) void pause(patienceMs).then(() => resolve(answer));
  });
  const came = await promise;
  far.destroy();
  if (isWhole(came)) remember(proxy, came);
  return came;
}

function remember({ answers, random }: Proxy, answer: Buffer): void {
  if (answers.length < MOST_ANSWERS) answers.push(answer);
  else answers[randomInteger(random, MOST_ANSWERS)] = answer;
}

function cut({ random }: Proxy, bytes: Buffer): Buffer {
  return bytes.subarray(0, randomInteger(random, Math.max(1, bytes.length)));
}

/** One bit of bytes `from` to `end`; of nothing, nothing. */
function flip({ random }: Proxy, bytes: Buffer, from: number, end: number): Buffer {
  const damaged = Buffer.from(bytes);
  const at = from + randomInteger(random, Math.max(1, end - from));
  const byte = damaged[at];
  if (byte !== undefined) damaged[at] = byte ^ (1 << randomInteger(random, 8));
  return damaged;
}

function hold({ held, random }: Proxy, request: Buffer): void {
  held.push({ request, later: 1 + randomInteger(random, MOST_LATER) });
}

function release(proxy: Proxy): void {
  for (const each of proxy.held) each.later -= 1;
  const due = proxy.held.filter(({ later }) => later <= 0);
  for (const each of due) {
    proxy.held.splice(proxy.held.indexOf(each), 1);
    track(proxy, ask(proxy, each.request));
  }
}

function track({ underWay }: Proxy, work: Promise<unknown>): void {
  underWay.add(work);
  void work.finally(() => underWay.delete(work));
}

async function settle(proxy: Proxy): Promise<void> {
  for (const each of proxy.held) each.later = 0;
  release(proxy);
  while (proxy.underWay.size > 0) await Promise.all(proxy.underWay);
}
