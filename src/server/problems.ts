import type { FastifyError } from 'fastify';
import { ERROR_CODES, type ErrorCode, type ErrorDetails, RowferryError } from '../errors.ts';
import { nearNames } from '../lib/near-names.ts';
import { ulid } from '../lib/ulid.ts';
import type { Logger } from '../log.ts';
import { FailureLog } from './failure-log.ts';
import type { Reply, Request } from './services.ts';

export const PROBLEM_TYPE = 'application/problem+json';

/** RFC 9457. `instance` is the path of the request, without its query. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly instance: string;
  readonly retryable: boolean;
  readonly hint?: string;
  readonly errors?: NonNullable<ErrorDetails['errors']>;
}

export function toProblem(error: RowferryError, instance: string): Problem {
  const problem: Problem = {
    type: `/problems/${error.code}`,
    title: error.title,
    status: error.status,
    detail: error.detail,
    code: error.code,
    instance,
    retryable: error.retryable,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(error.errors === undefined ? {} : { errors: error.errors }),
  };
  // Twice: the members of RFC 9457 come first and are no others'.
  return { ...problem, ...error.extra, ...problem };
}

/** Where the failure itself does not say: what is busy is so for a moment, room on a disk takes somebody to make it. */
const RETRY_AFTER_SECONDS: Readonly<Record<number, number>> = { 429: 1, 503: 1, 507: 5 };

/** The one way out for every failure of a request. */
export function problemHandler(log: Logger) {
  const failures = new FailureLog(log);
  return (thrown: FastifyError, request: Request, reply: Reply): Reply => {
    const error = toRowferryError(thrown, request, log);
    const { method } = request;
    if (error === thrown && error.status >= 500) failures.note({ method, path: pathOf(request.url), error });
    if (error.status === 401) reply.header('www-authenticate', 'Bearer realm="rowferry"');
    const wait = error.retryAfterSeconds ?? RETRY_AFTER_SECONDS[error.status];
    if (wait !== undefined) reply.header('retry-after', String(wait));
    const problem = toProblem(error, pathOf(request.url));
    return reply.code(error.status).type(PROBLEM_TYPE).send(JSON.stringify(problem));
  };
}

export function pathOf(url: string): string {
  const [path = '/'] = url.split('?', 1);
  return path;
}

/** Fastify's own failures get codes of ours; what nobody foresaw is logged and answered by its id alone. */
export function toRowferryError(thrown: unknown, request: Request, log: Logger): RowferryError {
  if (thrown instanceof RowferryError) return thrown;
  if (isFastifyError(thrown)) {
    if (thrown.validation !== undefined) return validationError(thrown, request);
    const code = FASTIFY_CODES[thrown.code] ?? (isClientFault(thrown) ? 'bad-request' : undefined);
    if (code !== undefined) return known(code);
  }
  const id = ulid();
  log.error({ err: thrown, id, route: request.routeOptions.url }, 'unforeseen failure of a request');
  return new RowferryError('internal', `the log tells what happened under ${id}`, {
    hint: `look for ${id} in log.txt`,
    extra: { id },
  });
}

function known(code: ErrorCode): RowferryError {
  const [detail, hint] = FASTIFY_DETAILS[code] ?? [ERROR_CODES[code].title, '/docs describes every route'];
  return new RowferryError(code, detail, { hint });
}

const FASTIFY_CODES: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'media-type-unsupported',
  FST_ERR_CTP_INVALID_TYPE: 'media-type-unsupported',
  FST_ERR_CTP_BODY_TOO_LARGE: 'body-too-large',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'body-invalid',
  FST_ERR_CTP_INVALID_JSON_BODY: 'body-invalid',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'body-invalid',
  FST_ERR_BAD_URL: 'bad-request',
  FST_ERR_NOT_FOUND: 'not-found',
};

const FASTIFY_DETAILS: Readonly<Partial<Record<ErrorCode, readonly [detail: string, hint: string]>>> = {
  'body-invalid': ['the body is not valid JSON', 'check it with a JSON tool; __proto__ is not a name to use'],
  'media-type-unsupported': ['the content type cannot be read', 'write it as type/subtype'],
  'bad-request': ['the path or the header fields cannot be read', 'check the percent-encoding of the path'],
};

function isFastifyError(thrown: unknown): thrown is FastifyError {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string';
}

function isClientFault(thrown: FastifyError): boolean {
  return thrown.statusCode !== undefined && thrown.statusCode >= 400 && thrown.statusCode < 500;
}

const PARTS: Readonly<Record<string, { readonly name: string; readonly prefix: string }>> = {
  body: { name: 'the body', prefix: '' },
  querystring: { name: 'the query', prefix: '/query' },
  params: { name: 'the path', prefix: '/path' },
  headers: { name: 'the header fields', prefix: '/headers' },
};

function validationError(thrown: FastifyError, request: Request): RowferryError {
  const context = thrown.validationContext ?? '';
  const part = PARTS[context] ?? { name: 'the request', prefix: '' };
  const schema: unknown = Reflect.get(request.routeOptions.schema ?? {}, context);
  const errors = (thrown.validation ?? []).map(({ instancePath, keyword, message, params, schemaPath }) => {
    const member = params.missingProperty ?? params.additionalProperty;
    const pointer =
      part.prefix + instancePath + (typeof member === 'string' ? `/${escapePointer(member)}` : '');
    const near = keyword === 'additionalProperties' ? nearMembers(schema, schemaPath, String(member)) : '';
    return { pointer, code: keyword, detail: describe(keyword, message, params) + near };
  });
  const first = errors[0];
  const detail = `${part.name} is not as expected${first ? `: ${first.pointer || '/'} ${first.detail}` : ''}`;
  return new RowferryError('bad-request', detail, { errors, hint: '/openapi.json describes every request' });
}

/** The members that were likely meant, of the schema that a path such as `#/properties/x/additionalProperties` is of. */
function nearMembers(schema: unknown, path: string, member: string): string {
  let at = schema;
  for (const step of path.split('/').slice(1, -1)) at = isObject(at) ? at[step] : undefined;
  const known = isObject(at) && isObject(at.properties) ? Object.keys(at.properties) : [];
  const near = member.length > MOST_NEAR ? [] : nearNames(member, known);
  return near.length === 0 ? '' : `, did you mean ${near.join(' or ')}?`;
}

/** Characters of a name that can have been meant to be another. */
const MOST_NEAR = 32;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** RFC 6901. */
function escapePointer(member: string): string {
  return member.replaceAll('~', '~0').replaceAll('/', '~1');
}

function describe(keyword: string, message: string | undefined, params: Record<string, unknown>): string {
  if (keyword === 'required') return 'is missing';
  if (keyword === 'additionalProperties') return 'is not known';
  if (keyword === 'enum' && Array.isArray(params.allowedValues)) {
    return `must be one of ${params.allowedValues.join(', ')}`;
  }
  return message ?? 'is not valid';
}
