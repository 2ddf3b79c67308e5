/** Random messages on which other programs are to agree with us; the same ones in every run. */
import fc from 'fast-check';
import type { Head } from '../../src/seal/head.ts';
import { makeToken } from '../../src/seal/keys.ts';
import { anyHead } from './vector.ts';

export interface Message {
  readonly token: ReturnType<typeof makeToken>;
  readonly head: Head;
  readonly created: number;
  readonly nonce: string;
  readonly salt: Buffer;
  readonly recordSize: number;
  readonly content: Buffer;
  readonly answer: { readonly status: number; readonly contentType: string; readonly content: Buffer };
}

const bytes = (minLength: number, maxLength: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength, maxLength }).map((array) => Buffer.from(array));
/** Contents near the edges of records, where framings differ. */
const content = fc
  .tuple(fc.nat(3), fc.integer({ min: -1, max: 1 }), fc.nat(255))
  .map(([records, edge, byte]) => Buffer.alloc(Math.max(0, records * (1024 - 17) + edge), byte));

const message: fc.Arbitrary<Message> = fc.record({
  token: fc.constant(null).map(() => makeToken()),
  head: anyHead.filter(isNormal),
  created: fc.integer({ min: 1, max: 1_790_000_000 }),
  nonce: bytes(16, 32).map((random) => random.toString('base64url')),
  salt: bytes(16, 16),
  recordSize: fc.constantFrom(1024, 2048, 4096),
  content: fc.oneof(content, bytes(0, 200)),
  answer: fc.record({
    status: fc.integer({ min: 200, max: 599 }),
    contentType: fc.constantFrom('application/json', 'application/problem+json; charset=utf-8', 'text/csv'),
    content: bytes(0, 60),
  }),
});

/** Peers take URLs apart and put them together again: those that come out otherwise are not theirs to sign. */
function isNormal({ path, query }: Head): boolean {
  const url = new URL(`http://host${path}${query}`);
  return url.pathname === path && url.search === (query === '?' ? '' : query);
}

export function messages(count: number): Message[] {
  return fc.sample(message, { numRuns: count, seed: 8188 });
}
