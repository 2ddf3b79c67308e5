/** Which bodies are compressed before they are sealed. Nothing here comes from Node. */
import type { StreamBody } from './transport.ts';

/** Compresses with gzip. The content is not to be changed meanwhile. */
export type Gzip = (content: Uint8Array) => Promise<Uint8Array>;

type Body = Uint8Array | StreamBody;

export interface Packed<Content extends Body | undefined> {
  readonly body: Content | Uint8Array;
  readonly compressed: boolean;
}

/** Smaller ones fit into a packet or two anyway. */
const LEAST_BYTES = 1024;

/** The body, compressed where that makes it smaller. Streams go as they are: backups are compressed already. */
export async function pack<Content extends Body | undefined>(
  body: Content,
  gzip: Gzip | null,
): Promise<Packed<Content>> {
  if (gzip === null || !(body instanceof Uint8Array) || body.length <= LEAST_BYTES)
    return { body, compressed: false };
  const packed = await gzip(body);
  return packed.length < body.length ? { body: packed, compressed: true } : { body, compressed: false };
}
