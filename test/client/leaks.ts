import { gunzipSync, inflateSync, constants as zlib, zstdDecompressSync } from 'node:zlib';

/** Text as it is and as it would stand in base64 (at any of the three alignments), in hex, and in UTF-16. */
function formsOf(text: string): Buffer[] {
  const bytes = Buffer.from(text);
  const hex = bytes.toString('hex');
  const base64 = [0, 1, 2].map((shift) => {
    const shifted = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
    // The first and the last characters depend on the neighbours.
    return shifted.slice(shift + 1, -4);
  });
  const texts = [text, hex, hex.toUpperCase(), ...base64, ...base64.map(toUrlSafe)];
  return [...texts.map((each) => Buffer.from(each)), Buffer.from(text, 'utf16le')];
}

function toUrlSafe(base64: string): string {
  return base64.replaceAll('+', '-').replaceAll('/', '_');
}

/** Magic bytes of compressed content, and what opens it as far as it goes. */
const COMPRESSED: ReadonlyArray<readonly [magic: readonly number[], open: (bytes: Buffer) => Buffer]> = [
  [[0x1f, 0x8b, 0x08], (bytes) => gunzipSync(bytes, { finishFlush: zlib.Z_SYNC_FLUSH })],
  ...[0x01, 0x5e, 0x9c, 0xda].map(
    (level) =>
      [[0x78, level], (bytes: Buffer) => inflateSync(bytes, { finishFlush: zlib.Z_SYNC_FLUSH })] as const,
  ),
  [[0x28, 0xb5, 0x2f, 0xfd], (bytes) => zstdDecompressSync(bytes, { finishFlush: zlib.ZSTD_e_flush })],
];

/** What comes out of every place that looks as if compressed content began there. */
function inflated(bytes: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (const [magic, open] of COMPRESSED) {
    for (
      let at = bytes.indexOf(Buffer.from(magic));
      at >= 0;
      at = bytes.indexOf(Buffer.from(magic), at + 1)
    ) {
      found.push(openLongest(bytes.subarray(at), open));
    }
  }
  return found;
}

/** All that comes before the first byte that no longer belongs to it, which an opener would only fail at. */
function openLongest(bytes: Buffer, open: (bytes: Buffer) => Buffer): Buffer {
  let length = 0;
  let opened = Buffer.of();
  for (let step = 2 ** Math.ceil(Math.log2(bytes.length)); step >= 1; step /= 2) {
    try {
      opened = Buffer.from(open(bytes.subarray(0, length + step)));
      length += step;
    } catch {
      // Too long, or it was none.
    }
  }
  return opened;
}

/** Those of the texts that stand in the bytes in any form: plain, base64, hex, UTF-16, gzip, deflate or zstd. */
export function leaksOf(texts: readonly string[], bytes: Buffer): string[] {
  const places = [bytes, ...inflated(bytes)];
  return texts.filter((text) => formsOf(text).some((form) => places.some((place) => place.includes(form))));
}
