import { cutPlace, partSize } from '../csv/general/cut.ts';
import { RowferryError } from '../errors.ts';
import type { Dialect } from '../model/dialect.ts';
import type { Load, PartReceipt } from '../model/receipt.ts';
import type { Api } from './retry.ts';
import type { Source } from './source.ts';

/** Some hundred records, even of wide tables: enough to tell a wrong file. */
export const FIRST_PART_BYTES = 1 << 19;
/** As fast as parts of 8 MiB, two under way, with 20 MB less of the server's memory (docs/decisions/0002). */
export const PART_BYTES = 4 << 20;
const PARTS_UNDER_WAY = 3;
/** Until the columns are known, so that a wrong file is found out before much is sent. */
const PARTS_AT_FIRST = 2;
/** Whose answers are not waited for any more, since their forerunner ended elsewhere than it was cut. */
const MOST_STALE = 3;
/** Right cuts in a row after which several parts are under way again. */
const CUTS_TO_TRUST = 2;
/** A server that never moves on, whatever it is sent, must not be asked for ever. */
const MOST_STANDSTILLS = 5;

interface PartUnderWay {
  readonly firstByte: number;
  readonly endByte: number;
  readonly buffer: Uint8Array<ArrayBuffer>;
  readonly answer: Promise<Settled>;
}

type Settled = { readonly receipt: PartReceipt } | { readonly error: unknown };

/**
 * Sends a file's parts from where its load stands, cut at record ends. The first is a small one that finds the columns,
 * and only one more goes with it; then three are under way. The offset each answer gives is the truth: where it is not
 * the expected one, sending goes on from there, with one part at a time until cuts are right again.
 */
export class PartSender {
  readonly #api: Api;
  readonly #file: Source;
  readonly #dialect: Dialect;
  readonly #signal: AbortSignal | undefined;
  readonly #onAnswer: (load: Load) => void;
  readonly #onPart: (receipt: PartReceipt) => Promise<void> | void;
  readonly #free: Uint8Array<ArrayBuffer>[] = [];
  readonly #underWay: PartUnderWay[] = [];
  readonly #stale = new Set<PartUnderWay>();
  #load: Load;
  #next: number;
  #standstills = 0;
  #cutsToCome = 0;

  constructor(options: {
    readonly api: Api;
    readonly file: Source;
    readonly load: Load;
    /** As which the file is to be read, before the load says so. */
    readonly dialect: Dialect;
    readonly signal: AbortSignal | undefined;
    readonly onAnswer: (load: Load) => void;
    readonly onPart: (receipt: PartReceipt) => Promise<void> | void;
  }) {
    this.#api = options.api;
    this.#file = options.file;
    this.#load = options.load;
    this.#next = options.load.offset;
    this.#dialect = options.dialect;
    this.#signal = options.signal;
    this.#onAnswer = options.onAnswer;
    this.#onPart = options.onPart;
  }

