import { RowferryError } from '../errors.ts';
import { type Body, readBody } from './body.ts';
import { type BodyKind, hasBody, mediaType } from './body-rules.ts';
import type { Limits } from './limits.ts';
import { mostSealed, openWhole } from './sealed-bodies.ts';
import type { App, Request, Services } from './services.ts';

/**
 * Reads a body as the rule of its route says: rows stay bytes, for the lane to parse; JSON is parsed here. A body
 * that a handler streams, and that of an unknown route, stays unread.
 */
export function addBodyParser(app: App, { limits }: Services): void {
  const parseJson = app.getDefaultJsonParser('error', 'error');
  limitMemory(app, limits);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (request, _, done) => {
    const kind = kindOf(request);
    if (kind === undefined || kind === 'stream') return done(null);
    readWhole(request, limitOf(kind, limits), limits)
      .then(({ bytes, sha256 }) => {
        request.bodySha256 = sha256;
        if (kind === 'bytes') return done(null, bytes);
        parseJson(request, decode(bytes), done);
      })
      .catch(done);
  });
}

/** The body as it was before it was sealed, and its hash where the route asks for it. */
async function readWhole({ raw, seal, routeOptions }: Request, limit: number, limits: Limits): Promise<Body> {
  const hashed = routeOptions.config.body?.hashed ?? false;
  if (seal === null) return readBody(raw, { limit, hashed, limits });
  const { bytes } = await readBody(raw, { limit: mostSealed(seal, limit), hashed: false, limits });
  return openWhole(seal, bytes, { limit, hashed });
}

/** Undefined where there is no body or the route is unknown. */
function kindOf({ raw, routeOptions }: Request): BodyKind | undefined {
  return hasBody(raw) ? routeOptions.config.body?.types[mediaType(raw)] : undefined;
}

function limitOf(kind: BodyKind, limits: Limits): number {
  return kind === 'bytes' ? limits.rowsBytes : limits.controlBytes;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new RowferryError('body-invalid', 'the body is not UTF-8', { hint: 'send JSON in UTF-8', cause });
  }
}

/** Many large bodies at one time must not take all memory: each is reserved before it is read. */
function limitMemory(app: App, limits: Limits): void {
  let reserved = 0;
  app.addHook('preParsing', async (request, reply) => {
    const kind = kindOf(request);
    if (kind === undefined || kind === 'stream') return;
    const most = limitOf(kind, limits);
    const bytes = Math.min(most, Number(request.headers['content-length'] ?? most));
    if (reserved + bytes > limits.bufferedBytes) {
      throw new RowferryError('overloaded', 'the bodies under way take all the room there is for them', {
        hint: 'send the request again in a moment',
        retryAfterSeconds: 1,
      });
    }
    reserved += bytes;
    reply.raw.once('close', () => {
      reserved -= bytes;
    });
  });
}
