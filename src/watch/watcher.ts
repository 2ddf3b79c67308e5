import { type FSWatcher, watch } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { RowferryError } from '../errors.ts';
import { inputsOf } from '../inputs/find-inputs.ts';
import type { Input } from '../inputs/input.ts';
import { sweepSpool } from '../inputs/spool.ts';
import { sweepTemporaries } from '../lib/atomic-file.ts';
import { backoffMs, pause } from '../lib/backoff.ts';
import { ulid } from '../lib/ulid.ts';
import { type Claim, claim, claimsLeft } from './claim.ts';
import type { Clock, WatchEvent, Watcher, WatcherOptions } from './contract.ts';
import { type Folders, makeFolders } from './folders.ts';
import { Line } from './line.ts';
import { type Lock, takeLock } from './lock.ts';
import { type Archives, takeTurns } from './order.ts';
import { type Look, Poll, type Sighting } from './poll.ts';
import { asRowferryError } from './verdict.ts';
import { Wake } from './wake.ts';

/** The watcher: one loop looks at the folder, another takes one file after the other into the line. */

const REAL_CLOCK: Clock = { now: () => performance.now(), wait: pause };
const BACKOFF = { baseMs: 500, capMs: 30_000 };
/** Between two looks, also when woken: a burst of events is one look, not thousands. */
const LEAST_GAP_MS = 20;
/** Looking takes at most this share of the time, however many files there are; and while files are loaded. */
const LOOKING_SHARE = 1 / 5;
const SHARE_BESIDE_LOADS = 1 / 20;
const TOUCH_EVERY_MS = 5000;
/** A file this large is loaded before the next is claimed: what came meanwhile may be for a parent of its table. */
const SMALL_BYTES = 1 << 18;
/** Where receipts, reasons and rejects are written. */
const SWEPT = ['done', 'failed', 'not_added'];
const NOTHING: Look = { complete: [], arriving: [], strangers: [] };

/**
 * Watches data/incoming of the home until it is closed. Resolves once the folder is held and watched.
 * Throws `lock-timeout` when another process watches it.
 */
