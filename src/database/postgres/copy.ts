import type { Client, Connection, Submittable } from 'pg';

/** Of a CopyData message: the server reads messages whole, and between two of them the socket has to drain. */
const MESSAGE_BYTES = 1 << 20;
const COPY_DATA = 100;
export const COPY_DONE = Uint8Array.of(99, 0, 0, 0, 4);

/**
 * `COPY … FROM STDIN` among other statements, with the data in memory. The number of rows copied; rejects with the
 * server's error, whose `where` names the line. Nothing is copied here: each message is its head and a view of the data.
 */
export function copyIn(client: Client, sql: string, data: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    client.query(new CopyIn(sql, data, resolve, reject));
  });
}

/** The methods that a pg client calls of a query. */
class CopyIn implements Submittable {
  readonly #sql: string;
  readonly #data: Uint8Array;
  readonly #resolve: (rows: number) => void;
  readonly #reject: (error: Error) => void;
  #sent = 0;
  #rows = 0;
  #over = false;

  constructor(
    sql: string,
    data: Uint8Array,
    resolve: (rows: number) => void,
    reject: (error: Error) => void,
  ) {
    this.#sql = sql;
    this.#data = data;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  submit(connection: Connection): void {
    connection.query(this.#sql);
  }

  handleCopyInResponse(connection: Connection): void {
    this.#send(connection);
  }

  /** Of each of the statements. */
  handleCommandComplete(message: { readonly text: string }): void {
    this.#rows += Number(/^COPY (\d+)$/.exec(message.text)?.[1] ?? 0);
  }

  handleReadyForQuery(): void {
    if (!this.#over) this.#resolve(this.#rows);
    this.#over = true;
  }

  /** The server drops what is still on its way (protocol, 55.2.6). */
  handleError(error: Error): void {
    this.#over = true;
    this.#reject(error);
  }

  #send(connection: Connection): void {
    const { stream } = connection;
    while (!this.#over && this.#sent < this.#data.length) {
      const message = this.#data.subarray(this.#sent, this.#sent + MESSAGE_BYTES);
      this.#sent += message.length;
      stream.cork();
      stream.write(copyDataHead(message.length));
      const roomLeft = stream.write(message);
      stream.uncork();
      if (!roomLeft) {
        stream.once('drain', () => this.#send(connection));
        return;
      }
    }
    if (!this.#over) stream.write(COPY_DONE);
  }
}

/** Of a message with so many bytes of data. */
export function copyDataHead(length: number): Uint8Array {
  const bytes = new Uint8Array(5);
  bytes[0] = COPY_DATA;
  new DataView(bytes.buffer).setInt32(1, length + 4);
  return bytes;
}
