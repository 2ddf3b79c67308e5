import type { Column } from '../model/table.ts';
import type { BytesJudge } from './column-check.ts';

const latin1 = (bytes: Uint8Array, start: number, end: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');

const BOOLEAN = /^(?:true|false|t|f|1|0)$/i;

/** true, false, t, f, 1, 0 in any case. */
export const booleanJudge: BytesJudge = (bytes, start, end) =>
  end - start <= 5 && BOOLEAN.test(latin1(bytes, start, end)) ? null : 'type.boolean';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** RFC 9562 text form: 8-4-4-4-12 hexadecimal digits. */
export const uuidJudge: BytesJudge = (bytes, start, end) =>
  end - start === 36 && UUID.test(latin1(bytes, start, end)) ? null : 'type.uuid';

const BINARY = /^(?:\\x|0x)?(?:[0-9a-f]{2})*$/i;

/** Pairs of hexadecimal digits, with \x or 0x before them or not; as many bytes as the column takes. */
export function binaryJudge({ maxBytes = Number.POSITIVE_INFINITY, padded }: Column): BytesJudge {
  return (bytes, start, end) => {
    const text = latin1(bytes, start, end);
    if (!BINARY.test(text)) return 'type.binary';
    const count = (text.length - (/^.x/i.test(text) ? 2 : 0)) / 2;
    return count > maxBytes || (padded && count < maxBytes) ? 'length' : null;
  };
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** RFC 8259. */
export const jsonJudge: BytesJudge = (bytes, start, end) => {
  try {
    JSON.parse(decoder.decode(bytes.subarray(start, end)));
    return null;
  } catch {
    return 'type.json';
  }
};
