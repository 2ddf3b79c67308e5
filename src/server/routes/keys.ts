import { Type } from 'typebox';
import type { CreatedKey } from '../../ledger/keys.ts';
import type { Actor } from '../../model/audit.ts';
import { OWNER_PATTERN } from '../../seal/scopes.ts';
import { actorOf } from '../audit.ts';
import { adminOnly } from '../auth.ts';
import { JSON_BODY } from '../body-rules.ts';
import { type Answer, claimOf, runOnce, sendOutcome } from '../idempotency.ts';
import type { OperationDocs } from '../openapi.ts';
import type { App, Services } from '../services.ts';
import { IdParams } from './parameters.ts';

const NewKey = Type.Object(
  {
    owner: Type.String({
      pattern: OWNER_PATTERN,
      description: 'A person or a program',
    }),
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: 'What it is for' })),
    scopes: Type.Array(Type.String({ maxLength: 300 }), {
      minItems: 1,
      maxItems: 100,
      description:
        'tables:<name or glob>:<read|insert|upsert|replace|backup|restore|rejects|*> or keys:admin',
    }),
    expiresInDays: Type.Optional(Type.Integer({ minimum: 1, maximum: 3650, description: 'Default 90' })),
    sealedOnly: Type.Optional(
      Type.Boolean({ description: 'Not good as a Bearer token, only for sealed requests. Default false' }),
    ),
  },
  { additionalProperties: false },
);

const NEW_KEY_EXAMPLE = {
  owner: 'payroll',
  name: 'nightly load',
  scopes: ['tables:hired_employees:insert', 'tables:hired_employees:rejects'],
  expiresInDays: 30,
  sealedOnly: true,
};

export function addKeyRoutes(app: App, services: Services): void {
  addList(app, services);
  addCreate(app, services);
  addRotate(app, services);
  addRevoke(app, services);
}

function addList(app: App, { keys }: Services): void {
  app.get(
    '/v1/keys',
    {
      onRequest: adminOnly,
      config: {
        docs: {
          id: 'listKeys',
          tag: 'keys',
          summary: 'The API keys, newest first',
          response: { status: 200, description: 'Their facts, not their tokens', document: 'KeyList' },
        },
      },
    },
    async () => ({ keys: await keys.list() }),
  );
}

function addCreate(app: App, services: Services): void {
  app.post(
    '/v1/keys',
    {
      schema: { body: NewKey },
      onRequest: adminOnly,
      config: {
        body: JSON_BODY,
        docs: {
          id: 'createKey',
          tag: 'keys',
          summary: 'Make an API key',
          description:
            'An owner has at most two live keys, so that one can be rotated while the other works.',
          request: { 'application/json': { schema: NewKey, example: NEW_KEY_EXAMPLE } },
          response: { status: 201, description: 'The token, shown this once', document: 'CreatedKey' },
        },
      },
    },
    async (request, reply) => {
      const create = async () => created(await services.keys.create(request.body, actorOf(request)));
      return sendOutcome(reply, await runOnce(request, services, claimOf(request), create));
    },
  );
}

function addRotate(app: App, services: Services): void {
  addOfOneKey(app, services, {
    method: 'POST',
    url: '/v1/keys/:id/rotate',
    docs: {
      id: 'rotateKey',
      tag: 'keys',
      summary: 'A second key of the same owner and scopes',
      description: 'Sealed-only as the first is. The first goes on until it is revoked or expires.',
      response: { status: 201, description: 'The token, shown this once', document: 'CreatedKey' },
    },
    run: async (id, actor) => created(await services.keys.rotate(id, actor)),
  });
}

function addRevoke(app: App, services: Services): void {
  addOfOneKey(app, services, {
    method: 'DELETE',
    url: '/v1/keys/:id',
    docs: {
      id: 'revokeKey',
      tag: 'keys',
      summary: 'Revoke an API key',
      description: 'Effective within a second, in every server on this database.',
      response: { status: 200, description: 'The revoked key', document: 'Key' },
    },
    run: async (id, actor) => ({ status: 200, body: await services.keys.revoke(id, actor) }),
  });
}

interface KeyRoute {
  readonly method: 'POST' | 'DELETE';
  readonly url: string;
  readonly docs: OperationDocs;
  run(id: string, actor: Actor): Promise<Answer>;
}

/** A change of one key, without a body, made once for each Idempotency-Key. */
function addOfOneKey(app: App, services: Services, { method, url, docs, run }: KeyRoute): void {
  app.route({
    method,
    url,
    schema: { params: IdParams },
    onRequest: adminOnly,
    config: { docs },
    handler: async (request, reply) => {
      const work = () => run(request.params.id, actorOf(request));
      return sendOutcome(reply, await runOnce(request, services, claimOf(request), work));
    },
  });
}

/** The stored answer holds no token: the ledger must not keep what is shown once. */
function created({ token, key }: CreatedKey): Answer {
  return { status: 201, body: { token, key }, stored: { token: null, key } };
}
