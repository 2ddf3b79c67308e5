/** What seals requests and opens answers; node-sealer.ts and web-sealer.ts do it. Nothing here comes from Node. */
import { RowferryError } from '../errors.ts';
import type { ReceivedResponse } from '../seal/answer.ts';
import { LARGE_RECORD_SIZE, RECORD_SIZE, sealedLength } from '../seal/framing.ts';
import type { Head } from '../seal/head.ts';
import { parseToken, type Token } from '../seal/token.ts';
import type { StreamBody } from './transport.ts';

type Body = Uint8Array | StreamBody;

/** One request signed and sealed, and the only thing that opens its answer. */
export interface SealedMessage {
  readonly fields: Readonly<Record<'signature-input' | 'signature', string>>;
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

/** Its length is known before it is sealed, so that the server can refuse what is too large at once. */
export function sealedStream(
  content: StreamBody,
  keyId: string,
  seal: (recordSize: number) => AsyncIterable<Uint8Array>,
): StreamBody {
  const recordSize = recordSizeOf(content);
  return {
    length: sealedLength(content.length, recordSize, keyId),
    open: () => seal(recordSize),
  };
}

/** Parts and backups travel in large records: fewer of them cost less. */
export function recordSizeOf({ length }: Body): number {
  return length > RECORD_SIZE ? LARGE_RECORD_SIZE : RECORD_SIZE;
}
