import { RowferryError } from '../errors.ts';
import type { ReceivedResponse } from '../seal/answer.ts';

export interface CurlAnswer extends ReceivedResponse {
  readonly body: AsyncIterable<Uint8Array>;
}

const MOST_HEAD_BYTES = 65_536;
const END = '\r\n\r\n';

/**
 * Head and body as `curl -i` prints them; heads of interim answers (100 Continue) come before it. Throws
 * `answer-invalid` when it does not begin with a head.
 */
export async function readCurlAnswer(source: AsyncIterable<Uint8Array | string>): Promise<CurlAnswer> {
  const chunks = source[Symbol.asyncIterator]();
  let begun = Buffer.alloc(0);
  for (;;) {
    const end = begun.indexOf(END);
    const head = end < 0 ? null : parseHead(begun.toString('latin1', 0, end));
    if (end >= 0) begun = begun.subarray(end + END.length);
    if (head !== null && head.status >= 200) return { ...head, body: joined(begun, chunks) };
    if (head !== null) continue;
    const next = begun.length > MOST_HEAD_BYTES ? { done: true as const } : await chunks.next();
    if (next.done === true) throw noHead();
    begun = Buffer.concat([begun, Buffer.from(next.value)]);
  }
}

async function* joined(
  begun: Uint8Array,
  rest: AsyncIterator<Uint8Array | string>,
): AsyncGenerator<Uint8Array> {
  if (begun.length > 0) yield begun;
  for (let next = await rest.next(); next.done !== true; next = await rest.next())
    yield Buffer.from(next.value);
}

function parseHead(text: string): ReceivedResponse {
  const [first = '', ...lines] = text.split('\r\n');
  const [, status] = /^HTTP\/[\d.]+ (\d{3})(?: |$)/.exec(first) ?? [];
  if (status === undefined) throw noHead();
  const fields = new Map(lines.map((line) => fieldOf(line)));
  return {
    status: Number(status),
    contentType: fields.get('content-type') ?? '',
    contentEncoding: fields.get('content-encoding') ?? null,
  };
}

function fieldOf(line: string): readonly [name: string, value: string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

function noHead(): RowferryError {
  return new RowferryError('answer-invalid', 'there is no answer with its head', {
    hint: 'let curl print both: curl -si …; without -s it says why there is none',
  });
}
