import { readDescriptor } from '../csv/descriptor.ts';
import { RowferryError } from '../errors.ts';
import type { Answered, BodyFormat } from '../ingest/ingest.ts';
import type { Dialect } from '../model/dialect.ts';
import type { BatchReceipt } from '../model/receipt.ts';
import { mediaType } from './body-rules.ts';
import { markReplayed } from './idempotency.ts';
import type { Reply, Request, Services } from './services.ts';

/** A dialect, or a descriptor of one, as JSON. Throws `dialect-invalid`; `bad-request` where the rows are no CSV. */
export function dialectOf(text: string | undefined, request: Request): { dialect?: Partial<Dialect> } {
  if (text === undefined) return {};
  if (formatOf(request) === 'csv') return { dialect: readDescriptor(parse(text)) };
  throw new RowferryError(
    'bad-request',
    `the query has a dialect, and a body of ${mediaType(request.raw)}; expected text/csv`,
    { hint: 'leave the dialect out, or send the rows as text/csv' },
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RowferryError('dialect-invalid', 'the dialect is not JSON', {
      hint: 'expected JSON such as {"delimiter":";"}',
      cause,
    });
  }
}

const FORMATS: Readonly<Record<string, BodyFormat>> = {
  'application/json': 'json',
  'application/x-ndjson': 'ndjson',
  'text/csv': 'csv',
};

export function formatOf(request: Request): BodyFormat {
  return FORMATS[mediaType(request.raw)] ?? 'csv';
}

/** The bytes that the body parser made for this route. */
export function bytesOf(body: unknown): Uint8Array<ArrayBuffer> {
  if (body instanceof Uint8Array && body.buffer instanceof ArrayBuffer)
    return new Uint8Array(body.buffer, body.byteOffset, body.length);
  throw new TypeError('the route was given no bytes');
}

/** 200 for rows that were processed; 422 when nothing was loaded although there was something to load. */
export function sendReceipt(reply: Reply, services: Services, answered: Answered<BatchReceipt>): Reply {
  const { answer, replayed } = answered;
  markReplayed(reply, replayed);
  if (!replayed) services.metrics.countRows(answer);
  if (!nothingLoaded([answer])) return sendJson(reply, answer);
  throw rowsRejected([answer], { receipt: answer });
}

export function sendJson(reply: Reply, document: unknown): Reply {
  return reply.type('application/json; charset=utf-8').send(JSON.stringify(document));
}

export function nothingLoaded(receipts: readonly BatchReceipt[]): boolean {
  const rejected = sum(receipts, 'rejected');
  const atomic = receipts.some((receipt) => receipt.atomic);
  return rejected > 0 && (atomic || rejected === sum(receipts, 'read'));
}

export function rowsRejected(
  receipts: readonly BatchReceipt[],
  extra: Readonly<Record<string, unknown>>,
): RowferryError {
  const [rejected, read] = [sum(receipts, 'rejected'), sum(receipts, 'read')];
  const because = rejected < read ? ', and the request is atomic' : '';
  return new RowferryError(
    'rows-rejected',
    `${rejected} of ${read} rows were rejected${because}: no row was loaded`,
    {
      hint: 'the receipt lists every rejected row with its reasons; mend them and send again with a new Idempotency-Key',
      extra,
    },
  );
}

function sum(receipts: readonly BatchReceipt[], name: 'read' | 'rejected'): number {
  return receipts.reduce((total, receipt) => total + receipt[name], 0);
}
