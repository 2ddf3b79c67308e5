/** The operations of the API as calls whose parameters, bodies and answers are those of /openapi.json. */
import { encodeText } from '../lib/bytes.ts';
import type { Operations } from './api-operations.ts';
import type { Call } from './retry.ts';

/** Method and path template, such as `GET /v1/loads/{id}`. */
export type Operation = keyof Operations;
export type Answer<O extends Operation> = Operations[O]['answer'];

type CallOptions = Pick<
  Call,
  'idempotencyKey' | 'idempotent' | 'attempts' | 'sentOnce' | 'endsWait' | 'timeoutMs' | 'signal'
>;

/** Flags and numbers travel as texts. */
type QueryValue<T> = T extends 'true' | 'false' ? boolean : string extends T ? string | number : T;
type QueryValues<Q> = {
  readonly [N in keyof Q]: QueryValue<NonNullable<Q[N]>> | (undefined extends Q[N] ? undefined : never);
};
/** What is undefined is left out of JSON. */
type JsonValue<J> = J extends object
  ? { readonly [N in keyof J]: JsonValue<J[N]> | (undefined extends J[N] ? undefined : never) }
  : J;

/** What GET operations can be asked for; to be the parameter of a method, since only there a new name is noticed. */
export type Filter<O extends Operation> = QueryValues<Operations[O]['query']>;

type PathPart<P> = [P] extends [never] ? { readonly path?: never } : { readonly path: P };
type QueryPart<Q> = [Q] extends [never]
  ? { readonly query?: never }
  : Partial<Q> extends Q
    ? { readonly query?: QueryValues<Q> }
    : { readonly query: QueryValues<Q> };
interface NoBody {
  readonly json?: never;
  readonly body?: never;
  readonly contentType?: never;
}
type BodyPart<B> = [B] extends [never]
  ? NoBody
  :
      | NoBody
      | JsonBody<B>
      | { readonly contentType: keyof B; readonly body: NonNullable<Call['body']>; readonly json?: never };
type JsonBody<B> = B extends { readonly 'application/json': infer J }
  ? { readonly json: JsonValue<J>; readonly body?: never; readonly contentType?: never }
  : never;

export type RequestOf<O extends Operation> = CallOptions &
  PathPart<Operations[O]['path']> &
  QueryPart<Operations[O]['query']> &
  BodyPart<Operations[O]['bodies']>;

/** What every RequestOf is. */
export interface AnyRequest extends CallOptions {
  readonly path?: object;
  readonly query?: object;
  readonly json?: unknown;
  readonly body?: NonNullable<Call['body']>;
  readonly contentType?: string;
}

export function callOf(operation: Operation, { path = {}, json, ...request }: AnyRequest): Call {
  const [method = '', template = ''] = operation.split(' ');
  const values = new Map<string, unknown>(Object.entries(path));
  const filled = template.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(values.get(name))),
  );
  const body =
    json === undefined ? {} : { body: encodeText(JSON.stringify(json)), contentType: 'application/json' };
  return { method, path: filled, ...request, ...body };
}
