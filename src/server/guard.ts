import rateLimit from '@fastify/rate-limit';
import { RowferryError } from '../errors.ts';
import { authenticate } from './auth.ts';
import { checkBodyHead } from './body-rules.ts';
import { framingError } from './framing.ts';
import { checkIdempotencyKey } from './idempotency.ts';
import { createSealCheck } from './sealed-requests.ts';
import type { App, Services } from './services.ts';

const WINDOW_MS = 10_000;

/** What every request passes before a byte of its body is read; under /v1 nothing goes without a key. */
export async function guardRequests(app: App, services: Services): Promise<void> {
  const { keys, limits, stopping, now } = services;
  await app.register(rateLimit, { global: false });
  const timeWindow = WINDOW_MS;
  const perAddress = app.createRateLimit({
    max: limits.requestsPerAddress,
    timeWindow,
    keyGenerator: ({ ip }) => ip,
  });
  const perKey = app.createRateLimit({
    max: limits.requestsPerKey,
    timeWindow,
    keyGenerator: ({ identity }) => identity?.keyId ?? '',
  });

  const checkSeal = createSealCheck(keys, now);

  app.addHook('onRequest', async (request, reply) => {
    const fault = framingError(request.raw);
    if (stopping.aborted || fault !== null) reply.header('connection', 'close');
    if (fault !== null) throw fault;
    refuseExceeded(await perAddress(request));
    // First of all, so that whatever else is answered to a sealed request is sealed.
    await checkSeal(request);
    if (stopping.aborted) throw shuttingDown();
    if (request.is404) return;
    if (isGuarded(request.routeOptions.url)) {
      reply.header('cache-control', 'no-store');
      request.identity ??= await authenticate(request.raw, keys);
      refuseExceeded(await perKey(request));
      checkIdempotencyKey(request.raw);
    }
    checkBodyHead(request.raw, request.routeOptions.config.body, request.seal !== null);
  });
}

export function isGuarded(url: string | undefined): boolean {
  return url?.startsWith('/v1/') ?? false;
}

type Limited = Awaited<ReturnType<ReturnType<App['createRateLimit']>>>;

function refuseExceeded(limit: Limited): void {
  if (limit.isAllowed || !limit.isExceeded) return;
  throw new RowferryError('rate-limited', `more than ${limit.max} requests in ${WINDOW_MS / 1000} s`, {
    hint: 'send more rows in one request, or wait',
    retryAfterSeconds: limit.ttlInSeconds,
  });
}

function shuttingDown(): RowferryError {
  return new RowferryError('shutting-down', 'the server finishes what is running and takes nothing new', {
    hint: 'send the request again in a moment',
    retryAfterSeconds: 5,
  });
}
