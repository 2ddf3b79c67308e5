import { promisify } from 'node:util';
import { constants, deflateRaw, inflateRaw, zstdCompress, zstdDecompress } from 'node:zlib';
import type { Codec } from '../model/avro-options.ts';
import { MAX_BLOCK_BYTES } from './limits.ts';

/** The codecs of container files (Avro 1.11, Required and Optional Codecs), on the threads of zlib. */

interface Packing {
  pack(block: Buffer): Promise<Buffer>;
  /** Rejects with an error of zlib for what cannot be unpacked, and for more than MAX_BLOCK_BYTES. */
  unpack(packed: Buffer): Promise<Buffer>;
}

const deflate = promisify<Buffer, { level: number }, Buffer>(deflateRaw);
const inflate = promisify<Buffer, { maxOutputLength: number }, Buffer>(inflateRaw);
const toZstandard = promisify<Buffer, { params: Record<number, number> }, Buffer>(zstdCompress);
const fromZstandard = promisify<Buffer, { maxOutputLength: number; params: Record<number, number> }, Buffer>(
  zstdDecompress,
);

/** Level 6 takes three times as long for files a tenth smaller. */
const DEFLATE_LEVEL = 2;
/** The usual one of zstd. */
const ZSTANDARD_LEVEL = 3;
/** RFC 8878, 3.1.1.1.2: every decoder should take 8 MiB; level 3 asks for 2 MiB. */
const MOST_WINDOW_LOG = 23;

export const PACKINGS: Readonly<Record<Codec, Packing>> = {
  null: { pack: (block) => Promise.resolve(block), unpack: (packed) => Promise.resolve(packed) },
  deflate: {
    pack: (block) => deflate(block, { level: DEFLATE_LEVEL }),
    unpack: (packed) => inflate(packed, { maxOutputLength: MAX_BLOCK_BYTES }),
  },
  zstandard: {
    pack: (block) => toZstandard(block, { params: { [constants.ZSTD_c_compressionLevel]: ZSTANDARD_LEVEL } }),
    unpack: (packed) =>
      fromZstandard(packed, {
        maxOutputLength: MAX_BLOCK_BYTES,
        params: { [constants.ZSTD_d_windowLogMax]: MOST_WINDOW_LOG },
      }),
  },
};
