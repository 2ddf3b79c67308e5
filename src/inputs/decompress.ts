import { type FileHandle, open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { constants, createGunzip, createZstdDecompress } from 'node:zlib';
import { RowferryError } from '../errors.ts';
import type { ExpandOptions, Input } from './input.ts';

const CHUNK_BYTES = 1 << 18;
/** 128 MiB, what the zstd command takes without --long: the memory that a file may ask for. */
const MOST_ZSTD_WINDOW_LOG = 27;
const INFLATERS = {
  gzip: () => createGunzip({ chunkSize: CHUNK_BYTES }),
  zstd: () =>
    createZstdDecompress({
      chunkSize: CHUNK_BYTES,
      params: { [constants.ZSTD_d_windowLogMax]: MOST_ZSTD_WINDOW_LOG },
    }),
};

export type Compression = keyof typeof INFLATERS;

/**
 * The content of a gzip or zstd file, as fast as it is asked for, inflated on the threads of zlib. Several gzip members
 * (RFC 1952, 2.2) or zstd frames (RFC 8878, 3) are one content; zeros may follow, as tapes and block devices leave
 * them. Not to be acted on before its end. Throws `file-unreadable` for what is cut, damaged, followed by
 * anything else or wants a window of more than 128 MiB.
 */
export async function* decompress(
  input: Pick<Input, 'path' | 'label'>,
  compression: Compression,
  { signal, onProgress }: ExpandOptions = {},
): AsyncGenerator<Uint8Array> {
  const file = await open(input.path, 'r');
  try {
    const { size } = await file.stat();
    const inflater = INFLATERS[compression]();
    const source = file.createReadStream({ start: 0, autoClose: false, highWaterMark: CHUNK_BYTES });
    // Its failures come out of the inflater, too; a reader that stops early closes the source.
    pipeline(source, inflater, () => {});
    for await (const chunk of inflater) {
      signal?.throwIfAborted();
      onProgress?.(Math.min(inflater.bytesWritten, size), size);
      yield chunk;
    }
    // zlib ends in silence at what is no further member or frame.
    if (!(await isZeros(file, inflater.bytesWritten)))
      throw damaged(input.label, compression, 'something else follows its end');
  } catch (error) {
    throw asFileError(error, input.label, compression);
  } finally {
    await file.close();
  }
}

async function isZeros(file: FileHandle, from: number): Promise<boolean> {
  for await (const chunk of file.createReadStream({ start: from, autoClose: false })) {
    if (!Buffer.isBuffer(chunk) || chunk.some((byte) => byte !== 0)) return false;
  }
  return true;
}

function asFileError(error: unknown, label: string, compression: Compression): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (!/^(Z|ZSTD_error)_/.test(code)) return error;
  if (code === 'Z_BUF_ERROR') return damaged(label, compression, 'it ends too early', error);
  if (code === 'ZSTD_error_frameParameter_windowTooLarge') {
    return new RowferryError('file-unreadable', `${label} wants a zstd window of more than 128 MiB`, {
      hint: `unpack it first: zstd -d --long=31 ${label}`,
      cause: error,
    });
  }
  return damaged(label, compression, 'it is damaged', error);
}

function damaged(label: string, compression: Compression, fault: string, cause?: unknown): RowferryError {
  return new RowferryError('file-unreadable', `${label} cannot be read as ${compression}: ${fault}`, {
    hint: 'have it sent again; nothing of it was loaded',
    ...(cause === undefined ? {} : { cause }),
  });
}
