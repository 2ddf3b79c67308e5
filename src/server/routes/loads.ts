import { Type } from 'typebox';
import { nativeProperties } from '../../csv/descriptor.ts';
import { actionOf, visibleLoad, visibleTable, writableLoad } from '../access.ts';
import { identityOf, requireAction, seesTable } from '../auth.ts';
import { JSON_BODY } from '../body-rules.ts';
import { DialectInput } from '../dialect-document.ts';
import { ANNOUNCEMENT } from '../examples.ts';
import { claimOf, runOnce, runWhole, sendOutcome } from '../idempotency.ts';
import type { App, Services } from '../services.ts';
import { Count, IdParams, Mode, TableName } from './parameters.ts';

const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$', description: 'Of the whole content' });
const Announcement = Type.Object(
  {
    table: TableName,
    name: Type.String({ minLength: 1, maxLength: 1024, description: 'Shown, never used as a path' }),
    size: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    sha256: Sha256,
    dialect: Type.Optional(DialectInput),
    schema: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), {
        description: 'A Table Schema; docs/schemas.md explains it',
      }),
    ),
    mode: Type.Optional(Mode),
    atomic: Type.Optional(Type.Boolean({ description: 'All rows at finish, or none' })),
    maxRejects: Type.Optional(
      Type.String({
        pattern: '^([0-9]{1,12}|(100|[0-9]{1,2}(\\.[0-9]{1,3})?)%)$',
        description: '"100" or "5%"',
      }),
    ),
  },
  { additionalProperties: false },
);

const State = Type.Enum(['receiving', 'completed', 'completed_with_rejects', 'aborted', 'failed']);
const LoadsQuery = Type.Object(
  {
    table: Type.Optional(TableName),
    state: Type.Optional(State),
    sha256: Type.Optional(Sha256),
    limit: Type.Optional(Count),
    parent: Type.Optional(Type.String({ maxLength: 64, description: 'Only retries of this load' })),
    before: Type.Optional(Type.String({ maxLength: 64, description: 'Only loads older than this id' })),
  },
  { additionalProperties: false },
);
const MOST_LOADS = 1000;

export function addLoadRoutes(app: App, services: Services): void {
  addAnnounce(app, services);
  addList(app, services);
  addGet(app, services);
  addFinish(app, services);
  addAbort(app, services);
}

function addAnnounce(app: App, services: Services): void {
  const { ingest } = services;
  app.post(
    '/v1/loads',
    {
      schema: { body: Announcement },
      preValidation: async ({ body }) => takeDescriptor(body),
      config: {
        body: JSON_BODY,
        docs: {
          id: 'announceLoad',
          tag: 'loads',
          summary: 'Announce a file',
          description:
            'The same content for the same table answers with the load that exists (200) and its offset.',
          request: { 'application/json': { schema: Announcement, example: ANNOUNCEMENT } },
          response: { status: 201, description: 'A new load; Location names it', document: 'Load' },
          others: { 200: { status: 200, description: 'The load that exists', document: 'Load' } },
        },
      },
    },
    async (request, reply) => {
      const { table, mode = 'insert' } = request.body;
      await visibleTable(request, services, table);
      requireAction(request, table, actionOf(mode));
      const announcement = { ...request.body, owner: identityOf(request).owner };
      const outcome = await runWhole(request, services, async (claim) => {
        const answer = await ingest.announceOnce(announcement, claim);
        if ('status' in answer) return { ...answer, replayed: true };
        const status = answer.existing ? 200 : 201;
        return { status, body: JSON.stringify(answer.load), replayed: false };
      });
      if (outcome.status === 201) reply.header('location', `/v1/loads/${JSON.parse(outcome.body).id}`);
      return sendOutcome(reply, outcome);
    },
  );
}

/** A descriptor of another standard becomes the properties that it stands for, before they are checked. */
function takeDescriptor(body: unknown): void {
  if (typeof body !== 'object' || body === null || !('dialect' in body)) return;
  const { dialect } = body;
  if (typeof dialect === 'object' && dialect !== null && !Array.isArray(dialect)) {
    body.dialect = nativeProperties(dialect);
  }
}

function addList(app: App, services: Services): void {
  app.get(
    '/v1/loads',
    {
      schema: { querystring: LoadsQuery },
      config: {
        docs: {
          id: 'listLoads',
          tag: 'loads',
          summary: 'The loads, newest first',
          description:
            'At most ?limit= (100); give the last id as ?before= for the next page. With ?sha256= only those of files with this content.',
          response: { status: 200, description: 'Loads of tables the key may know of', document: 'LoadList' },
        },
      },
    },
    async (request) => {
      const { limit = '100', ...filter } = request.query;
      const loads = await services.ingest.loads({ ...filter, limit: Math.min(Number(limit), MOST_LOADS) });
      return { loads: loads.filter((load) => seesTable(request, load.table)) };
    },
  );
}

function addGet(app: App, services: Services): void {
  app.get(
    '/v1/loads/:id',
    {
      schema: { params: IdParams },
      config: {
        docs: {
          id: 'getLoad',
          tag: 'loads',
          summary: 'One load: state, counts, reasons',
          response: { status: 200, description: 'The load', document: 'Load' },
        },
      },
    },
    async (request) => visibleLoad(request, services, request.params.id),
  );
}

function addFinish(app: App, services: Services): void {
  app.post(
    '/v1/loads/:id/finish',
    {
      schema: { params: IdParams },
      config: {
        docs: {
          id: 'finishLoad',
          tag: 'loads',
          summary: 'End a load after its last part',
          response: { status: 200, description: 'The final receipt', document: 'Load' },
        },
      },
    },
    async (request, reply) => {
      const { id } = await writableLoad(request, services, request.params.id);
      const finish = async () => ({ status: 200, body: await services.ingest.finish(id) });
      return sendOutcome(reply, await runOnce(request, services, claimOf(request), finish));
    },
  );
}

function addAbort(app: App, services: Services): void {
  app.delete(
    '/v1/loads/:id',
    {
      schema: { params: IdParams },
      config: {
        docs: {
          id: 'abortLoad',
          tag: 'loads',
          summary: 'Abort a load',
          description: 'Rows that were committed stay, unless the load is atomic.',
          response: { status: 200, description: 'The load', document: 'Load' },
        },
      },
    },
    async (request, reply) => {
      const { id } = await writableLoad(request, services, request.params.id);
      const detail = `aborted by ${identityOf(request).owner}`;
      const abort = async () => ({ status: 200, body: await services.ingest.abort(id, detail) });
      return sendOutcome(reply, await runOnce(request, services, claimOf(request), abort));
    },
  );
}
