import type { MessagePort } from 'node:worker_threads';
import { RowferryError } from '../errors.ts';
import { type Lane, openWriterThread, type WriterThread } from './lane.ts';
import type { LaneOps } from './lane-ops.ts';
import type { RunAgain } from './persistently.ts';

/** As many as work on the parts of one load at a time. */
const AT_FIRST = 2;
/** A thread costs some 15 MB, and a writer mostly waits for its database. */
const A_THREAD = 2;
/** Nobody else can take its next job, and it shall not wait for the server's thread, which opens the next body. */
const JOBS_OF_THE_ONLY_LANE = 2;
/** More than were asked for, for when all of these stand still: they may wait for a lock that others do not need. */
const RELIEF = 2;
const RELIEF_AFTER_MS = 1000;

interface Job {
  readonly op: keyof LaneOps;
  readonly start: (lane: Lane<LaneOps>) => Promise<void>;
  readonly refuse: (reason: RowferryError) => void;
  readonly since: number;
}

export interface WritersOptions {
  readonly databaseUrl: string;
  /** How many write at a time. */
  readonly most: number;
  readonly onAgain: (again: RunAgain) => void;
  /** Throws where the answers that were made before leave no room for another. */
  readonly mayAnswer: () => void;
}

/** Their answers name each reject, and may be a hundred times as large as what was sent. */
const WITH_REJECTS: ReadonlySet<keyof LaneOps> = new Set(['batch', 'batches', 'retry']);
/** Everything else is short, and of requests whose rows may be committed already. */
const WITH_ROWS: ReadonlySet<keyof LaneOps> = new Set([
  ...WITH_REJECTS,
  'commitPart',
  'retryOrphans',
  'reconcile',
]);
const ALL = { has: () => true };

/**
 * The lanes that write. What is to be written waits here, in the order it came, until a lane is free: in the queue of
 * a lane it would wait for whatever that one waits for. From the third on lanes are opened when those before them are
 * busy; one that ended is replaced. A lane has its first job when its thread and its connection are there.
 */
export class Writers {
  /** Those that are opened at once can be given work, or cannot be opened. */
  readonly opened: Promise<unknown>;
  readonly #options: WritersOptions;
  #jobs: Job[] = [];
  #threads: WriterThread[] = [];
  #lanes: Lane<LaneOps>[] = [];
  #opening = 0;
  #refused: { has(op: keyof LaneOps): boolean } = { has: () => false };
  #relief: NodeJS.Timeout | null = null;

  constructor(options: WritersOptions) {
    this.#options = options;
    const first = Array.from({ length: Math.min(options.most, AT_FIRST) }, () => this.#open());
    this.opened = Promise.allSettled(first);
  }

  call<Op extends keyof LaneOps>(
    op: Op,
    argument: Parameters<LaneOps[Op]>[1],
    transfer: readonly (ArrayBuffer | MessagePort)[] = [],
  ): ReturnType<LaneOps[Op]> {
    const answer = new Promise<unknown>((resolve, reject) => {
      const work = (lane: Lane<LaneOps>): Promise<unknown> => {
        // Not when it came: those that waited with it would all be answered.
        if (WITH_REJECTS.has(op)) this.#options.mayAnswer();
        return lane.call(op, argument, transfer);
      };
      if (this.#refused.has(op)) return reject(shuttingDown());
      const start = (lane: Lane<LaneOps>) => Promise.try(work, lane).then(resolve, reject);
      this.#jobs.push({ op, start, refuse: reject, since: performance.now() });
      this.#next();
    });
    return answer as ReturnType<LaneOps[Op]>;
  }

  /** What waits to be tried again fails at once. */
  stopWaiting(): void {
    for (const lane of this.#lanes) lane.stopWaiting();
  }

  /** Rows that no lane has yet are refused with `shutting-down`. */
  giveUp(): void {
    this.#refuse(WITH_ROWS);
  }

  /** Resolves when what the lanes have has ended; the rest is refused, since a lane that closes takes no more. */
  async close(): Promise<void> {
    this.#refuse(ALL);
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }

  #refuse(refused: { has(op: keyof LaneOps): boolean }): void {
    this.#refused = refused;
    const jobs = Map.groupBy(this.#jobs, ({ op }) => refused.has(op));
    this.#jobs = jobs.get(false) ?? [];
    for (const { refuse } of jobs.get(true) ?? []) refuse(shuttingDown());
  }

  #next(): void {
    this.#lanes = this.#lanes.filter(({ ended }) => !ended);
    this.#threads = this.#threads.filter(({ ended }) => !ended);
    for (let lane = this.#free(); lane !== undefined && this.#jobs.length > 0; lane = this.#free()) {
      this.#give(lane);
    }
    const most = this.#most(performance.now());
    while (this.#opening < this.#jobs.length && this.#lanes.length < most) void this.#open();
  }

  /** The first job that waits. */
  #give(lane: Lane<LaneOps>): void {
    void this.#jobs
      .shift()
      ?.start(lane)
      .then(() => this.#next());
  }

  /** One that may have the next job. */
  #free(): Lane<LaneOps> | undefined {
    const most = this.#options.most === 1 ? JOBS_OF_THE_ONLY_LANE : 1;
    return this.#lanes.find(({ load }) => load < most);
  }

  /** An engine with one writer at a time has one lane, whatever it waits for. */
  #most(now: number): number {
    const { most } = this.#options;
    const [first] = this.#jobs;
    if (most === 1 || first === undefined) return most;
    const wait = first.since + RELIEF_AFTER_MS - now;
    if (wait <= 0) return most + RELIEF;
    this.#callRelief(wait);
    return most;
  }

  /** Once it has been called, only lanes that become ready or free can help. */
  #callRelief(wait: number): void {
    if (this.#relief !== null) return;
    this.#relief = setTimeout(() => {
      this.#relief = null;
      this.#next();
    }, wait);
    this.#relief.unref();
  }

  /** Until it is ready, which takes as long as some parts do, others may come free and take what waits. */
  #open(): Promise<unknown> {
    const { databaseUrl, onAgain } = this.#options;
    let thread = this.#threads.find(({ lanes }) => lanes < A_THREAD);
    if (thread === undefined) {
      thread = openWriterThread(databaseUrl);
      this.#threads.push(thread);
    }
    const lane = thread.open(onAgain);
    this.#lanes.push(lane);
    this.#opening += 1;
    const opened = lane.call('ready', null).finally(() => {
      this.#opening -= 1;
    });
    // One that cannot be made ready gives a job the reason.
    opened.then(
      () => this.#next(),
      () => this.#give(lane),
    );
    return opened;
  }
}

export function shuttingDown(): RowferryError {
  return new RowferryError('shutting-down', 'the server stops, and had not begun with it', {
    hint: 'send the request again in a moment',
    retryAfterSeconds: 5,
  });
}
