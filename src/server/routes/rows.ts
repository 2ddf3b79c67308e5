import { actionOf, visibleTable } from '../access.ts';
import { requireAction } from '../auth.ts';
import { JSON_BODY, ROWS_BODY } from '../body-rules.ts';
import { MULTI_REQUEST, ROWS_REQUEST } from '../examples.ts';
import { claimOf, markReplayed } from '../idempotency.ts';
import {
  bytesOf,
  dialectOf,
  formatOf,
  nothingLoaded,
  rowsRejected,
  sendJson,
  sendReceipt,
} from '../row-answers.ts';
import type { App, Services } from '../services.ts';
import { RowsQuery, TableParams } from './parameters.ts';

const NOTHING_LOADED = {
  status: 422,
  description: 'Every row was rejected, or some and the request is atomic: no row was loaded',
  types: ['application/problem+json'],
  document: 'Problem',
};

export function addRowRoutes(app: App, services: Services): void {
  addTableRows(app, services);
  addMultiRows(app, services);
}

function addTableRows(app: App, services: Services): void {
  app.post(
    '/v1/tables/:table/rows',
    {
      schema: { params: TableParams, querystring: RowsQuery },
      onRequest: async (request) => {
        const { name } = await visibleTable(request, services, request.params.table);
        requireAction(request, name, actionOf(request.query.mode ?? 'insert'));
      },
      config: {
        body: ROWS_BODY,
        docs: {
          id: 'insertRows',
          tag: 'rows',
          summary: 'Rows into one table, in one transaction',
          description:
            'At most 16 MiB and 100,000 rows. Rows that break a rule are rejected one by one, each with its index and every reason; the others are loaded.',
          request: ROWS_REQUEST,
          response: { status: 200, description: 'What became of every row', document: 'BatchReceipt' },
          others: { 422: NOTHING_LOADED },
        },
      },
    },
    async (request, reply) => {
      const { mode = 'insert', atomic, dialect } = request.query;
      const answered = await services.ingest.batch({
        table: request.params.table,
        format: formatOf(request),
        body: bytesOf(request.body),
        mode,
        atomic: atomic === 'true',
        claim: claimOf(request),
        maxRows: services.config.maxRows,
        ...dialectOf(dialect, request),
      });
      return sendReceipt(reply, services, answered);
    },
  );
}

function addMultiRows(app: App, services: Services): void {
  app.post(
    '/v1/rows',
    {
      schema: { querystring: RowsQuery },
      config: {
        body: { ...JSON_BODY, types: { 'application/json': 'bytes' } },
        docs: {
          id: 'insertRowsOfTables',
          tag: 'rows',
          summary: 'Rows into several tables, parents first',
          description: 'In one transaction if atomic; otherwise one for each table.',
          request: MULTI_REQUEST,
          response: { status: 200, description: 'One receipt for each table', document: 'MultiBatchReceipt' },
          others: { 422: NOTHING_LOADED },
        },
      },
    },
    async (request, reply) => {
      const { mode = 'insert', atomic, dialect } = request.query;
      dialectOf(dialect, request);
      const { answer, replayed } = await services.ingest.batches({
        body: bytesOf(request.body),
        mode,
        atomic: atomic === 'true',
        claim: claimOf(request),
        maxRows: services.config.maxRows,
        authorize: async (table) => {
          await visibleTable(request, services, table);
          requireAction(request, table, actionOf(mode));
        },
      });
      markReplayed(reply, replayed);
      if (!replayed) for (const receipt of answer.receipts) services.metrics.countRows(receipt);
      if (!nothingLoaded(answer.receipts)) return sendJson(reply, answer);
      throw rowsRejected(answer.receipts, { receipts: answer.receipts });
    },
  );
}
