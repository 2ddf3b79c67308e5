import { isUtf16 } from './encoding.ts';
import { transcodeMultiByte } from './multi-byte.ts';
import { isSingleByte, transcodeSingleByte } from './single-byte.ts';
import type { Transcoded, Untranscoded } from './transcoded.ts';
import { transcodeUtf16 } from './utf16.ts';

/**
 * Reads bytes of any encoding of the Encoding Standard that keeps no state. What is said of a character that is
 * cut at the end of bytes that are not the last does not count: it ends no record.
 */
export function transcode(job: Untranscoded): Transcoded {
  if (isUtf16(job.encoding)) return transcodeUtf16(job);
  return isSingleByte(job.encoding) ? transcodeSingleByte(job) : transcodeMultiByte(job);
}
