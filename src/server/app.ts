import { readFileSync } from 'node:fs';
import helmet from '@fastify/helmet';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify from 'fastify';
import type { Backups } from '../backup/backups.ts';
import type { Config } from '../config.ts';
import type { Ingest } from '../ingest/ingest.ts';
import type { Audit } from '../ledger/audit.ts';
import type { KeyRing } from '../ledger/keys.ts';
import type { Logger } from '../log.ts';
import { auditRefusals } from './audit.ts';
import { createBodyMemory } from './body-memory.ts';
import { addBodyParser } from './body-parser.ts';
import { answerClientError, noteAnswers } from './client-errors.ts';
import { guardRequests } from './guard.ts';
import { defaultLimits, type Limits } from './limits.ts';
import { createMetrics } from './metrics.ts';
import { answerUnknownRoutes } from './not-found.ts';
import { addOpenApi } from './openapi.ts';
import { pathOf, problemHandler } from './problems.ts';
import { refuseRestOfBody } from './refuse.ts';
import { addAuditRoutes } from './routes/audit.ts';
import { addBackupJobRoutes } from './routes/backup-jobs.ts';
import { addBackupRoutes } from './routes/backups.ts';
import { addKeyRoutes } from './routes/keys.ts';
import { addLoadEventsRoute } from './routes/load-events.ts';
import { addLoadPartRoute } from './routes/load-parts.ts';
import { addLoadRoutes } from './routes/loads.ts';
import { addOperationRoutes } from './routes/operations.ts';
import { addReconcileRoutes } from './routes/reconcile.ts';
import { addRejectRoutes } from './routes/rejects.ts';
import { addRestoreRoute } from './routes/restore.ts';
import { addRetentionRoutes } from './routes/retention.ts';
import { addRowRoutes } from './routes/rows.ts';
import { addTableRoutes } from './routes/tables.ts';
import { sealAnswers } from './sealed-answers.ts';
import type { App, Services } from './services.ts';
import type { TlsFiles } from './tls.ts';
import { endUnreadAnswers } from './unread.ts';

export interface AppOptions {
  readonly ingest: Ingest;
  readonly backups: Backups;
  readonly keys: KeyRing;
  readonly audit: Audit;
  readonly config: Config;
  readonly log: Logger;
  readonly limits?: Partial<Limits>;
  /** Null: plain HTTP. */
  readonly tls: TlsFiles | null;
  /** Milliseconds since 1970, for what is too old to be taken; for tests. */
  readonly now?: () => number;
}

/** The whole API, ready but not listening. What it is given stays the caller's to close. */
export async function buildApp(options: AppOptions): Promise<App> {
  const limits = { ...defaultLimits(options.config), ...options.limits };
  const app = createApp(options.log, limits, options.tls);
  const stop = new AbortController();
  app.addHook('preClose', async () => {
    stop.abort();
    options.ingest.stopWaiting();
  });
  const memory = createBodyMemory(limits.bufferedBytes);
  options.ingest.beforeAnswers(() => memory.refuseAnswers());
  const services: Services = {
    ...options,
    limits,
    memory,
    metrics: createMetrics(options),
    stopping: stop.signal,
  };
  app.decorateRequest('identity', null);
  app.decorateRequest('seal', null);
  app.decorateRequest('denied', null);
  app.decorateRequest('bodySha256', null);
  app.setErrorHandler(problemHandler(options.log));
  noteAnswers(app);
  answerUnknownRoutes(app);
  sealAnswers(app);
  refuseRestOfBody(app);
  endUnreadAnswers(app, limits);
  auditRefusals(app, services);
  logRequests(app, options.log);
  services.metrics.countRequests(app);
  await app.register(helmet, SECURITY_HEADERS);
  await guardRequests(app, services);
  addBodyParser(app, services);
  await addOpenApi(app, version());
  addRoutes(app, services);
  await app.ready();
  return app;
}

function createApp(log: Logger, limits: Limits, tls: TlsFiles | null): App {
  const { headMs } = limits;
  const http = {
    headersTimeout: headMs,
    connectionsCheckingInterval: 1000,
    maxHeaderSize: 16 * 1024,
    // The guard refuses it, with a problem document.
    requireHostHeader: false,
  };
  return Fastify({
    ...(tls === null ? { http } : { https: { ...http, ...tls, handshakeTimeout: headMs } }),
    // Nothing outside is waited for: who is late is the machine, which is no reason not to start.
    pluginTimeout: 0,
    // The watchdog of each body takes the place of one limit for all, which would cut long uploads.
    requestTimeout: 0,
    trustProxy: false,
    return503OnClosing: false,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 1024 },
    ajv: {
      customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false, allErrors: true },
    },
    clientErrorHandler: answerClientError,
    frameworkErrors: problemHandler(log),
  }).withTypeProvider<TypeBoxTypeProvider>();
}

function addRoutes(app: App, services: Services): void {
  addOperationRoutes(app, services);
  addTableRoutes(app, services);
  addRowRoutes(app, services);
  addLoadRoutes(app, services);
  addLoadPartRoute(app, services);
  addLoadEventsRoute(app, services);
  addRejectRoutes(app, services);
  addReconcileRoutes(app, services);
  addBackupRoutes(app, services);
  addBackupJobRoutes(app, services);
  addRetentionRoutes(app, services);
  addRestoreRoute(app, services);
  addKeyRoutes(app, services);
  addAuditRoutes(app, services);
}

/** HSTS is for whoever ends TLS; pages set their own policy, and JSON needs none that allows anything. */
const SECURITY_HEADERS = {
  strictTransportSecurity: false,
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  },
} as const;

/** One line a request, without its query, header fields or body. */
function logRequests(app: App, log: Logger): void {
  app.addHook('onResponse', async (request, reply) => {
    const { method, url, identity } = request;
    const milliseconds = Math.round(reply.elapsedTime);
    const keyId = identity?.keyId;
    log.info({ method, path: pathOf(url), status: reply.statusCode, milliseconds, keyId }, 'request');
  });
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const found = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
  return found ? String(manifest.version) : 'unknown';
}
