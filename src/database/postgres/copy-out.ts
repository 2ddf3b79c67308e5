import type { Duplex } from 'node:stream';
import type { Connection, Submittable } from 'pg';
import { release, releaseOwn } from '../../lib/release.ts';

/**
 * `COPY … TO STDOUT`, read past the driver, which makes an object of every row: the bytes of the socket are cut into
 * pieces of whole CopyData messages; all other messages go to the driver as they came.
 */

/** Of a message: a byte for its type, and as Int32 its length without that byte (protocol, 55.7). */
export const MESSAGE_HEAD_BYTES = 5;
const COPY_DATA = 100;
const ERROR_RESPONSE = 69;
const READY_FOR_QUERY = 90;
/** So much is taken from the socket ahead of whoever reads. */
const AHEAD_BYTES = 1 << 20;

type Listener = (chunk: Buffer) => void;
const isListener = (listener: unknown): listener is Listener => typeof listener === 'function';

interface Piece {
  readonly bytes: Buffer;
  /** Nothing else lies in the same memory: neither what the driver was given nor small buffers of others. */
  readonly alone: boolean;
}

/** Besides `next` and `discard` the methods are those that a pg client calls of a query. */
export class CopyOut implements Submittable {
  /** Never rejects. */
  readonly over: Promise<void>;
  readonly #sql: string;
  readonly #settle: () => void;
  readonly #pieces: Piece[] = [];
  #piecesBytes = 0;
  #given: Piece | null = null;
  /** Of a message that did not come whole yet: it is looked at again when so many bytes are there. */
  #rest: Buffer[] = [];
  #restBytes = 0;
  #wanted = MESSAGE_HEAD_BYTES;
  #stream: Duplex | null = null;
  #drivers: readonly Listener[] = [];
  readonly #listener: Listener = (chunk) => this.#came(chunk);
  #wake: () => void = () => undefined;
  #error: Error | null = null;
  #isOver = false;
  #discards = false;

  constructor(sql: string) {
    this.#sql = sql;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.over = promise;
    this.#settle = resolve;
  }

  /** Whole CopyData messages one after the other, each with its head; null behind the last one. Takes back the one before. */
  async next(): Promise<Buffer | null> {
    if (this.#given?.alone) release(this.#given.bytes);
    this.#given = null;
    while (this.#pieces.length === 0 && !this.#isOver) {
      this.#stream?.resume();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const piece = this.#pieces.shift() ?? null;
    this.#given = piece;
    this.#piecesBytes -= piece?.bytes.length ?? 0;
    if (piece === null && this.#error !== null) throw this.#error;
    return piece?.bytes ?? null;
  }

  /** What is still to come is not wanted; settles when the server is done with it. */
  async discard(): Promise<void> {
    this.#discards = true;
    this.#pieces.length = 0;
    this.#piecesBytes = 0;
    while (!this.#isOver) await this.next().catch(() => null);
  }

  submit(connection: Connection): void {
    const { stream } = connection;
    this.#stream = stream;
    this.#drivers = stream.listeners('data').filter(isListener);
    stream.removeAllListeners('data');
    stream.on('data', this.#listener);
    connection.query(this.#sql);
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.#end();
  }

  handleError(error: Error): void {
    this.#error = error;
    this.#end();
  }

  #end(): void {
    this.#giveBack();
    this.#isOver = true;
    this.#settle();
    this.#wake();
  }

  /** The socket belongs to the driver again. */
  #giveBack(): void {
    const stream = this.#stream;
    if (stream === null) return;
    this.#stream = null;
    stream.off('data', this.#listener);
    for (const driver of this.#drivers) stream.on('data', driver);
    stream.resume();
  }

  #toDriver(bytes: Buffer): void {
    for (const driver of this.#drivers) driver(bytes);
  }

  #came(chunk: Buffer): void {
    this.#rest.push(chunk);
    this.#restBytes += chunk.length;
    if (this.#restBytes < this.#wanted) return;
    const bytes = this.#rest.length === 1 ? chunk : Buffer.concat(this.#rest);
    if (bytes !== chunk) for (const each of this.#rest) releaseOwn(each);
    const left = this.#cut(bytes);
    this.#restBytes = bytes.length - left;
    this.#rest = this.#restBytes > 0 ? [Buffer.from(bytes.subarray(left))] : [];
    if (this.#piecesBytes > AHEAD_BYTES) this.#stream?.pause();
    this.#wake();
  }

  /** Gives out the whole messages; where the first one begins that is not whole. */
  #cut(bytes: Buffer): number {
    let from = 0;
    let at = 0;
    let alone = true;
    this.#wanted = MESSAGE_HEAD_BYTES;
    while (bytes.length - at >= MESSAGE_HEAD_BYTES) {
      const end = at + 1 + bytes.readInt32BE(at + 1);
      const type = bytes[at];
      if (end > bytes.length) {
        this.#wanted = end - at;
        break;
      }
      if (type !== COPY_DATA) {
        this.#keep(bytes.subarray(from, at), false);
        alone = false;
        if (type === READY_FOR_QUERY || type === ERROR_RESPONSE) {
          // The last that is for this query; what the driver does next may be the next query.
          this.#giveBack();
          this.#toDriver(bytes.subarray(at));
          return bytes.length;
        }
        this.#toDriver(bytes.subarray(at, end));
        from = end;
      }
      at = end;
    }
    this.#keep(bytes.subarray(from, at), alone);
    return at;
  }

  #keep(bytes: Buffer, alone: boolean): void {
    if (bytes.length === 0 || this.#discards) return;
    this.#pieces.push({ bytes, alone: alone && bytes.length > Buffer.poolSize });
    this.#piecesBytes += bytes.length;
  }
}
