import { Readable } from 'node:stream';
import { Type } from 'typebox';
import { csvRecord, formulaSafe } from '../../csv/write.ts';
import type { Ingest, RejectPage, RejectQuery } from '../../ingest/ingest.ts';
import { Slots } from '../../lib/slots.ts';
import { REJECT_CODES, REJECT_STATES, type RejectDocument } from '../../model/reject.ts';
import { actionOf, visibleLoad, writableLoad } from '../access.ts';
import { requireAction } from '../auth.ts';
import { hasBody, OPTIONAL_ROWS_BODY } from '../body-rules.ts';
import { ROWS_REQUEST } from '../examples.ts';
import { claimOf } from '../idempotency.ts';
import { bytesOf, dialectOf, formatOf, sendReceipt } from '../row-answers.ts';
import type { App, Services } from '../services.ts';
import { Count, IdParams, Offset, RowsQuery } from './parameters.ts';

const RejectsQuery = Type.Object(
  {
    format: Type.Optional(Type.Enum(['json', 'ndjson', 'csv'])),
    limit: Type.Optional(Count),
    after: Type.Optional(Offset),
    state: Type.Optional(Type.Enum([...REJECT_STATES], { description: 'docs/rejects.md explains them' })),
    code: Type.Optional(Type.Enum([...REJECT_CODES], { description: 'Those with an error of this code' })),
    column: Type.Optional(Type.String({ maxLength: 256, description: 'Those with an error in this column' })),
  },
  { additionalProperties: false },
);

const RetryQuery = Type.Object(
  {
    ...RowsQuery.properties,
    after: Type.Optional({ ...Offset, description: 'Without a body: only rejects behind this index' }),
    first: Type.Optional({
      ...Offset,
      description: 'With a body: its rows are the rejects from this one on, counted from 0',
    }),
  },
  { additionalProperties: false },
);

const PAGE = 1000;
const MOST = 10_000;
/** Of a file of all rejects: what each of many readers makes the server hold. */
const CHUNK_BYTES = 256 << 10;
/** Pages made at one time. */
const PAGES = 2;
const HEADER = ['index', 'line', 'byte_offset', 'column', 'code', 'value', 'message', 'raw'];

export function addRejectRoutes(app: App, services: Services): void {
  addRejects(app, services);
  addRetry(app, services);
}

function addRejects(app: App, services: Services): void {
  const { ingest, memory } = services;
  const slots = new Slots(PAGES);
  const page = (id: string, query: RejectQuery): Promise<RejectPage> =>
    slots.run(async () => {
      memory.refuseAnswers();
      return ingest.rejects(id, query);
    });
  app.get(
    '/v1/loads/:id/rejects',
    {
      schema: { params: IdParams, querystring: RejectsQuery },
      config: {
        docs: {
          id: 'listRejects',
          tag: 'rejects',
          summary: 'The records that were not loaded, in the order of their lines',
          description:
            'As JSON page by page (?limit=, ?after=); a page ends before 4 MiB of records and reasons. As ndjson (one reject a line) or csv (one error a line, safe to open in a spreadsheet) all of them.',
          response: { status: 200, description: 'Rejects with every reason', document: 'RejectPage' },
        },
      },
    },
    async (request, reply) => {
      const { id, table } = await visibleLoad(request, services, request.params.id);
      requireAction(request, table, 'rejects');
      const { format = 'json', limit = String(PAGE), after, ...filter } = request.query;
      const from = { ...filter, ...(after === undefined ? {} : { after: Number(after) }) };
      if (format === 'json') return page(id, { limit: Math.min(Number(limit), MOST), ...from });
      const type = format === 'csv' ? 'text/csv; charset=utf-8; header=present' : 'application/x-ndjson';
      const lines = format === 'csv' ? toCsv(pages(ingest, id, from)) : toNdjson(pages(ingest, id, from));
      return reply.type(type).send(Readable.from(lines, { objectMode: false }));
    },
  );
}

async function* pages(
  ingest: Ingest,
  id: string,
  from: Omit<RejectQuery, 'limit'>,
): AsyncGenerator<readonly RejectDocument[]> {
  for (let at = from; ; ) {
    const { rejects, next } = await ingest.rejects(id, { limit: PAGE, mostBytes: CHUNK_BYTES, ...at });
    yield rejects;
    if (next === null) return;
    at = { ...from, after: next };
  }
}

async function* toNdjson(pages: AsyncIterable<readonly RejectDocument[]>): AsyncGenerator<string> {
  for await (const page of pages) yield page.map((reject) => `${JSON.stringify(reject)}\n`).join('');
}

/** Each line has the whole record in it: those of one large record with many reasons are not held together. */
async function* toCsv(pages: AsyncIterable<readonly RejectDocument[]>): AsyncGenerator<string> {
  let text = csvRecord(HEADER);
  for await (const page of pages) {
    for (const line of toCsvRecords(page)) {
      text += line;
      if (text.length < CHUNK_BYTES) continue;
      yield text;
      text = '';
    }
  }
  yield text;
}

function* toCsvRecords(page: readonly RejectDocument[]): Generator<string> {
  for (const { index, line, byteOffset, raw, errors } of page) {
    for (const { column, code, value, message } of errors) {
      const texts = [column, code, value, message, raw].map((text) =>
        text === null ? null : formulaSafe(text),
      );
      yield csvRecord([index, line, byteOffset, ...texts]);
    }
  }
}

function addRetry(app: App, services: Services): void {
  app.post(
    '/v1/loads/:id/rejects/retry',
    {
      schema: { params: IdParams, querystring: RetryQuery },
      onRequest: async (request) => {
        const { table, mode } = await writableLoad(request, services, request.params.id);
        requireAction(request, table, actionOf(request.query.mode ?? mode));
        requireAction(request, table, 'rejects');
      },
      config: {
        body: OPTIONAL_ROWS_BODY,
        docs: {
          id: 'retryRejects',
          tag: 'rejects',
          summary: 'The rejects of a load again, or corrected rows for them',
          description:
            'Without a body the open rejects are sent again as they were, for when their parents have come; when more can go, next in the receipt is the ?after= to go on with. With a body each row is for one reject: by their order with ?first= or where there are as many, else by the primary key. A new load is made, linked to the first; what is loaded is open no more, what is not stays open with its new reasons.',
          request: ROWS_REQUEST,
          response: { status: 200, description: 'What became of every row', document: 'BatchReceipt' },
        },
      },
    },
    async (request, reply) => {
      const load = await services.ingest.load(request.params.id);
      const { mode = load.mode, atomic, dialect, after, first } = request.query;
      const answered = await services.ingest.retry(load.id, {
        format: formatOf(request),
        mode,
        atomic: atomic === 'true',
        claim: claimOf(request),
        maxRows: services.config.maxRows,
        ...(hasBody(request.raw) ? { body: bytesOf(request.body) } : {}),
        ...(after === undefined ? {} : { after: Number(after) }),
        ...(first === undefined ? {} : { first: Number(first) }),
        ...dialectOf(dialect, request),
      });
      return sendReceipt(reply, services, answered);
    },
  );
}
