import { Readable } from 'node:stream';
import { RowferryError } from '../errors.ts';
import { releaseOwn } from '../lib/release.ts';
import type { ReceivedResponse } from '../seal/answer.ts';
import { LARGE_RECORD_SIZE, RECORD_SIZE, sealedLength } from '../seal/framing.ts';
import type { Head } from '../seal/head.ts';
import { deriveKeys, parseToken, type Token } from '../seal/keys.ts';
import { openResponseStream } from '../seal/open.ts';
import { concat } from '../seal/schedule.ts';
import { type SignedHead, sealRequestBody, sealRequestStream, signHead } from '../seal/seal.ts';
import { webOpenResponse, webSealBody, webSigner, webSignHead } from '../seal/web.ts';
import type { StreamBody } from './transport.ts';

type Body = Uint8Array | StreamBody;

/** One request signed and sealed, and the only thing that opens its answer. */
export interface SealedMessage {
  readonly fields: SignedHead['fields'];
  readonly body: Body | undefined;
  /** To be called when the body was sent: its memory is given back, and the body is empty. */
  readonly onSent?: () => void;
  /** Throws `answer-invalid`; nothing may be acted on before the end. */
  open(response: ReceivedResponse, source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
}

/** Each call takes a new nonce, so each attempt has a seal of its own. */
export interface Sealer {
  seal(head: Head, body: Body | undefined): Promise<SealedMessage>;
}

/** Throws `unauthorized` for what is no API key: it could only be refused, and would be less clearly. */
export function tokenOf(key: string): Token {
  const token = parseToken(key);
  if (token !== null) return token;
  throw new RowferryError(
    'unauthorized',
    'the API key is not one, or is mistyped: its checksum is not right',
    {
      hint: 'a key looks like rfk_7Hq2mB9xT4cD_…, 66 characters; copy it whole, or make one: rowferry keys create',
    },
  );
}

/** Over node:crypto. */
export function nodeSealer(token: Token): Sealer {
  const { keyId } = token;
  const signer = { keyId, keys: deriveKeys(token) };
  return {
    async seal(head, body) {
      const { fields, exchange } = signHead(head, signer);
      const bytes = (content: Uint8Array) =>
        sealRequestBody(exchange, content, { recordSize: recordSizeOf(content) });
      const stream = (content: StreamBody) =>
        sealedStream(content, keyId, (recordSize) =>
          sealRequestStream(exchange, content.open(), { recordSize }),
        );
      const open: SealedMessage['open'] = (response, source) =>
        openResponseStream(exchange, response, source);
      if (body === undefined) return { fields, body, open };
      if (!(body instanceof Uint8Array)) return { fields, body: stream(body), open };
      const sealed = bytes(body);
      return { fields, body: sealed, open, onSent: () => releaseOwn(sealed) };
    },
  };
}

/** Over WebCrypto: the same bytes, for callers that bring their own fetch. */
export function webSealer(token: Token): Sealer {
  const { keyId } = token;
  const signing = webSigner(token);
  return {
    async seal(head, body) {
      const { fields, exchange } = await webSignHead(head, await signing);
      const bytes = async (content: Uint8Array) =>
        joined(webSealBody(exchange, [content], { recordSize: recordSizeOf(content) }));
      const stream = (content: StreamBody) =>
        sealedStream(content, keyId, (recordSize) => webSealBody(exchange, content.open(), { recordSize }));
      return {
        fields,
        body: body === undefined ? undefined : body instanceof Uint8Array ? await bytes(body) : stream(body),
        open: (response, source) => webOpenResponse(exchange, response, source),
      };
    },
  };
}

async function joined(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return concat(parts);
}

/** Its length is known before it is sealed, so that the server can refuse what is too large at once. */
function sealedStream(
  content: StreamBody,
  keyId: string,
  seal: (recordSize: number) => AsyncIterable<Uint8Array>,
): StreamBody {
  const recordSize = recordSizeOf(content);
  return {
    length: sealedLength(content.length, recordSize, keyId),
    open: () => Readable.from(seal(recordSize), { objectMode: false }),
  };
}

/** Parts and backups travel in large records: fewer of them cost less. */
function recordSizeOf({ length }: Body): number {
  return length > RECORD_SIZE ? LARGE_RECORD_SIZE : RECORD_SIZE;
}
