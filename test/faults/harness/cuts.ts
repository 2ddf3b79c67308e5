import { setTimeout as sleep } from 'node:timers/promises';
import { atEnd } from './at-end.ts';
import { type Cut, isCommit, startCutProxy } from './cut-proxy.ts';
import type { Database } from './databases.ts';
import { ENGINES } from './databases.ts';
import { eventsDdl } from './events.ts';
import { eventually } from './failpoints.ts';
import { type Fault, note, type Setting, type Tally } from './fault.ts';
import { Ending, type FaultsHome, homeOf } from './home.ts';
import { standing } from './invariant.ts';
import { linesOf } from './kills.ts';
import { Sending, serve } from './server-kills.ts';

/** So many of the COMMITs, or of the requests, are cut. */
const SHARE = 0.3;
const FAULTS_A_RUN = 25;
/** The table grows with them, and is looked at after each. */
const KILLS_A_RUN = 10;

/** 35: ended at once, or killed, and started again while a server of ours writes. */
export const databaseKills: Fault = {
  number: 35,
  name: 'the database server ended at once, or killed, in the middle of loads',
  engines: ['postgres', 'mysql'],
  run: async ({ databases, random, seed, times, isShort, say, tally }) => {
    const { server } = databases;
    if (server === null) return;
    const waits: number[] = [];
    while (tally.injected < times) {
      await using ending = new Ending();
      const begun = await begin(ending, { databases, seed: seed + tally.runs, isShort }, directly);
      const { database, sending } = begun;
      const most = Math.min(times, tally.injected + KILLS_A_RUN);
      for (; tally.injected < most; tally.injected += 1) {
        await sleep(random() * 1500);
        await server.kill(database.engine === 'postgres' && random() < 0.8 ? 'SIGQUIT' : 'SIGKILL');
        await server.start();
        const started = performance.now();
        const had = sending.held.length;
        const found = await standing(database, [...sending.held]);
        note(tally, `${database.engine}, kill ${tally.injected + 1}`, found);
        await eventually('the load goes on', () => sending.held.length > had);
        waits.push(performance.now() - started);
      }
      await settle({ tally, ending, ...begun });
      say(`${tally.injected} kills, ${tally.violations.length} violations`);
    }
    tally.told.push(inWords(waits));
  },
};

/** From the database's first answer to the next receipt of a part or of a load. */
function inWords(waits: readonly number[]): string {
  const sorted = waits.toSorted((a, b) => a - b);
  const [median, longest] = [sorted[sorted.length >> 1], sorted.at(-1)].map((ms = 0) =>
    (ms / 1000).toFixed(1),
  );
  return `loads went on ${median} s (median; longest ${longest} s) after the database answered again`;
}

/** 35: the connection to the database is cut at a COMMIT, on its way there or on the answer's way back. */
export const commitCuts: Fault = {
  number: 35,
  name: 'the connection to the database cut during COMMIT, both ways',
  engines: ['postgres', 'mysql'],
  run: (setting) =>
    cutting(setting, async (ending, database, decide) => {
      const url = new URL(database.url);
      const target = { host: url.hostname, port: Number(url.port) };
      const proxy = await startCutProxy(target, (piece) => (isCommit(piece) ? decide() : null));
      ending.after(() => proxy[Symbol.asyncDispose]());
      url.port = String(proxy.port);
      return { databaseUrl: url.href, ofServer: null };
    }),
};

/** 36: the connection to the server is cut when the request was sent, before its answer comes. */
export const answerCuts: Fault = {
  number: 36,
  name: 'the client cut off before its request arrives, and after it was committed',
  engines: ENGINES,
  run: (setting) =>
    cutting(setting, async (ending, database, decide) => {
      const ofServer = async (port: number) => {
        const proxy = await startCutProxy({ host: '127.0.0.1', port }, (piece) =>
          isHead(piece) ? decide() : null,
        );
        ending.after(() => proxy[Symbol.asyncDispose]());
        return proxy.port;
      };
      return { databaseUrl: database.url, ofServer };
    }),
};

const directly = async ({ url }: Database): Promise<Way> => ({ databaseUrl: url, ofServer: null });

const isHead = (piece: Buffer): boolean => /^(POST|PATCH|GET) /.test(piece.subarray(0, 6).toString('latin1'));

interface Way {
  readonly databaseUrl: string;
  /** The port of a proxy before the server. */
  readonly ofServer: ((port: number) => Promise<number>) | null;
}

async function cutting(
  { databases, random, seed, times, isShort, say, tally }: Setting,
  between: (ending: Ending, database: Database, decide: () => Cut) => Promise<Way>,
): Promise<void> {
  while (tally.injected < times) {
    const most = Math.min(times, tally.injected + FAULTS_A_RUN);
    await using ending = new Ending();
    const decide = (): Cut => {
      if (tally.injected >= most || random() >= SHARE) return null;
      tally.injected += 1;
      return tally.injected % 2 === 0 ? 'back' : 'there';
    };
    // The start of a server is no load: what fails there is told, and ends it.
    let isBegun = false;
    const begun = await begin(ending, { databases, seed: seed + tally.runs, isShort }, async (database) =>
      between(ending, database, () => (isBegun ? decide() : null)),
    );
    isBegun = true;
    while (tally.injected < most) {
      const cut = tally.injected;
      await eventually('another one is cut', () => tally.injected > cut);
    }
    await settle({ tally, ending, ...begun });
    say(`${tally.injected} of ${times} cuts, ${tally.violations.length} violations`);
  }
  const back = Math.floor(tally.injected / 2);
  tally.told.push(`${tally.injected - back} on the way there, ${back} on the way back`);
}

interface Begun {
  readonly database: Database;
  readonly home: FaultsHome;
  readonly sending: Sending;
  readonly loading: Promise<void>;
}

/** A server and a client that sends one file after the other. */
async function begin(
  ending: Ending,
  { databases, seed, isShort }: Pick<Setting, 'databases' | 'seed' | 'isShort'>,
  wayTo: (database: Database) => Promise<Way>,
): Promise<Begun> {
  const database = await databases.fresh();
  await database.run(eventsDdl(database.engine, seed % 2 === 0));
  const { databaseUrl, ofServer } = await wayTo(database);
  const home = homeOf(ending, { url: databaseUrl });
  const { url, port, key } = await serve(ending, home);
  const seen = ofServer === null ? url : `http://127.0.0.1:${await ofServer(Number(port))}`;
  const sending = new Sending(seen, key, home, { seed, lines: linesOf({ isShort }) });
  ending.after(() => sending.stop());
  return { database, home, sending, loading: sending.go() };
}

async function settle({
  tally,
  ending,
  database,
  home,
  sending,
  loading,
}: Begun & { readonly tally: Tally; readonly ending: Ending }): Promise<void> {
  sending.isLast = true;
  await sending.toEnd(loading);
  const { files, held } = sending;
  const found = await atEnd({ ending, database, home }, { files, held, isWatched: false });
  note(tally, `${database.engine}, at the end`, found);
  tally.runs += 1;
}