export async function startWatcher(options: WatcherOptions): Promise<Watcher> {
  const folders = await makeFolders(options.config.home);
  const lock = await takeLock(join(folders.work, '.lock'));
  try {
    await sweepSpool(options.config.home);
    for (const folder of SWEPT) await sweepTemporaries(join(options.config.home, 'data', folder));
    return new FolderWatcher(options, folders, lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

class FolderWatcher implements Watcher {
  readonly #options: WatcherOptions;
  readonly #folders: Folders;
  readonly #lock: Lock;
  readonly #clock: Clock;
  readonly #poll: Poll;
  readonly #line: Line;
  readonly #stop = new AbortController();
  readonly #lookNow: Wake;
  readonly #workNow: Wake;
  readonly #events: FSWatcher | null;
  readonly #loops: Promise<unknown>;
  #look: Look = NOTHING;
  #looks = 0;
  #looking = false;
  /** Taken from #look, in the order of turns; null: there is a newer look. */
  #turns: Sighting[] | null = [];
  /** Files that could not be claimed: key → when it is tried again. */
  readonly #postponed = new Map<string, number>();
  #busy = true;
  /** Resolves when the last file of the line is loaded. */
  #loading: Promise<void> = Promise.resolve();
  #touchedAt: number;
  #idleWaiters: Array<{ readonly after: number; readonly resolve: () => void }> = [];

  constructor(options: WatcherOptions, folders: Folders, lock: Lock) {
    this.#options = options;
    this.#folders = folders;
    this.#lock = lock;
    this.#clock = options.clock ?? REAL_CLOCK;
    this.#poll = new Poll(folders.incoming, options.config, () => this.#clock.now());
    this.#line = this.#newLine();
    this.#lookNow = new Wake(this.#clock);
    this.#workNow = new Wake(this.#clock);
    this.#touchedAt = this.#clock.now();
    this.#events = this.#listen();
    this.#loops = Promise.all([this.#lookLoop(), this.#workLoop()]);
  }

  idle(): Promise<void> {
    // A look under way may have passed the place of a file that was dropped since.
    const after = this.#looks + (this.#looking ? 1 : 0);
    return new Promise((resolve) => {
      this.#idleWaiters.push({ after, resolve });
      this.#lookNow.wake();
      if (this.#stop.signal.aborted) this.#tellIdle();
    });
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#events?.close();
    await this.#loops;
    this.#tellIdle();
    await this.#lock.release();
  }

  /** Only a wake-up: bursts overflow the kernel's queue, and network file systems send nothing. */
  #listen(): FSWatcher | null {
    try {
      const events = watch(this.#folders.incoming, { persistent: false }, () => this.#wake());
      events.on('error', () => events.close());
      return events;
    } catch (error) {
      this.#options.log.debug({ err: error }, 'no events from the folder; the poll goes on');
      return null;
    }
  }

  /** While a file is loaded its own leaving is an event too, and a new one has to wait its turn anyway. */
  #wake(): void {
    if (!this.#busy) this.#lookNow.wake();
  }

  async #lookLoop(): Promise<void> {
    let failures = 0;
    while (!this.#stop.signal.aborted) {
      const began = this.#clock.now();
      try {
        await this.#lookOnce();
        failures = 0;
      } catch (error) {
        this.#hold(null, asRowferryError(error), ++failures);
      }
      const took = this.#clock.now() - began;
      const share = this.#busy ? SHARE_BESIDE_LOADS : LOOKING_SHARE;
      await this.#sleep(Math.max(LEAST_GAP_MS, took / share - took));
      await this.#lookNow.wait(this.#stop.signal, this.#options.config.pollMs);
    }
  }

  async #lookOnce(): Promise<void> {
    await this.#holdLock();
    await makeFolders(this.#options.config.home);
    this.#looking = true;
    try {
      this.#look = await this.#poll.look();
      this.#looks += 1;
    } finally {
      this.#looking = false;
    }
    for (const name of this.#look.strangers) this.#ignore(name);
    this.#turns = null;
    this.#workNow.wake();
    this.#tellIdle();
  }

  async #holdLock(): Promise<void> {
    if (this.#clock.now() - this.#touchedAt < TOUCH_EVERY_MS) return;
    this.#touchedAt = this.#clock.now();
    if (await this.#lock.touch()) return;
    this.#options.log.error('another process took this folder over: watching ends here');
    this.#stop.abort();
  }

  async #workLoop(): Promise<void> {
    await this.#untilItWorks(null, () => this.#takeUp());
    while (!this.#stop.signal.aborted) {
      const next = await this.#next();
      if (next === undefined) await this.#rest();
      else await this.#take(next);
    }
    await this.#line.placed();
    this.#busy = false;
  }

  /** Until there is a newer look, or the line is empty. */
  async #rest(): Promise<void> {
    if (this.#line.isEmpty) {
      this.#busy = false;
      this.#tellIdle();
    }
    await this.#workNow.wait(this.#stop.signal);
  }

  /** What an earlier process left in data/work. */
  async #takeUp(): Promise<RowferryError | null> {
    try {
      for (const left of await claimsLeft(this.#folders)) {
        if (this.#stop.signal.aborted) break;
        this.#options.log.info({ file: left.name, claim: left.id }, 'taken up again');
        await this.#line.add(left);
      }
      return null;
    } catch (error) {
      return asRowferryError(error);
    }
  }

  async #next(): Promise<Sighting | undefined> {
    if (this.#turns === null) await this.#untilItWorks(null, () => this.#turn());
    const next = this.#turns?.shift();
    this.#busy ||= next !== undefined;
    return next;
  }

  async #turn(): Promise<RowferryError | null> {
    try {
      const look = this.#look;
      const due = look.complete.filter(({ key }) => this.#isDue(key));
      const { mapping } = this.#options.config;
      // Now, so that what is recent for a file is never older than the look that found it.
      const tables = due.length > 0 ? await this.#options.tables('now') : [];
      const archives = await this.#archivesAmong(due);
      this.#turns = takeTurns({ ...look, complete: due }, tables, mapping, archives);
      return null;
    } catch (error) {
      return asRowferryError(error);
    }
  }

  /** What archives hold, for their turn alone: one that cannot be read has it at the end, where it is told. */
  async #archivesAmong(sightings: readonly Sighting[]): Promise<Archives> {
    const archives = new Map<string, readonly Input[]>();
    for (const { key, name } of sightings.filter((each) => /\.zip$/i.test(each.name))) {
      const path = this.#poll.pathOf(key).toString();
      const found = await inputsOf(path, name).catch(() => null);
      if (found !== null) archives.set(key, found.inputs);
    }
    return archives;
  }

  #isDue(key: string): boolean {
    const until = this.#postponed.get(key);
    if (until !== undefined && until > this.#clock.now()) return false;
    this.#postponed.delete(key);
    return true;
  }

  async #take(sighting: Sighting): Promise<void> {
    try {
      const path = this.#poll.pathOf(sighting.key);
      const claimed = await claim(this.#folders, sighting, path, ulid());
      if (claimed === 'changed') return this.#lookAgain(sighting);
      this.#poll.forget(sighting.key);
      if (claimed !== null) await this.#lineUp(claimed, sighting);
    } catch (error) {
      this.#postponed.set(sighting.key, this.#clock.now() + BACKOFF.capMs);
      this.#hold(sighting.name, asRowferryError(error), 1);
    }
  }

  /** Before anything else is taken: it may have to wait for the file that is arriving again. */
  #lookAgain({ key }: Sighting): void {
    this.#poll.putBack(key);
    this.#turns = [];
    this.#lookNow.wake();
  }

  /** Resolves when the next file may be claimed: one is ahead of what is loaded. */
  async #lineUp(claimed: Claim, { shape }: Sighting): Promise<void> {
    const before = this.#loading;
    this.#loading = this.#line.add(claimed);
    await (shape.size < SMALL_BYTES ? before : this.#loading);
  }

  #newLine(): Line {
    const { signal } = this.#stop;
    const tell = (event: WatchEvent) => this.#tell(event);
    const context = { folders: this.#folders, options: this.#options, signal, tell };
    const untilItWorks = (name: string, work: () => Promise<RowferryError | null>) =>
      this.#untilItWorks(name, work);
    return new Line(context, { untilItWorks, onEmpty: () => this.#workNow.wake() });
  }

  /** Nothing else is taken meanwhile: what holds one file up mostly holds them all, and children must not overtake. */
  async #untilItWorks(name: string | null, work: () => Promise<RowferryError | null>): Promise<void> {
    for (let attempt = 1; !this.#stop.signal.aborted; attempt++) {
      const reason = await work();
      if (reason === null && attempt > 1) this.#options.log.info({ file: name }, 'goes on');
      if (reason === null || this.#stop.signal.aborted) return;
      this.#hold(name, reason, attempt);
      await this.#sleep(backoffMs(attempt, BACKOFF));
    }
  }

  /** Said once, however often it is tried. */
  #hold(name: string | null, reason: RowferryError, attempt: number): void {
    if (attempt > 1) return;
    const what = name === null ? 'the folder waits' : `${name} waits`;
    const { code, hint } = reason;
    this.#options.log.warn({ file: name, code, hint, err: reason }, `${what}, and is tried again by itself`);
    this.#tell({ kind: 'held', name, reason });
  }

  #ignore(name: string): void {
    const expected = 'expected a name that ends in .csv, .csv.gz, .csv.zst or .zip; it stays where it is';
    this.#options.log.warn({ file: name }, `${name} in data/incoming is not a CSV file: ${expected}`);
    this.#tell({ kind: 'ignored', name });
  }

  #tell(event: WatchEvent): void {
    try {
      this.#options.onEvent?.(event);
    } catch (error) {
      this.#options.log.error({ err: error }, 'a listener of the watcher failed');
    }
  }

  #tellIdle(): void {
    const closed = this.#stop.signal.aborted;
    const { complete, arriving } = this.#look;
    const quiet = !this.#busy && complete.length + arriving.length === 0;
    const free = this.#idleWaiters.filter(({ after }) => closed || (quiet && this.#looks > after));
    this.#idleWaiters = this.#idleWaiters.filter((waiter) => !free.includes(waiter));
    for (const { resolve } of free) resolve();
  }

  async #sleep(ms: number): Promise<void> {
    await this.#clock.wait(ms, this.#stop.signal).catch(() => undefined);
  }
}
