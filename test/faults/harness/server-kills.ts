import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Rowferry } from '../../../src/client/client.ts';
import type { PartReceipt } from '../../../src/model/receipt.ts';
import { type Scope, type Up, until } from '../up-process.ts';
import { atEnd } from './at-end.ts';
import { type EventsFile, eventsFile } from './events.ts';
import { eventually } from './failpoints.ts';
import { note } from './fault.ts';
import { type FaultsHome, type Faulty, homeOf, run } from './home.ts';
import { type Held, standing } from './invariant.ts';
import { killsARun, LINES, linesOf, type Work } from './kills.ts';

/** A server that is killed and started again on its port, and a client that lives on and keeps what it was answered. */
export async function killServers({ setting, tally, ending, database }: Work): Promise<void> {
  const { random, times, seed } = setting;
  const home = homeOf(ending, database);
  const serving = await serve(ending, home);
  const sending = new Sending(serving.url, serving.key, home, { seed, lines: linesOf(setting) });
  ending.after(() => sending.stop());
  const most = Math.min(times, tally.injected + killsARun(times));
  let server = serving.server;
  const loading = sending.go();
  while (tally.injected < most) {
    await sleep(random() * 1200);
    await server.kill();
    tally.injected += 1;
    const what = `${database.engine}, kill ${tally.injected} of a server`;
    note(tally, what, await standing(database, [...sending.held]));
    server = (await serve(ending, home, serving.port)).server;
  }
  sending.isLast = true;
  await sending.toEnd(loading);
  const { files, held } = sending;
  const found = await atEnd({ ending, database, home }, { files, held, isWatched: false });
  note(tally, `${database.engine}, at the end`, found);
}

export interface Serving {
  readonly server: Up;
  readonly url: string;
  readonly port: string;
  /** Told at the first start only: '' at later ones. */
  readonly key: string;
}

export async function serve(
  scope: Scope,
  home: FaultsHome,
  port = '0',
  faulty: Faulty = {},
): Promise<Serving> {
  const server = run(scope, home, ['serve', '--port', port, '--log', 'text'], faulty);
  await until(server, 'it listens', () => server.output().includes('serves at'));
  if (port === '0') await until(server, 'a key is made', () => /API key[^\n]*\n/.test(server.output()));
  const [url = '', found = ''] = /http:\/\/127\.0\.0\.1:(\d+)/.exec(server.output()) ?? [];
  const [key = ''] = /rfk_\w+/.exec(server.output()) ?? [];
  return { server, url, port: found, key };
}

export interface FilesToSend {
  readonly seed: number;
  /** They are numbered from the one after it; default 0. */
  readonly before?: number;
  /** Of each. */
  readonly lines?: number;
}

/** Sends one file after the other, each until it is loaded, whatever the server does meanwhile. */
export class Sending {
  readonly files: EventsFile[] = [];
  readonly held: Held[] = [];
  isLast = false;
  isDone = false;
  readonly #client: Rowferry;
  readonly #home: FaultsHome;
  readonly #files: FilesToSend;
  readonly #stopping = new AbortController();

  constructor(url: string, key: string, home: FaultsHome, files: FilesToSend) {
    this.#client = new Rowferry({ url, key, backoff: { baseMs: 20, capMs: 200 } });
    this.#home = home;
    this.#files = files;
  }

  async go(): Promise<void> {
    const { seed, before = 0, lines = LINES } = this.#files;
    do await this.#send(eventsFile(before + this.files.length + 1, lines, seed));
    while (!this.isLast && !this.#stopping.signal.aborted);
    this.isDone = !this.#stopping.signal.aborted;
  }

  /** Of what `go` began: throws when it does not get on. */
  async toEnd(going: Promise<void>): Promise<void> {
    while (!this.isDone) {
      const had = this.held.length;
      await eventually('more is loaded', () => this.isDone || this.held.length > had);
    }
    await going;
  }

  stop(): void {
    this.#stopping.abort();
    this.#client.close();
  }

  async #send(file: EventsFile): Promise<void> {
    this.files.push(file);
    const path = join(this.#home.path, file.name);
    writeFileSync(path, file.content);
    const onPart = (receipt: PartReceipt) => void this.held.push(heldOf(receipt));
    while (!this.#stopping.signal.aborted) {
      try {
        const result = await this.#client.load(path, { table: 'events', onPart });
        this.held.push({ ...result, range: null });
        return;
      } catch {
        await sleep(20);
      }
    }
  }
}

export function heldOf({ id, part }: PartReceipt): Held {
  const { read, inserted, rejected, firstByte, endByte } = part;
  return { load: id, read, inserted, rejected, range: { firstByte, endByte } };
}
