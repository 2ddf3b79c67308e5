import type {
  Connection,
  DatabaseReject,
  EncodedBatch,
  InsertOutcome,
  Staged,
} from '../database/database.ts';
import type { InsertPlan } from '../model/plan.ts';
import type { Mode } from '../model/table.ts';

/**
 * Where the rows of a batch go: into their table, or with atomic to where they wait. Rows that wait are held to
 * their foreign keys when they are moved, so without `execute` nothing is inserted twice.
 */
export type BatchWriter = Pick<Connection, 'missingParents' | 'unstage' | 'insertStaged'> &
  Partial<Pick<Connection, 'execute'>>;

export interface BatchToInsert {
  readonly staged: Staged;
  readonly encoded: EncodedBatch;
  readonly plan: InsertPlan;
  readonly mode: Mode;
  /** Ordinals of the records that are rejects already and so are not staged. */
  readonly bad: Iterable<number>;
}

export interface Inserted {
  readonly outcome: InsertOutcome;
  /** What the database refused, and the rows without their parents (the bad ones among them). */
  readonly rejects: readonly DatabaseReject[];
}

/** Orphans are taken out first, then the batch is inserted. No row stays without its parent. */
export function insertBatch(writer: BatchWriter, batch: BatchToInsert): Promise<Inserted> {
  return new BatchInsert(writer, batch).run();
}

class BatchInsert {
  readonly #writer: BatchWriter;
  readonly #batch: BatchToInsert;
  readonly #rejects: DatabaseReject[] = [];
  readonly #gone: Set<number>;

  constructor(writer: BatchWriter, batch: BatchToInsert) {
    this.#writer = writer;
    this.#batch = batch;
    this.#gone = new Set(batch.bad);
  }

  async run(): Promise<Inserted> {
    const orphans = await this.#orphans();
    this.#reject(orphans.filter((reject) => this.#gone.has(reject.index)));
    await this.#takeOut(orphans);
    const execute = this.#writer.execute?.bind(this.#writer);
    const outcome =
      execute === undefined || !this.#refersToItself()
        ? await this.#insert()
        : await this.#insertFamilies(execute);
    return { outcome, rejects: [...this.#rejects, ...outcome.rejects] };
  }

  /**
   * A row that the database refuses may be the parent of another row of the batch. Then all is taken back, and done
   * again without both.
   */
  async #insertFamilies(execute: (sql: string) => Promise<number>): Promise<InsertOutcome> {
    for (;;) {
      await execute('SAVEPOINT insert_of_batch');
      const outcome = await this.#insert();
      if (outcome.rejects.length === 0 || !(await this.#leavesOrphans(outcome))) {
        await execute('RELEASE SAVEPOINT insert_of_batch');
        return outcome;
      }
      await execute('ROLLBACK TO SAVEPOINT insert_of_batch');
      await execute('RELEASE SAVEPOINT insert_of_batch');
      await this.#takeOut(outcome.rejects);
      await this.#takeOut(await this.#orphans());
    }
  }

  #insert(): Promise<InsertOutcome> {
    const { staged, plan, mode } = this.#batch;
    return this.#writer.insertStaged(staged, plan, mode);
  }

  #orphans(): Promise<readonly DatabaseReject[]> {
    const { staged, encoded, plan } = this.#batch;
    return this.#writer.missingParents(staged, encoded, plan);
  }

  async #leavesOrphans({ rejects }: InsertOutcome): Promise<boolean> {
    const refused = new Set(rejects.map((reject) => reject.index));
    await this.#writer.unstage(this.#batch.staged, [...refused]);
    const orphans = await this.#orphans();
    return orphans.some(({ index }) => !refused.has(index) && !this.#gone.has(index));
  }

  async #takeOut(found: readonly DatabaseReject[]): Promise<void> {
    const fresh = found.filter((reject) => !this.#gone.has(reject.index));
    for (const { index } of fresh) this.#gone.add(index);
    this.#reject(fresh);
    await this.#writer.unstage(
      this.#batch.staged,
      fresh.map((reject) => reject.index),
    );
  }

  /** One by one: a spread of a million arguments is more than the stack takes. */
  #reject(found: readonly DatabaseReject[]): void {
    for (const reject of found) this.#rejects.push(reject);
  }

  #refersToItself(): boolean {
    const { table } = this.#batch.plan;
    return table.foreignKeys.some((key) => key.parentTable === table.name);
  }
}
