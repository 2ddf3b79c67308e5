import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** One raw connection to a server, for what no HTTP client would send. */
export class Wire {
  readonly socket: Socket;
  #received = '';
  /** Known after the connection is closed, too. */
  readonly localPort: number | undefined;
  /** Set when the other side ended the connection or reset it. */
  closed = false;
  /** The connection was reset, or ended while something was still being sent. */
  broken = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.localPort = socket.localPort;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.#received += text;
    });
    socket.on('error', () => {
      this.broken = true;
    });
    socket.on('close', () => {
      this.closed = true;
    });
  }

  static async to(url: string): Promise<Wire> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    return new Wire(socket);
  }

  get received(): string {
    return this.#received;
  }

  send(text: string): void {
    this.socket.write(text, 'latin1');
  }

  /** The head of a request, each line given. */
  head(...lines: string[]): void {
    this.send(`${lines.join('\r\n')}\r\n\r\n`);
  }

  /** The whole answer, once the connection is closed. */
  async answer(): Promise<{ status: number; text: string }> {
    if (!this.closed) await once(this.socket, 'close');
    return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(this.#received)?.[1] ?? 0), text: this.#received };
  }
}
