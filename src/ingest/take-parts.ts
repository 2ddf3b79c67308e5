import { createHash } from 'node:crypto';
import type { Connection } from '../database/database.ts';
import { type ErrorCode, RowferryError } from '../errors.ts';
import { findBatch } from '../ledger/batches.ts';
import { findLoad, publicLoad } from '../ledger/loads.ts';
import { giveBack } from '../lib/slabs.ts';
import type { Load, PartReceipt } from '../model/receipt.ts';
import { mayGoAhead } from './ahead.ts';
import { finished } from './commit-part.ts';
import type { Dictionary } from './dictionary.ts';
import type { Part } from './ingest.ts';
import { park } from './parked.ts';
import type { Pool } from './pool.ts';
import { transferables } from './prepare.ts';
import type { Schemas } from './schemas.ts';
import { type Place, Turns } from './turns.ts';

const UNREADABLE: ReadonlySet<string> = new Set<ErrorCode>([
  'header-invalid',
  'dialect-invalid',
  'encoding-unsupported',
  'record-too-long',
  'table-unsupported',
  'schema-invalid',
]);

const OVERTAKEN: ReadonlySet<string> = new Set<ErrorCode>(['offset-mismatch', 'load-finished']);

interface SentPart {
  readonly id: string;
  /** Its bytes are gone once they were handed to a lane. */
  readonly part: Part;
  /** Hex, of the part; once its records were found, of those that are whole. */
  sha256: string;
}

/** The parts of all loads on their way through the lanes: each is prepared as it comes, and committed in its turn. */
export class PartTaker {
  readonly #connection: Connection;
  readonly #pool: Pool;
  readonly #dictionary: Dictionary;
  readonly #schemas: Schemas;
  readonly #onFailed: (load: Load) => void;
  readonly #turns = new Turns();

  /** `onFailed`: called with a load that was ended because its content cannot be read. */
  constructor(options: {
    readonly connection: Connection;
    readonly pool: Pool;
    readonly dictionary: Dictionary;
    readonly schemas: Schemas;
    readonly onFailed: (load: Load) => void;
  }) {
    this.#connection = options.connection;
    this.#pool = options.pool;
    this.#dictionary = options.dictionary;
    this.#schemas = options.schemas;
    this.#onFailed = options.onFailed;
  }

  /** Parts that wait for the one before them are refused so. */
  giveUp(refusal: RowferryError): void {
    this.#turns.giveUp(refusal);
  }

