import { type ErrorCode, RowferryError } from '../errors.ts';
import type { Dialect } from '../model/dialect.ts';
import type { Load, PartReceipt } from '../model/receipt.ts';
import type { Cut, CutRequest, PartReader } from './part-reader.ts';
import { FIRST_PART_BYTES, PART_BYTES, PartSize } from './part-size.ts';
import type { Api } from './retry.ts';
import { hasNoAnswer } from './transport.ts';

const PARTS_UNDER_WAY = 3;
/** Until the columns are known, so that a wrong file is found out before much is sent. */
const PARTS_AT_FIRST = 2;
/** Whose answers are not waited for any more, since their forerunner ended elsewhere than it was cut. */
const MOST_STALE = 3;
/** Right cuts in a row after which several parts are under way again. */
const CUTS_TO_TRUST = 2;
/** A server that never moves on, whatever it is sent, must not be asked for ever. */
const MOST_STANDSTILLS = 5;
/** Of one request, and of parts in a row that are lost. */
const ATTEMPTS = 10;

/** The load stands elsewhere. */
const ELSEWHERE: ReadonlySet<unknown> = new Set<ErrorCode>([
  'offset-mismatch',
  'load-stopped',
  'load-finished',
]);

type Settled = { readonly receipt: PartReceipt } | { readonly error: unknown };

class PartUnderWay {
  readonly cut: Cut;
  answer: Promise<Settled>;
  isLost = false;

  constructor(cut: Cut, send: (cut: Cut) => Promise<PartReceipt>) {
    this.cut = cut;
    this.answer = this.send(send);
  }

  send(send: (cut: Cut) => Promise<PartReceipt>): Promise<Settled> {
    this.isLost = false;
    this.answer = send(this.cut).then(
      (receipt) => ({ receipt }),
      (error: unknown) => {
        this.isLost = hasNoAnswer(error);
        return { error };
      },
    );
    return this.answer;
  }
}

/**
 * Sends a file's parts from where its load stands, cut at record ends. The first is a small one that finds the columns,
 * and only one more goes with it; then three are under way. The offset each answer gives is the truth: where it is not
 * the expected one, sending goes on from there, with one part at a time until cuts are right again. Where all parts
 * under way got no answer, the server may have died over them: they are cut anew, smaller.
 */
export class PartSender {
  readonly #api: Api;
  readonly #reader: PartReader;
  readonly #dialect: Dialect;
  readonly #signal: AbortSignal | undefined;
  readonly #onAnswer: (load: Load) => void;
  readonly #onPart: (receipt: PartReceipt) => Promise<void> | void;
  readonly #underWay: PartUnderWay[] = [];
  readonly #stale = new Set<PartUnderWay>();
  readonly #size = new PartSize();
  #load: Load;
  #next: number;
  #losses = 0;
  #standstills = 0;
  #cutsToCome = 0;

  constructor(options: {
    readonly api: Api;
    readonly reader: PartReader;
    readonly load: Load;
    /** As which the file is to be read, before the load says so. */
    readonly dialect: Dialect;
    readonly signal: AbortSignal | undefined;
    readonly onAnswer: (load: Load) => void;
    readonly onPart: (receipt: PartReceipt) => Promise<void> | void;
  }) {
    this.#api = options.api;
    this.#reader = options.reader;
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
      while (this.#load.state === 'receiving' && this.#load.offset < this.#reader.size) {
        if (this.#mayStart()) await this.#start();
        else await this.#awaitOldest();
      }
      return this.#load;
    } finally {
      await this.#drain();
    }
  }

