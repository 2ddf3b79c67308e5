/** Whether the time of a refusal tells that there is such a key: unknown ids beside wrong proofs of a live key. */
import { Agent, request } from 'node:http';
import { deriveKeys, makeToken } from '../src/seal/keys.ts';
import { sealRequest } from '../src/seal/seal.ts';
import { formatToken, parseToken } from '../src/seal/token.ts';
import { inFolder } from './load-sqlite.ts';
import { median } from './measure.ts';
import type { Result } from './result.ts';
import { startServer } from './server.ts';

/** Of each kind. All of them together stay under the limit of one address. */
const REQUESTS = 3000;
const WARM = 300;
const PATH = '/v1/tables';

type Fields = Readonly<Record<string, string>>;

/** Two ways to be refused that must not be told apart. */
interface Pair {
  readonly what: string;
  readonly unknown: () => Fields;
  readonly wrong: () => Fields;
}

export function timing(): Promise<Result[]> {
  return inFolder(async (folder) => {
    const server = await startServer(folder);
    const { ROWFERRY_SERVER: url = '', ROWFERRY_KEY: token = '' } = server.environment;
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    try {
      const results: Result[] = [];
      for (const pair of pairsOf(token)) results.push(await compare(pair, new URL(PATH, url), agent));
      return results;
    } finally {
      agent.destroy();
      await server.stop();
    }
  });
}

function pairsOf(token: string): Pair[] {
  const keyId = parseToken(token)?.keyId ?? '';
  const stranger = makeToken();
  const bearer = (id: string) => () => ({
    authorization: `Bearer ${formatToken({ keyId: id, secret: stranger.secret })}`,
  });
  return [
    {
      what: 'sealed',
      unknown: sealedBy(stranger.keyId, stranger.secret),
      wrong: sealedBy(keyId, stranger.secret),
    },
    { what: 'Bearer', unknown: bearer(stranger.keyId), wrong: bearer(keyId) },
  ];
}

function sealedBy(keyId: string, secret: string): () => Fields {
  const signer = { keyId, keys: deriveKeys({ keyId, secret }) };
  const head = { method: 'GET', path: PATH, query: '' };
  const none = { contentType: null, contentEncoding: null, idempotencyKey: null, body: null };
  return () => ({ ...sealRequest({ ...head, ...none }, signer).fields });
}

/** In turns, the first of each turn changing: neither kind has it easier. */
async function compare({ what, unknown, wrong }: Pair, url: URL, agent: Agent): Promise<Result> {
  const times: Record<'unknown' | 'wrong', number[]> = { unknown: [], wrong: [] };
  for (let count = 0; count < WARM + REQUESTS; count += 1) {
    const turns = [
      ['unknown', unknown],
      ['wrong', wrong],
    ] as const;
    for (const [kind, fields] of count % 2 === 0 ? turns : turns.toReversed()) {
      const time = await refusal(url, agent, fields());
      if (count >= WARM) times[kind].push(time);
    }
  }
  const [ours, theirs] = [median(times.unknown), median(times.wrong)];
  return {
    what: `401 for an unknown key, ${what}, median of ${REQUESTS.toLocaleString('en')}`,
    value: `${ours.toFixed(3)} ms`,
    beside: `${theirs.toFixed(3)} ms (wrong proof of a live key)`,
    ratio: (ours / theirs).toFixed(3),
    target: 'ratio 0.95 to 1.05',
  };
}

/** Milliseconds from the request to the end of its answer. */
function refusal(url: URL, agent: Agent, headers: Fields): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const startedAt = performance.now();
  request(url, { agent, headers }, (response) => {
    if (response.statusCode !== 401) reject(new Error(`${response.statusCode}, expected 401`));
    response.resume().once('end', () => resolve(performance.now() - startedAt));
  })
    .once('error', reject)
    .end();
  return promise;
}