  /** The next part of a load: Ingest.part. */
  async take(id: string, part: Part): Promise<PartReceipt> {
    const { fence, ...known } = await findLoad(this.#connection, id);
    const load = publicLoad({ ...known, fence });
    refuseBeyond(load, part);
    const sent: SentPart = { id, part, sha256: sha256Of(part.bytes) };
    if (part.offset < load.offset) return this.#again(load, sent);
    const position = () => this.#position(id);
    const work = async (place: Place) => {
      const result = await this.#commit(load, fence, sent, place);
      return { result, position: result.offset };
    };
    return this.#turns
      .take(id, { offset: part.offset, end: part.offset + part.bytes.length }, position, (place) =>
        this.#pool.admit(part.bytes.length, () => work(place)),
      )
      .catch((error) => this.#fail(sent, error));
  }

  /** Where a load stands that takes parts; `load-finished` when it takes none any more. */
  async #position(id: string): Promise<number> {
    const load = await this.#load(id);
    if (load.state !== 'receiving') throw finished(load);
    return load.offset;
  }

  async #again(load: Load, sent: SentPart): Promise<PartReceipt> {
    const { part } = sent;
    const key = { load: load.id, offset: part.offset, sha256: await this.#takenOf(sent) };
    const receipt = await this.#pool.write('committedPart', key);
    if (receipt !== null) return receipt;
    throw new RowferryError(
      'offset-mismatch',
      `the part starts at ${part.offset}; the load stands at ${load.offset}`,
      {
        hint: `send the next part with offset=${load.offset}`,
        extra: { offset: load.offset },
      },
    );
  }

  /** The SHA-256 of as much of the part as its batch has: it may have ended within a record. */
  async #takenOf({ id, part, sha256 }: SentPart): Promise<string> {
    const batch = await findBatch(this.#connection, id, part.offset);
    const length = batch === null ? part.bytes.length : batch.endByte - batch.firstByte;
    return length < part.bytes.length ? sha256Of(part.bytes.subarray(0, length)) : sha256;
  }

  async #commit(load: Load, fence: number, sent: SentPart, place: Place): Promise<PartReceipt> {
    const { id, part } = sent;
    const { columns, dialect, schema } = await this.#withColumns(load, part, place);
    const { table: live, version: schemaVersion } = await this.#dictionary.recent(load.table);
    const table = await this.#schemas.refined(live, schema);
    const { bytes, last, offset } = part;
    const length = bytes.length;
    const prepared = await this.#pool.prepare({ bytes, table, last, columns, dialect: dialect ?? {} }, [
      bytes.buffer,
    ]);
    const { consumed } = prepared;
    if (consumed < length) sent.sha256 = sha256Of(prepared.bytes.subarray(0, consumed));
    if (offset === 0 && consumed > 0) {
      place.tell({
        columns: prepared.plan.columns.map((column) => column.name),
        dialect: prepared.dialect,
      });
    }
    const mayGo = this.#pool.severalWriters && mayGoAhead(load, prepared.plan);
    const aheadOf = await place.handOver(mayGo).catch((error: unknown) => {
      giveBack(prepared.encoded.data);
      throw error;
    });
    const transfer = transferables(prepared);
    const { bytes: read, ...rest } = prepared;
    const parked = park(read);
    const { sha256 } = sent;
    const { mode, atomic } = load;
    const of = { load: id, offset, fence, mode, atomic };
    const commit = { ...of, sha256, last, schemaVersion, prepared: rest, aheadOf };
    const done = await this.#pool.write('commitPart', { ...commit, bytes: parked }, [
      ...transfer.filter((buffer) => !buffer.detached),
      parked,
    ]);
    if (done.wentBack) place.stayInTurn();
    return done.receipt;
  }

  /** The first part finds the columns in the table as it is now, so the others wait for it before they are scanned. */
  async #withColumns(load: Load, part: Part, place: Place): Promise<Load> {
    if (load.columns !== null) return load;
    const found = part.offset === 0 ? null : await place.found();
    if (found !== null) return { ...load, ...found };
    await place.turn();
    this.#dictionary.forget();
    return this.#load(load.id);
  }

  /**
   * A content that cannot be read at all ends its load: sending it again would change nothing. A part that another
   * request committed meanwhile has that one's receipt.
   */
  async #fail(sent: SentPart, error: unknown): Promise<PartReceipt> {
    const { id, part } = sent;
    if (error instanceof RowferryError && error.code === 'database-schema-changed') this.#dictionary.forget();
    if (error instanceof RowferryError && OVERTAKEN.has(error.code)) {
      const load = await this.#load(id);
      if (part.offset < load.offset) return this.#again(load, sent);
    }
    if (error instanceof RowferryError && UNREADABLE.has(error.code)) {
      const detail = error.hint === undefined ? error.detail : `${error.detail} (${error.hint})`;
      this.#onFailed(await this.#pool.write('abort', { id, detail, state: 'failed' }));
    }
    throw error;
  }

  async #load(id: string): Promise<Load> {
    return publicLoad(await findLoad(this.#connection, id));
  }
}

const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function refuseBeyond(load: Load, part: Part): void {
  const end = part.offset + part.bytes.length;
  if (part.last ? end === load.size : end <= load.size) return;
  const expected = part.last ? `the last part must end at ${load.size}` : `${load.size} were announced`;
  throw new RowferryError('content-mismatch', `the part ends at byte ${end}; ${expected}`, {
    hint: 'announce the file anew if it has changed',
  });
}