  #mayStart(): boolean {
    if (this.#underWay.some(({ isLost }) => isLost)) return false;
    if (this.#signal?.aborted || this.#next >= this.#reader.size) return this.#underWay.length === 0;
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
    const cut = await this.#reader.read(this.#cutRequest());
    this.#next = cut.endByte;
    this.#underWay.push(new PartUnderWay(cut, this.#send));
    this.#reader.readAhead(this.#cutRequest());
  }

  #cutRequest(): CutRequest {
    const dialect = this.#load.dialect ?? this.#dialect;
    return { firstByte: this.#next, mostBytes: this.#mostBytes(), dialect };
  }

  /** A first record that does not fit a small part may fit a large one. */
  #mostBytes(): number {
    if (this.#standstills > 0) return PART_BYTES;
    return this.#next === 0 ? FIRST_PART_BYTES : this.#size.bytes;
  }

  readonly #send = ({ firstByte, endByte, last, buffer }: Cut): Promise<PartReceipt> =>
    this.#api.call('PATCH /v1/loads/{id}', {
      path: { id: this.#load.id },
      query: { offset: firstByte, last: last || undefined },
      body: buffer.subarray(0, endByte - firstByte),
      contentType: 'text/csv',
      attempts: ATTEMPTS,
      sentOnce: true,
      signal: this.#signal,
    });

  async #awaitOldest(): Promise<void> {
    const [part] = this.#underWay;
    if (part === undefined) return this.#awaitStale();
    const settled = await part.answer;
    if ('error' in settled && hasNoAnswer(settled.error)) return this.#findOut(part, settled.error);
    this.#underWay.shift();
    this.#reader.giveBack(part.cut.buffer);
    if ('receipt' in settled) await this.#advance(settled.receipt, part.cut);
    else await this.#recover(settled.error, part.cut);
  }

  /** A part that got no answer goes again, for its receipt or while others are under way, or all of them are cut anew. */
  async #findOut(part: PartUnderWay, error: unknown): Promise<void> {
    this.#losses += 1;
    await this.#api.beforeNext(error, { attempt: this.#losses, attempts: ATTEMPTS, signal: this.#signal });
    if (this.#mayCutAnew()) {
      // That the server is there again is no progress yet.
      const load = await this.#look({ endsWait: false });
      if (load.offset === part.cut.firstByte) return this.#cutAnew(load);
    }
    part.send(this.#send);
  }

  /** Where something cuts off every second request, asking between two parts would let none of them through. */
  #mayCutAnew(): boolean {
    return this.#losses % 2 === 1 && this.#underWay.every(({ isLost }) => isLost);
  }

  #cutAnew(load: Load): void {
    this.#load = load;
    this.#onAnswer(load);
    this.#size.lose();
    this.#next = load.offset;
    for (const { cut } of this.#underWay.splice(0)) this.#reader.giveBack(cut.buffer);
  }

  #look(how: { readonly endsWait?: boolean } = {}): Promise<Load> {
    const path = { id: this.#load.id };
    return this.#api.call('GET /v1/loads/{id}', { path, attempts: ATTEMPTS, signal: this.#signal, ...how });
  }

  async #advance(load: PartReceipt, part: Cut): Promise<void> {
    this.#load = load;
    this.#losses = 0;
    this.#size.take(part.endByte - part.firstByte);
    this.#onAnswer(load);
    await this.#onPart(load);
    this.#countStandstill(load.offset > part.firstByte);
    if (load.offset === part.endByte) this.#cutsToCome = Math.max(0, this.#cutsToCome - 1);
    else this.#goOn();
  }

  async #recover(error: unknown, { firstByte }: Cut): Promise<void> {
    const code = error instanceof RowferryError ? error.code : null;
    // Committed before it was cut anew, or by another client with the same file.
    const isOtherCut = code === 'content-mismatch';
    if (!isOtherCut && !ELSEWHERE.has(code)) throw error;
    const before = this.#load.offset;
    this.#load = await this.#look();
    if (isOtherCut && this.#load.offset <= firstByte) throw error;
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
        if (this.#stale.delete(part)) this.#reader.giveBack(part.cut.buffer);
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
      `the server stays at byte ${this.#load.offset} of ${this.#reader.size}, whatever it is sent`,
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
