/** Inflates compressed bodies: as a stream, on the threads of zlib, never further than is asked for. */
import { pipeline, Readable } from 'node:stream';
import { constants, createGunzip, createZstdDecompress } from 'node:zlib';
import { RowferryError } from '../errors.ts';
import type { Chunks } from '../seal/ece-streams.ts';
import type { Compression } from './content-coding.ts';

const CHUNK_BYTES = 64 * 1024;
/** RFC 9659: a body of the content coding zstd needs a window of at most 8 MiB. */
const MOST_ZSTD_WINDOW_LOG = 23;
const INFLATERS = {
  gzip: () => createGunzip({ chunkSize: CHUNK_BYTES }),
  zstd: () =>
    createZstdDecompress({
      chunkSize: CHUNK_BYTES,
      params: { [constants.ZSTD_d_windowLogMax]: MOST_ZSTD_WINDOW_LOG },
    }),
};

/** What an inflater remembers of its output, at most. Bytes. */
export const WINDOW_BYTES: Readonly<Record<Compression, number>> = {
  gzip: 1 << 15,
  zstd: 1 << MOST_ZSTD_WINDOW_LOG,
};

/** One byte of deflate stands for 1,032 at most; zstd knows no bound worth naming. */
const MOST_RATIO: Readonly<Record<Compression, number>> = { gzip: 1032, zstd: Number.POSITIVE_INFINITY };

/** Bytes that `compressed` bytes can become under a limit. */
export function mostInflated(compressed: number, compression: Compression, limit: number): number {
  return Math.min(limit, compressed * MOST_RATIO[compression]);
}

/** What a body says of the length of its content, which is not to be believed; null where it says nothing. Bytes. */
export function announcedContent(body: Uint8Array, compression: Compression): number | null {
  const view = Buffer.from(body.buffer, body.byteOffset, body.length);
  return compression === 'gzip' ? lengthOfLastMember(view) : lengthOfFirstFrame(view);
}

/** RFC 1952, 2.3.1: ISIZE. Mostly there is one member. */
function lengthOfLastMember(body: Buffer): number | null {
  return body.length < 4 ? null : body.readUInt32LE(body.length - 4);
}

/** RFC 8878, 3.1.1.1: Frame_Content_Size. */
function lengthOfFirstFrame(body: Buffer): number | null {
  const MOST_HEADER = 18;
  if (body.length < MOST_HEADER) return null;
  const descriptor = body.readUInt8(4);
  const single = (descriptor >> 5) & 1;
  const at = 6 - single + ([0, 1, 2, 4][descriptor & 3] ?? 0);
  const size = descriptor >> 6;
  if (size === 0) return single === 1 ? body.readUInt8(at) : null;
  if (size === 1) return body.readUInt16LE(at) + 256;
  return size === 2 ? body.readUInt32LE(at) : Number(body.readBigUInt64LE(at));
}

/** Bytes that a content of `limit` bytes takes when it does not compress: block heads, and some thousand members. */
export function mostCompressed(limit: number): number {
  return limit + Math.ceil(limit / 256) + 65_536;
}

/**
 * The content of a compressed body, in chunks of at most 64 KiB, as fast as it is asked for: whoever counts and stops
 * is never given more. Several gzip members (RFC 1952, 2.2) or zstd frames (RFC 8878, 3) are one content. Not to be
 * acted on before its end. Throws `body-invalid` for what is cut, damaged, followed by anything else or wants a
 * larger window, and what the source throws. The work is done on the threads of zlib.
 */
export async function* inflate(source: Chunks, compression: Compression): AsyncGenerator<Uint8Array> {
  const inflater = INFLATERS[compression]();
  let received = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      received += chunk.length;
      yield chunk;
    }
  }
  // Its failures come out of the inflater, too; a reader that stops early closes the source.
  pipeline(Readable.from(counted()), inflater, () => {});
  try {
    for await (const chunk of inflater) yield chunk;
  } catch (error) {
    throw asBodyError(error, compression);
  }
  // zlib ends in silence at what is no further member, such as zeros.
  if (inflater.bytesWritten !== received) throw invalid(compression, 'something follows its end');
}

function asBodyError(error: unknown, compression: Compression): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (!/^(Z|ZSTD_error)_/.test(code)) return error;
  if (code === 'Z_BUF_ERROR') return invalid(compression, 'it ends too early', error);
  if (code === 'ZSTD_error_frameParameter_windowTooLarge') {
    return invalid(
      compression,
      `it wants a window of more than ${WINDOW_BYTES.zstd} bytes (RFC 9659)`,
      error,
    );
  }
  return invalid(compression, 'it is damaged, or something else', error);
}

function invalid(compression: Compression, fault: string, cause?: unknown): RowferryError {
  return new RowferryError('body-invalid', `the body cannot be read as ${compression}: ${fault}`, {
    hint: `compress it anew, or send it as it is, without ${compression} in Content-Encoding`,
    ...(cause === undefined ? {} : { cause }),
  });
}
