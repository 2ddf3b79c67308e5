/** Sealed bodies taken apart and put together again, right and wrong. */
import { NodeRecordCipher } from '../../src/seal/ece.ts';
import { FIXED_HEADER_BYTES, formatHeader } from '../../src/seal/framing.ts';

export const KEY = '7Hq2mB9xT4cD';
export const IKM = Buffer.alloc(32, 9);
export const SALT_16 = Buffer.alloc(16, 3);
const HEADER = FIXED_HEADER_BYTES + KEY.length;

export async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return Buffer.concat(parts);
}

export function* inChunks(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** A body of these records, each a content and what follows it in the record, whether that is right or not. */
export function recordsFrom(
  recordSize: number,
  records: ReadonlyArray<readonly [content: Uint8Array, tail: readonly number[]]>,
): Buffer {
  const cipher = new NodeRecordCipher(IKM, SALT_16);
  const sealed = records.map(([content, tail], sequence) =>
    cipher.seal(content, Uint8Array.from(tail), sequence),
  );
  return Buffer.concat([formatHeader(SALT_16, recordSize, KEY), ...sealed]);
}

/** What can be done to a body of four records or more without a key. */
export function damages(sealed: Buffer, recordSize: number): Readonly<Record<string, Buffer>> {
  const header = sealed.subarray(0, HEADER);
  const records = [...inChunks(sealed.subarray(HEADER), recordSize)];
  const last = records.length - 1;
  const body = (...order: number[]): Buffer =>
    Buffer.concat([header, ...order.map((index) => records[index] ?? Buffer.of())]);
  const all = records.keys().toArray();
  return {
    'two swapped': body(1, 0, ...all.slice(2)),
    'the last first': body(last, ...all.slice(0, -1)),
    'the first dropped': body(...all.slice(1)),
    'one in the middle dropped': body(0, ...all.slice(2)),
    'the last dropped': body(...all.slice(0, -1)),
    'all but the last dropped': body(last),
    'the first doubled': body(0, ...all),
    'the last doubled': body(...all, last),
    'the first appended': body(...all, 0),
    'a byte appended': Buffer.concat([sealed, Buffer.of(0)]),
    'the body appended': Buffer.concat([sealed, sealed]),
    'no record': header,
    nothing: Buffer.of(),
  };
}
