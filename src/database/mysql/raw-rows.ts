/**
 * Rows as they came in the text protocol, before the driver makes values of them: a length and bytes for each column
 * (https://mariadb.com/kb/en/resultset-row/).
 */
export interface RawRows {
  readonly buffers: Buffer[];
  /** Where in its buffer each row starts. */
  readonly starts: number[];
}

/** What is called of the driver: a packet of a result and the query that it belongs to, and the connection. */
interface Packet {
  readonly buffer: Buffer;
  readonly offset: number;
  readonly end: number;
  isEOF(): boolean;
}

interface RunningQuery {
  row(packet: Packet): unknown;
}

interface Flow {
  pause(): void;
  resume(): void;
}

/** The connection stops reading while so much waits to be taken. Bytes. */
const MOST_WAITING = 1 << 18;

/** The rows of one query on their way: the connection puts them in, the reader takes them out. */
export class RowFlow {
  readonly #connection: Flow;
  #rows: RawRows = { buffers: [], starts: [] };
  #bytes = 0;
  #paused = false;
  #ended = false;
  #failure: unknown;
  #wake: () => void = () => undefined;

  constructor(connection: Flow) {
    this.#connection = connection;
  }

  /** The driver asks its query what becomes of each row: `query` is one that runs and has had no row yet. */
  takeFrom(query: object): void {
    const running = query as RunningQuery;
    const atEnd = running.row;
    running.row = (packet) => {
      if (packet.isEOF()) return atEnd.call(running, packet);
      this.#add(packet);
      return running.row;
    };
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  fail(failure: unknown): void {
    this.#failure = failure;
    this.end();
  }

  /** What came since the last call, at least one row; null at the end. Rejects with the driver's error. */
  async next(): Promise<RawRows | null> {
    while (this.#rows.starts.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#failure !== undefined) throw this.#failure;
    const rows = this.#rows;
    if (rows.starts.length === 0) return null;
    this.#rows = { buffers: [], starts: [] };
    this.#bytes = 0;
    if (this.#paused) {
      this.#paused = false;
      this.#connection.resume();
    }
    return rows;
  }

  #add({ buffer, offset, end }: Packet): void {
    this.#rows.buffers.push(buffer);
    this.#rows.starts.push(offset);
    this.#bytes += end - offset;
    if (this.#bytes > MOST_WAITING && !this.#paused) {
      this.#paused = true;
      this.#connection.pause();
    }
    this.#wake();
  }
}
