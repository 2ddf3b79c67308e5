import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Backups } from '../backup/backups.ts';
import type { Config } from '../config.ts';
import type { Ingest } from '../ingest/ingest.ts';
import type { Audit } from '../ledger/audit.ts';
import type { Identity, KeyRing } from '../ledger/keys.ts';
import type { Logger } from '../log.ts';
import type { VerifiedHead } from '../seal/open.ts';
import type { BodyMemory } from './body-memory.ts';
import type { BodyRule } from './body-rules.ts';
import type { Limits } from './limits.ts';
import type { Metrics } from './metrics.ts';
import type { OperationDocs } from './openapi.ts';

/** What the routes work with. */
export interface Services {
  readonly ingest: Ingest;
  readonly backups: Backups;
  readonly keys: KeyRing;
  readonly audit: Audit;
  readonly config: Config;
  readonly log: Logger;
  readonly limits: Limits;
  readonly memory: BodyMemory;
  readonly metrics: Metrics;
  /** Aborted when the server starts to stop. */
  readonly stopping: AbortSignal;
  /** Milliseconds since 1970; for tests. */
  readonly now?: () => number;
}

export type App = FastifyInstance<
  Server,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;
export type Request = FastifyRequest;
export type Reply = FastifyReply;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What body the route takes; without one, none. */
    body?: BodyRule;
    docs?: OperationDocs;
  }
  interface FastifyRequest {
    /** Set on every route under /v1, before its body is read. */
    identity: Identity | null;
    /** Of a sealed request whose signature is right: its answer is sealed. Holds keys: never to be logged. */
    seal: VerifiedHead | null;
    /** What the request's key may not see or act on: its denial is audited. */
    denied: string | null;
    /** Of the body as it came, opened where it was sealed; null until it was read whole. Hex. */
    bodySha256: string | null;
  }
}
