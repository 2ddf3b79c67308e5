import { ERROR_CODES, type ErrorCode, type ErrorDetails, RowferryError } from '../errors.ts';
import type { BatchReceipt } from '../model/receipt.ts';
import type { WireAnswer } from './transport.ts';

/** Members of RFC 9457 and of rowferry that have their place in a RowferryError; the others are `extra`. */
const PLACED = new Set([
  'type',
  'code',
  'title',
  'status',
  'detail',
  'instance',
  'hint',
  'retryable',
  'errors',
]);

const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: 'bad-request',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not-found',
  405: 'method-not-allowed',
  408: 'timeout',
  413: 'body-too-large',
  415: 'media-type-unsupported',
  429: 'rate-limited',
  503: 'overloaded',
};

/** The error a problem document stands for; an answer that is none (a proxy's page) goes by its status. */
export function problemToError(
  status: number,
  body: string,
  retryAfterSeconds: number | undefined,
): RowferryError {
  const problem = parseObject(body);
  const code = codeOf(problem?.type) ?? BY_STATUS[status] ?? 'answer-invalid';
  const detail = textOf(problem?.detail) ?? `the server answered ${status} without saying why`;
  return new RowferryError(code, detail, detailsOf(problem ?? {}, retryAfterSeconds));
}

/** The receipt that comes with a `rows-rejected` problem: what was wrong with each row. Null for other errors. */
export function receiptOf(error: unknown): BatchReceipt | null {
  if (!(error instanceof RowferryError) || error.code !== 'rows-rejected') return null;
  const receipt = error.extra?.receipt;
  return isReceipt(receipt) ? receipt : null;
}

function isReceipt(value: unknown): value is BatchReceipt {
  return (
    typeof value === 'object' && value !== null && 'load' in value && 'rejects' in value && 'reasons' in value
  );
}

function codeOf(type: unknown): ErrorCode | undefined {
  const name = typeof type === 'string' ? type.slice(type.lastIndexOf('/') + 1) : '';
  return isErrorCode(name) ? name : undefined;
}

export function isErrorCode(name: string): name is ErrorCode {
  return Object.hasOwn(ERROR_CODES, name);
}

function detailsOf(problem: Record<string, unknown>, retryAfterSeconds: number | undefined): ErrorDetails {
  const hint = textOf(problem.hint);
  const extra = Object.fromEntries(Object.entries(problem).filter(([name]) => !PLACED.has(name)));
  return {
    ...(hint === undefined ? {} : { hint }),
    ...(Array.isArray(problem.errors) ? { errors: problem.errors } : {}),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
}

/**
 * When to come again (RFC 9110, 10.2.3): seconds, or a date, which is held against the clock of who wrote it where the
 * answer tells that: the one here may be an hour off. Seconds.
 */
export function retryAfterOf(answer: Pick<WireAnswer, 'header'>): number | undefined {
  const told = answer.header('retry-after') ?? '';
  if (/^\d{1,9}$/.test(told)) return Number(told);
  const at = Date.parse(told);
  const now = Date.parse(answer.header('date') ?? '');
  if (Number.isNaN(at)) return undefined;
  return Math.max(0, Math.ceil((at - (Number.isNaN(now) ? Date.now() : now)) / 1000));
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function parseObject(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
