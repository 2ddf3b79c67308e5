import type { Connection, Submittable } from 'pg';
import { COPY_DONE, copyDataHead } from './copy.ts';

/** CopyFail with a reason that nobody reads: the transaction is rolled back anyway. */
const COPY_FAIL = Uint8Array.of(102, 0, 0, 0, 5, 0);

/**
 * `COPY … FROM STDIN` with data that comes piece by piece. Besides `write`, `end` and `cancel` the methods are those
 * that a pg client calls of a query.
 */
export class CopyStream implements Submittable {
  /** Rows copied, when the server is done with all of it. Rejects with the server's error. */
  readonly done: Promise<number>;
  /** The same, without a word. */
  readonly over: Promise<void>;
  readonly #sql: string;
  readonly #ready: Promise<Connection>;
  #start: (connection: Connection) => void = () => undefined;
  #finish: (rows: number) => void = () => undefined;
  #fail: (error: Error) => void = () => undefined;
  #rows = 0;
  #isOver = false;

  constructor(sql: string) {
    this.#sql = sql;
    const { promise: done, resolve: finish, reject: fail } = Promise.withResolvers<number>();
    const { promise: ready, resolve: start, reject: refuse } = Promise.withResolvers<Connection>();
    // Whoever writes or waits for the end is told; nobody else needs to be.
    this.over = done.then(
      () => undefined,
      () => undefined,
    );
    ready.catch(() => undefined);
    this.done = done;
    this.#ready = ready;
    this.#start = start;
    this.#finish = finish;
    this.#fail = (error) => {
      fail(error);
      refuse(error);
    };
  }

  /** Resolves when there is room for more; `bytes` must not change before `sent` is called, if ever it is. */
  async write(bytes: Uint8Array, sent?: () => void): Promise<void> {
    const { stream } = await this.#ready;
    if (this.#isOver) await this.done;
    stream.cork();
    stream.write(copyDataHead(bytes.length));
    const roomLeft = stream.write(bytes, (error) => error || sent?.());
    stream.uncork();
    if (roomLeft) return;
    const drained = new Promise<void>((resolve) => stream.once('drain', resolve));
    await Promise.race([drained, this.done]);
  }

  async end(): Promise<number> {
    const { stream } = await this.#ready;
    if (!this.#isOver) stream.write(COPY_DONE);
    return this.done;
  }

  /** Ends it without its rows; the transaction is broken then. */
  async cancel(): Promise<void> {
    const connection = await this.#ready.catch(() => null);
    if (!this.#isOver) connection?.stream.write(COPY_FAIL);
    await this.done.catch(() => undefined);
  }

  submit(connection: Connection): void {
    connection.query(this.#sql);
  }

  handleCopyInResponse(connection: Connection): void {
    this.#start(connection);
  }

  handleCommandComplete(message: { readonly text: string }): void {
    this.#rows += Number(/^COPY (\d+)$/.exec(message.text)?.[1] ?? 0);
  }

  handleReadyForQuery(): void {
    this.#isOver = true;
    this.#finish(this.#rows);
  }

  handleError(error: Error): void {
    this.#isOver = true;
    this.#fail(error);
  }
}
