import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LEASE_MS } from '../../../src/ledger/answers.ts';
import { type Up, until } from '../up-process.ts';
import { atEnd } from './at-end.ts';
import { type Database, ENGINES } from './databases.ts';
import { type EventsFile, eventsDdl, eventsFile } from './events.ts';
import { eventually, wake } from './failpoints.ts';
import { type Fault, note } from './fault.ts';
import { Ending, type FaultsHome, type Faulty, homeOf, run } from './home.ts';
import { ledgerState } from './ledger-state.ts';
import { Sending, serve } from './server-kills.ts';

const CLOCK = join(import.meta.dirname, 'clock.ts');
const LINES = 1000;
/** COMMITs of a load's end behind which it is stopped: that of the request's claim, that of the load. */
const COMMITS = [1, 2];

/**
 * 32: a server is stopped in the middle of a request, and woken when its lease is over and another has answered the
 * same request: nothing of the first may stand in the ledger, nor be answered.
 */
export const pastLeases: Fault = {
  number: 32,
  name: 'a process stopped past its lease, and woken when another had taken its request over',
  engines: ENGINES,
  run: async ({ databases, seed, times, say, tally }) => {
    for (let i = 0; i < times; i++) {
      await using ending = new Ending();
      const database = await databases.fresh();
      await database.run(eventsDdl(database.engine, i % 2 === 0));
      const home = homeOf(ending, database);
      const { server, key } = await serve(ending, home);
      await server.stop();
      const nth = COMMITS[i % COMMITS.length] ?? 1;
      const stopped = await listening(ending, home, { failpoint: `after_commit:stop:${nth}` });
      const clock = join(home.path, 'clock');
      const set = (ms: number) => writeFileSync(clock, new Int32Array([ms / 1000]));
      set(0);
      const other = await listening(ending, home, { imports: [CLOCK], env: { FAULT_CLOCK: clock } });
      const file = eventsFile(1, LINES, seed + i);
      const load = await sendAll(other.url, key, file);
      const ask = finishing(key, load);

      const early = ask(stopped.url);
      await eventually('it stops', () => stopped.server.output().includes('failpoint after_commit: stop'));
      tally.injected += 1;
      const held = await ask(other.url);
      set(LEASE_MS + 1000);
      const taken = await ask(other.url);
      wake(stopped.server.pid);
      const late = await early;
      const replayed = await ask(stopped.url);

      const what = `${database.engine}, stopped after COMMIT ${nth}`;
      note(tally, what, [
        ...(held.status === 409 ? [] : [`while the lease lasts another is answered ${held.status}`]),
        ...(taken.status < 300 && !taken.isReplayed ? [] : [`after it another is answered ${taken.status}`]),
        ...(late.status === 409 ? [] : [`the woken one answers ${late.status}`]),
        ...(replayed.isReplayed && replayed.body === taken.body
          ? []
          : ['not the answer of the other is kept']),
        ...(await ledgerOf(database, ask.key)),
      ]);
      const sending = new Sending(other.url, key, home, { seed: seed + i, lines: LINES });
      sending.isLast = true;
      await sending.go();
      const { files, held: receipts } = sending;
      const work = { ending, database, home };
      note(tally, `${what}, at the end`, await atEnd(work, { files, held: receipts, isWatched: false }));
      sending.stop();
      tally.runs += 1;
      say(`stopped after COMMIT ${nth}: ${tally.violations.length} violations`);
    }
  },
};

async function listening(
  ending: Ending,
  home: FaultsHome,
  faulty: Faulty,
): Promise<{ server: Up; url: string }> {
  const server = run(ending, home, ['serve', '--port', '0', '--log', 'text'], faulty);
  await until(server, 'it listens', () => server.output().includes('serves at'));
  const [url = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(server.output()) ?? [];
  return { server, url };
}

interface Answered {
  readonly status: number;
  readonly isReplayed: boolean;
  readonly body: string;
}

/** Announced, and all of it sent but not ended; gives the load. */
async function sendAll(url: string, bearer: string, { name, content }: EventsFile): Promise<string> {
  const bytes = new TextEncoder().encode(content);
  const sha256 = Buffer.from(await crypto.subtle.digest('SHA-256', bytes)).toString('hex');
  const ask = async (method: string, path: string, type: string, body: string) => {
    const headers = {
      authorization: `Bearer ${bearer}`,
      'idempotency-key': crypto.randomUUID(),
      'content-type': type,
    };
    const answer = await fetch(`${url}${path}`, { method, headers, body });
    assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
    return String(Object(await answer.json()).id);
  };
  const announcement = JSON.stringify({ table: 'events', name, size: bytes.length, sha256 });
  const id = await ask('POST', '/v1/loads', 'application/json', announcement);
  await ask('PATCH', `/v1/loads/${id}?offset=0`, 'text/csv', content);
  return id;
}

/** The same request to end the load each time. */
function finishing(bearer: string, load: string) {
  const key = crypto.randomUUID();
  const ask = async (url: string): Promise<Answered> => {
    const headers = { authorization: `Bearer ${bearer}`, 'idempotency-key': key };
    const answer = await fetch(`${url}/v1/loads/${load}/finish`, { method: 'POST', headers });
    const isReplayed = answer.headers.has('idempotency-replayed');
    return { status: answer.status, isReplayed, body: await answer.text() };
  };
  return Object.assign(ask, { key });
}

async function ledgerOf({ engine, snapshot }: Database, key: string): Promise<string[]> {
  const ledger = await snapshot((query) => ledgerState(engine, query));
  const states = ledger?.answers.filter((answer) => answer.key === key).map(({ state }) => state) ?? [];
  return [
    ...(states.join() === 'done' ? [] : [`the request is told as ${states.join() || 'nothing'}`]),
    ...(ledger?.loads.length === 1 ? [] : [`${ledger?.loads.length} loads were announced`]),
  ];
}
