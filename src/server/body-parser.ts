import { RowferryError } from '../errors.ts';
import { release } from '../lib/release.ts';
import { Slots } from '../lib/slots.ts';
import { type Body, collect, readBody } from './body.ts';
import type { BodyMemory, Room } from './body-memory.ts';
import { type BodyKind, hasBody, mediaType } from './body-rules.ts';
import { type Compression, compressionOf } from './content-coding.ts';
import { announcedContent, inflate, mostCompressed, mostInflated, WINDOW_BYTES } from './inflate.ts';
import type { Limits } from './limits.ts';
import { mostSealed, openWhole } from './sealed-bodies.ts';
import type { App, Reply, Request, Services } from './services.ts';

/** Bodies inflated at one time: each may grow to its limit before it is refused, and one keeps the lanes busy. */
const INFLATING = 1;
/** Of an answer, that is sent as it is. Characters. */
const MOST_TEXT = 65_536;

/**
 * Reads a body as the rule of its route says: rows stay bytes, for the lane to parse; JSON is parsed here. A body
 * that a handler streams, and that of an unknown route, stays unread.
 */
export function addBodyParser(app: App, { limits, memory }: Services): void {
  const parseJson = app.getDefaultJsonParser('error', 'error');
  const readWhole = createReader(limits, reserveMemory(app, limits, memory));
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (request, _, done) => {
    const kind = kindOf(request);
    if (kind === undefined || kind === 'stream') return done(null);
    readWhole(request, limitOf(kind, limits))
      .then(({ bytes, sha256 }) => {
        request.bodySha256 = sha256;
        if (kind === 'bytes') return done(null, bytes);
        parseJson(request, decode(bytes), done);
      })
      .catch(done);
  });
}

type ReadWhole = (request: Request, limit: number) => Promise<Body>;

/** The body as it was before it was compressed and sealed, and its hash where the route asks for it. */
function createReader(limits: Limits, roomOf: (request: Request) => Room): ReadWhole {
  const slots = new Slots(INFLATING);
  return async (request, limit) => {
    const hashed = request.routeOptions.config.body?.hashed ?? false;
    const compression = compressionOf(request.raw, request.seal !== null);
    if (compression === null) return readOpened(request, { limit, hashed, limits });
    const { bytes } = await readOpened(request, { limit: mostCompressed(limit), hashed: false, limits });
    return slots.run(async () => {
      const room = roomOf(request);
      room.resize(bytes.length + mostInflated(bytes.length, compression, limit));
      const expected = announcedContent(bytes, compression);
      const body = await collect(inflate([bytes], compression), { limit, hashed, expected });
      // Only now: after a refusal, a thread of zlib may still be reading them.
      release(bytes);
      room.resize(body.bytes.length);
      return body;
    });
  };
}

/** The body as it was before it was sealed. */
async function readOpened(
  { raw, seal }: Request,
  options: { readonly limit: number; readonly hashed: boolean; readonly limits: Limits },
): Promise<Body> {
  if (seal === null) return readBody(raw, options);
  const { bytes } = await readBody(raw, {
    ...options,
    limit: mostSealed(seal, options.limit),
    hashed: false,
  });
  return openWhole(seal, bytes, options);
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

/** Each body has its room before it is read; an answer takes room from the others until it is with its reader. */
function reserveMemory(app: App, limits: Limits, memory: BodyMemory): (request: Request) => Room {
  const rooms = new WeakMap<Request, Room>();
  const open = (request: Request, reply: Reply): Room => {
    const room = memory.enter();
    rooms.set(request, room);
    reply.raw.once('close', () => room.giveBack());
    return room;
  };
  app.addHook('preParsing', async (request, reply) => {
    const bytes = heldWhileReading(request, limits);
    if (bytes > 0) open(request, reply).resize(bytes);
  });
  app.addHook('onSend', async (request, reply, payload) => {
    if (typeof payload !== 'string' && !Buffer.isBuffer(payload)) return payload;
    // For a text that is not taken at once a socket holds three bytes a character, needed or not.
    const isLong = typeof payload === 'string' && payload.length > MOST_TEXT;
    const sent = isLong ? Buffer.from(payload) : payload;
    (rooms.get(request) ?? open(request, reply)).add(Buffer.byteLength(sent));
    return sent;
  });
  return (request) => {
    const room = rooms.get(request);
    if (room === undefined) throw new TypeError('a body is read that was given no room');
    return room;
  };
}

function heldWhileReading(request: Request, limits: Limits): number {
  const kind = kindOf(request);
  if (kind === undefined) return 0;
  const compression = compressionOf(request.raw, request.seal !== null);
  if (kind === 'stream') return compression === null ? 0 : WINDOW_BYTES[compression];
  const most = mostReceived(limitOf(kind, limits), compression);
  return Math.min(most, Number(request.headers['content-length'] ?? most));
}

function mostReceived(limit: number, compression: Compression | null): number {
  return compression === null ? limit : mostCompressed(limit);
}
