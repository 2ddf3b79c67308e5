import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { release } from '../lib/release.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * Bytes on their way to a thread that mostly will not look at them: they wait in a port. What a thread has received
 * counts in its heap, so that each part made V8 collect the garbage of a writer's thread, a tenth of its time.
 */
export function park(bytes: Bytes): MessagePort {
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(bytes, [bytes.buffer]);
  return port2;
}

/** The far end. To be closed, or the bytes stay for ever. */
export class Parked {
  readonly #port: MessagePort;
  #bytes: Bytes | null = null;

  constructor(port: MessagePort) {
    this.#port = port;
  }

  get bytes(): Bytes {
    this.#bytes ??= receiveMessageOnPort(this.#port)?.message as Bytes;
    return this.#bytes;
  }

  close(): void {
    if (this.#bytes !== null) release(this.#bytes);
    // A port that is closed must not be asked again: Node ends the process.
    this.#bytes ??= new Uint8Array(0);
    this.#port.close();
  }
}
