/** A CSV file on its way, wherever it lies: source-file.ts and source-blob.ts. Nothing here comes from Node. */

export interface Source {
  /** As the caller named it: a path, or the name of a File. */
  readonly path: string;
  /** The last part of it: what the ledger is to keep. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** The SHA-256 in hex where it was made elsewhere; null where the content is to be read for it. */
  hashed?(onRead: (bytes: number) => void): Promise<string | null>;
  /** A new SHA-256. */
  newHash(): Hash;
  /** Fills the buffer from `position`, less only at the end of the file; the bytes read. */
  readAt(position: number, buffer: Uint8Array): Promise<number>;
  /** Throws `file-changed` when the content is not what it was at the start. */
  assertUnchanged(): Promise<void>;
  close(): Promise<void>;
}

export interface Hash {
  update(bytes: Uint8Array): unknown;
  digest(encoding: 'hex'): string;
}

const READ_BYTES = 1 << 20;

const pieceOf = ({ size }: Source): Uint8Array => new Uint8Array(Math.min(READ_BYTES, size));

/** Hex SHA-256 of the content, read once from start to end. Throws `file-changed`. */
export async function sha256Of(
  source: Source,
  onRead?: (bytes: number) => void,
  signal?: AbortSignal,
): Promise<string> {
  const known = await unlessAborted(source.hashed?.(onRead ?? (() => {})), signal);
  if (known) return known;
  const hash = source.newHash();
  // One piece is hashed while the next is read.
  let [buffer, other] = [pieceOf(source), pieceOf(source)];
  let reading = source.readAt(0, buffer);
  for (let position = 0; position < source.size; ) {
    const count = await reading;
    if (count === 0) break;
    position += count;
    signal?.throwIfAborted();
    reading = source.readAt(position, other.subarray(0, source.size - position));
    hash.update(buffer.subarray(0, count));
    [buffer, other] = [other, buffer];
    onRead?.(position);
  }
  await reading;
  await source.assertUnchanged();
  return hash.digest('hex');
}

/** What comes first: the value, or the reason of the signal, which is thrown. */
async function unlessAborted<T>(value: Promise<T> | undefined, signal?: AbortSignal): Promise<T | undefined> {
  if (value === undefined || signal === undefined) return value;
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.throwIfAborted();
  signal.addEventListener('abort', onAbort, { once: true });
  return Promise.race([value, promise]).finally(() => signal.removeEventListener('abort', onAbort));
}