  /** Resolves with the load when all is sent or the load has ended; no part is under way any more then. */
  async send(): Promise<Load> {
    try {
      while (this.#load.state === 'receiving' && this.#load.offset < this.#file.size) {
        if (this.#mayStart()) await this.#start();
        else await this.#awaitOldest();
      }
      return this.#load;
    } finally {
      await this.#drain();
    }
  }

  #mayStart(): boolean {
    if (this.#signal?.aborted || this.#next >= this.#file.size) return this.#underWay.length === 0;
    return this.#underWay.length < this.#most() && this.#stale.size < MOST_STALE;
  }

  /** A part that begins where no record does would be sent in vain. */
  #most(): number {
    if (this.#cutsToCome > 0) return 1;
    if (this.#load.columns !== null) return PARTS_UNDER_WAY;
    return this.#standstills > 0 ? 1 : PARTS_AT_FIRST;
  }

  async #start(): Promise<void> {
    this.#signal?.throwIfAborted();
    const firstByte = this.#next;
    const dialect = this.#load.dialect ?? this.#dialect;
    // A first record that does not fit the small first part may fit a large one.
    const most = firstByte === 0 && this.#standstills === 0 ? FIRST_PART_BYTES : PART_BYTES;
    const wanted = partSize(most, this.#file.size - firstByte);
    const buffer = this.#free.pop() ?? new Uint8Array(Math.min(PART_BYTES, this.#file.size));
    const count = await this.#file.readAt(firstByte, buffer.subarray(0, wanted));
    const last = firstByte + count >= this.#file.size;
    if (last || count === 0) await this.#file.assertUnchanged();
    const bytes = buffer.subarray(0, last ? count : cutAt(buffer.subarray(0, count), dialect));
    const endByte = firstByte + bytes.length;
    this.#next = endByte;
    this.#underWay.push({ firstByte, endByte, buffer, answer: this.#send(firstByte, bytes, last) });
  }

  async #send(offset: number, body: Uint8Array, last: boolean): Promise<Settled> {
    try {
      const receipt = await this.#api.call('PATCH /v1/loads/{id}', {
        path: { id: this.#load.id },
        query: { offset, last: last || undefined },
        body,
        contentType: 'text/csv',
        attempts: 10,
        signal: this.#signal,
      });
      return { receipt };
    } catch (error) {
      return { error };
    }
  }

  async #awaitOldest(): Promise<void> {
    const part = this.#underWay.shift();
    if (part === undefined) return this.#awaitStale();
    const settled = await part.answer;
    this.#free.push(part.buffer);
    if ('receipt' in settled) await this.#advance(settled.receipt, part);
    else await this.#recover(settled.error);
  }

  async #advance(load: PartReceipt, part: PartUnderWay): Promise<void> {
    this.#load = load;
    this.#onAnswer(load);
    await this.#onPart(load);
    this.#countStandstill(load.offset > part.firstByte);
    if (load.offset === part.endByte) this.#cutsToCome = Math.max(0, this.#cutsToCome - 1);
    else this.#goOn();
  }

  async #recover(error: unknown): Promise<void> {
    const code = error instanceof RowferryError ? error.code : null;
    if (code !== 'offset-mismatch' && code !== 'load-stopped' && code !== 'load-finished') throw error;
    const before = this.#load.offset;
    this.#load = await this.#api.call('GET /v1/loads/{id}', { path: { id: this.#load.id } });
    this.#onAnswer(this.#load);
    this.#countStandstill(this.#load.offset > before);
    this.#goOn();
  }

  /** From where the load stands. What is under way starts elsewhere, and waits at the server for what comes before it. */
  #goOn(): void {
    this.#cutsToCome = CUTS_TO_TRUST;
    this.#next = this.#load.offset;
    for (const part of this.#underWay.splice(0)) {
      this.#stale.add(part);
      part.answer.then(() => {
        if (this.#stale.delete(part)) this.#free.push(part.buffer);
      });
    }
  }

  async #awaitStale(): Promise<void> {
    await Promise.race([...this.#stale].map(({ answer }) => answer));
  }

  #countStandstill(moved: boolean): void {
    this.#standstills = moved ? 0 : this.#standstills + 1;
    if (this.#standstills < MOST_STANDSTILLS || this.#load.state !== 'receiving') return;
    throw new RowferryError(
      'answer-invalid',
      `the server stays at byte ${this.#load.offset} of ${this.#file.size}, whatever it is sent`,
      { hint: 'see the log of the server' },
    );
  }

  /** Waits for what is under way; a later answer of the same load replaces an older one. */
  async #drain(): Promise<void> {
    const parts = [...this.#stale, ...this.#underWay.splice(0)];
    this.#stale.clear();
    for (const part of parts) {
      const settled = await part.answer;
      if (!('receipt' in settled) || settled.receipt.offset < this.#load.offset) continue;
      this.#load = settled.receipt;
      this.#onAnswer(this.#load);
    }
  }
}

/** Where no record ends, the part is not cut: the server takes what is whole. */
function cutAt(bytes: Uint8Array<ArrayBuffer>, dialect: Dialect): number {
  return cutPlace(bytes, dialect) || bytes.length;
}
