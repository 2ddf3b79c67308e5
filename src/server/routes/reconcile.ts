import { Type } from 'typebox';
import { actionOf, visibleLoad } from '../access.ts';
import { requireAction } from '../auth.ts';
import type { BodyRule } from '../body-rules.ts';
import { PART_CSV } from '../examples.ts';
import { claimOf } from '../idempotency.ts';
import { bytesOf, sendJson } from '../row-answers.ts';
import type { App, Services } from '../services.ts';
import { Count, Flag, IdParams, Offset } from './parameters.ts';

const BatchesQuery = Type.Object(
  { limit: Type.Optional(Count), after: Type.Optional(Offset) },
  { additionalProperties: false },
);
const ReconcileQuery = Type.Object(
  {
    offset: { ...Offset, description: 'Where the slice starts in the content: at a record' },
    line: Type.Optional({ ...Offset, description: 'Physical lines before it, so that lines can be told' }),
    last: Type.Optional(Flag),
    resend: Type.Optional(
      Type.Enum(['true', 'false'], {
        description: 'Send the missing rows again, as a load linked to this one',
      }),
    ),
  },
  { additionalProperties: false },
);

const SLICE_BODY: BodyRule = { types: { 'text/csv': 'bytes' }, required: false, hashed: true };
const PAGE = 1000;
const MOST = 10_000;

export function addReconcileRoutes(app: App, services: Services): void {
  addBatches(app, services);
  addReconcile(app, services);
}

function addBatches(app: App, services: Services): void {
  app.get(
    '/v1/loads/:id/batches',
    {
      schema: { params: IdParams, querystring: BatchesQuery },
      config: {
        docs: {
          id: 'listBatches',
          tag: 'loads',
          summary: 'The committed batches of a load, in the order of their offsets',
          response: { status: 200, description: 'Bytes, SHA-256 and counts of each', document: 'BatchList' },
        },
      },
    },
    async (request) => {
      const { id } = await visibleLoad(request, services, request.params.id);
      const { limit = String(PAGE), after } = request.query;
      const most = Math.min(Number(limit), MOST);
      const page = { limit: most, ...(after === undefined ? {} : { after: Number(after) }) };
      const batches = await services.ingest.batchesOf(id, page);
      return { batches, next: batches.length < most ? null : (batches.at(-1)?.firstByte ?? null) };
    },
  );
}

function addReconcile(app: App, services: Services): void {
  app.post(
    '/v1/loads/:id/reconcile',
    {
      schema: { params: IdParams, querystring: ReconcileQuery },
      onRequest: async (request) => {
        const { table, mode } = await visibleLoad(request, services, request.params.id);
        requireAction(request, table, 'read');
        if (request.query.resend === 'true') requireAction(request, table, actionOf(mode));
      },
      config: {
        body: SLICE_BODY,
        docs: {
          id: 'reconcileLoad',
          tag: 'loads',
          summary: 'A slice of the content of a load, held against its table',
          description:
            'At most 16 MiB, from the start of a record; what is a reject by the ledger is left out. Nothing is written unless ?resend=true.',
          request: { 'text/csv': { schema: Type.String(), example: PART_CSV } },
          response: {
            status: 200,
            description: 'What was found, what is missing or changed',
            document: 'ReconcileReceipt',
          },
        },
      },
    },
    async (request, reply) => {
      const { offset, line = '0', last, resend } = request.query;
      const receipt = await services.ingest.reconcile(request.params.id, {
        offset: Number(offset),
        line: Number(line),
        bytes: request.body === undefined ? new Uint8Array() : bytesOf(request.body),
        last: last === 'true',
        resend: resend === 'true' ? claimOf(request) : null,
      });
      return sendJson(reply, receipt);
    },
  );
}
