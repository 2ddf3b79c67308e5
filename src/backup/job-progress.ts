import { RowferryError } from '../errors.ts';

/** How far a job of the backups is, as its thread tells it, and where it is stopped on its way. */

export type Phase =
  | 'counting'
  | 'writing'
  | 'reading-back'
  | 'proving'
  | 'restoring'
  | 'finishing'
  | 'comparing';

export interface JobProgress {
  readonly phase: Phase;
  readonly table: string;
  /** Of this phase; null: it does not go row by row. */
  readonly rows: number | null;
  /** Rows that there are, by count(*) in the snapshot or by the facts of the file; null: not known yet. */
  readonly total: number | null;
  /** Of the whole job, 0 to 1; null: not known yet. */
  readonly share: number | null;
  readonly rowsPerSecond: number | null;
  /** Until the whole job is done, as fast as it went so far; null: too soon to say. */
  readonly secondsLeft: number | null;
  /** Tables that are done, of how many. */
  readonly tablesDone: number;
  readonly tables: number;
}

/** What a row costs in each phase beside the others, roughly. */
const WEIGHT: Readonly<Record<Phase, number>> = {
  counting: 0,
  writing: 2,
  'reading-back': 1,
  proving: 1,
  restoring: 3,
  finishing: 0,
  comparing: 1,
};

const TELL_EVERY_MS = 200;
/** What is known after less than this says nothing of the end. */
const LEAST_MS = 1000;
const LEAST_SHARE = 0.01;

export interface ProgressOptions {
  tell(progress: JobProgress): void;
  /** Asked at every step. */
  isStopped(): boolean;
}

interface Step {
  readonly phase: Phase;
  readonly table: string;
  readonly total: number | null;
  readonly startedAt: number;
  rows: number;
}

export class Progress {
  readonly #options: ProgressOptions;
  /** What the parts of the job cost, by their names. */
  readonly #expected = new Map<string, number>();
  /** When the first row that costs something was begun. */
  #begunAt: number | null = null;
  #done = 0;
  #step: Step | null = null;
  #toldAt = Number.NEGATIVE_INFINITY;
  #tablesDone = 0;
  #tables = 1;

  constructor(options: ProgressOptions) {
    this.#options = options;
  }

  /** So many rows will go through these phases; said again of the same part, it counts anew. */
  expect(part: string, rows: number, phases: readonly Phase[]): void {
    if (this.#expected.size === 0) {
      this.#begunAt = null;
      this.#step = null;
    }
    const cost = phases.reduce((sum, phase) => sum + WEIGHT[phase], 0);
    this.#expected.set(part, rows * cost);
  }

  tables(done: number, of: number): void {
    this.#tablesDone = done;
    this.#tables = of;
  }

  /** The phase before is done; one that is begun again starts anew. `job-stopped`. */
  begin(phase: Phase, table: string, total: number | null): void {
    this.check();
    const before = this.#step;
    const isAgain = before?.phase === phase && before.table === table;
    if (before !== null && !isAgain && this.#expected.size > 0) this.#done += costOf(before);
    const startedAt = performance.now();
    if (WEIGHT[phase] > 0) this.#begunAt ??= startedAt;
    this.#step = { phase, table, total, startedAt, rows: 0 };
    this.#tell();
  }

  /** More rows of this phase. `job-stopped`. */
  add(rows: number): void {
    this.check();
    if (this.#step === null) return;
    this.#step.rows += rows;
    if (performance.now() - this.#toldAt >= TELL_EVERY_MS) this.#tell();
  }

  /** Whoever asked for the job does not want it any more. */
  check(): void {
    if (this.#options.isStopped()) throw new RowferryError('job-stopped', 'stopped on request');
  }

  #tell(): void {
    const step = this.#step;
    if (step === null) return;
    const now = performance.now();
    this.#toldAt = now;
    const { phase, table, total } = step;
    const seconds = (now - step.startedAt) / 1000;
    const share = this.#share(step);
    this.#options.tell({
      phase,
      table,
      rows: total === null ? null : step.rows,
      total,
      share,
      rowsPerSecond: step.rows === 0 || seconds === 0 ? null : Math.round(step.rows / seconds),
      secondsLeft: this.#secondsLeft(share, now),
      tablesDone: this.#tablesDone,
      tables: this.#tables,
    });
  }

  #share(step: Step): number | null {
    if (this.#expected.size === 0) return step.total === null ? null : part(step.rows, step.total);
    const expected = [...this.#expected.values()].reduce((sum, cost) => sum + cost, 0);
    return part(this.#done + step.rows * WEIGHT[step.phase], expected);
  }

  #secondsLeft(share: number | null, now: number): number | null {
    const elapsed = now - (this.#begunAt ?? now);
    if (share === null || share < LEAST_SHARE || elapsed < LEAST_MS) return null;
    return ((elapsed / 1000) * (1 - share)) / share;
  }
}

/** For whoever neither looks nor stops. */
export function unwatched(): Progress {
  return new Progress({ tell: () => undefined, isStopped: () => false });
}

function costOf({ phase, rows, total }: Step): number {
  return WEIGHT[phase] * (total ?? rows);
}

function part(done: number, whole: number): number {
  return whole === 0 ? 1 : Math.min(1, done / whole);
}
