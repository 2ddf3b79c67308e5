/** A CSV file on its way, wherever it lies: source-file.ts and source-blob.ts. Nothing here comes from Node. */

export interface Source {
  /** As the caller named it: a path, or the name of a File. */
  readonly path: string;
  /** The last part of it: what the ledger is to keep. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
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

const READ_BYTES = 1 << 19;

/** Hex SHA-256 of the content, read once from start to end. Throws `file-changed`. */
export async function sha256Of(
  source: Source,
  onRead?: (bytes: number) => void,
  signal?: AbortSignal,
): Promise<string> {
  const hash = source.newHash();
  const buffer = new Uint8Array(Math.min(READ_BYTES, source.size));
  for (let position = 0; position < source.size; ) {
    signal?.throwIfAborted();
    const count = await source.readAt(position, buffer.subarray(0, source.size - position));
    if (count === 0) break;
    hash.update(buffer.subarray(0, count));
    position += count;
    onRead?.(position);
  }
  await source.assertUnchanged();
  return hash.digest('hex');
}
