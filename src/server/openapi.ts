import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { TSchema } from 'typebox';
import { ref } from './documents/schema.ts';
import { DOCUMENTS } from './documents.ts';
import { isGuarded } from './guard.ts';
import {
  SEAL_PARAMETERS,
  SEALED_ANSWER,
  SECURITY,
  SECURITY_SCHEMES,
  sealedAnswerHeaders,
  sealParameters,
} from './openapi-security.ts';
import { PROBLEM_TYPE } from './problems.ts';
import type { App } from './services.ts';

/** What /openapi.json says of a route beyond the schemas that its requests are checked with. */
export interface OperationDocs {
  readonly id: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** By media type. An example is checked by sending it. */
  readonly request?: Readonly<Record<string, { readonly schema: TSchema; readonly example: unknown }>>;
  readonly response: ResponseDocs;
  /** Further statuses of success or of stored failure, beside the problems every route has. */
  readonly others?: Readonly<Record<number, ResponseDocs>>;
}

export interface ResponseDocs {
  readonly status: number;
  readonly description: string;
  /** Name in components/schemas; without one the body is no JSON. */
  readonly document?: string;
  /** Media types; default application/json. */
  readonly types?: readonly string[];
  readonly example?: unknown;
}

const METHODS = ['get', 'post', 'patch', 'delete'] as const;

/** Adds /openapi.json and /docs. Call before the routes are added, and `app.ready()` after. */
export async function addOpenApi(app: App, version: string): Promise<void> {
  const docs = new Map<string, OperationDocs>();
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'rowferry', version, description: ABOUT, license: { name: 'MIT', identifier: 'MIT' } },
      tags: TAGS,
      components: {
        securitySchemes: SECURITY_SCHEMES,
        parameters: { IdempotencyKey: IDEMPOTENCY_KEY, ...SEAL_PARAMETERS },
        headers: SEALED_ANSWER,
      },
    },
    transform: ({ schema, url, route }) => {
      const operation = route.config?.docs;
      if (operation === undefined) return { schema: { hide: true }, url };
      docs.set(operation.id, operation);
      const { params, querystring } = schema ?? {};
      const { id, tag, summary, description = summary } = operation;
      return { schema: { operationId: id, tags: [tag], summary, description, params, querystring }, url };
    },
    transformObject: (document) => {
      if (!('openapiObject' in document)) return {};
      const { openapiObject } = document;
      for (const [path, item] of Object.entries(openapiObject.paths ?? {})) {
        for (const method of METHODS) {
          const operation = item?.[method];
          const entry = docs.get(operation?.operationId ?? '');
          if (!operation || !entry) continue;
          const guarded = isGuarded(path);
          if (guarded) {
            operation.parameters = [...(operation.parameters ?? []), ...guardParameters(method, entry)];
          }
          Object.assign(operation, additions(entry, guarded));
        }
      }
      return { ...openapiObject, components: { ...openapiObject.components, schemas: { ...DOCUMENTS } } };
    },
  });
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: DOCS_POLICY,
    uiConfig: { layout: 'BaseLayout', docExpansion: 'list', tryItOutEnabled: false, validatorUrl: null },
    theme: { title: 'rowferry: REST API' },
  });
}

/** Header fields that every operation under /v1 knows. */
function guardParameters(
  method: (typeof METHODS)[number],
  { request }: OperationDocs,
): Array<{ $ref: string }> {
  const once = method === 'get' ? [] : [{ $ref: '#/components/parameters/IdempotencyKey' }];
  return [...once, ...sealParameters(request !== undefined)];
}

/** What is said of an operation beside the parameters, which are those that its requests are checked with. */
function additions(docs: OperationDocs, guarded: boolean): Record<string, unknown> {
  return {
    responses: responses(docs, guarded ? { headers: sealedAnswerHeaders() } : {}),
    ...(guarded ? { security: SECURITY } : {}),
    ...(docs.request === undefined ? {} : { requestBody: { content: docs.request } }),
  };
}

function responses({ response, others = {} }: OperationDocs, sealed: object): Record<string, unknown> {
  const result: Record<string, unknown> = {
    default: {
      description: 'What went wrong (RFC 9457)',
      ...sealed,
      content: { [PROBLEM_TYPE]: { schema: ref('Problem') } },
    },
  };
  for (const each of [response, ...Object.values(others)]) {
    const { status, description, document, types = ['application/json'], example } = each;
    const schema = document === undefined ? { type: 'string' } : ref(document);
    const media = { schema, ...(example === undefined ? {} : { example }) };
    const content = Object.fromEntries(types.map((type) => [type, media]));
    result[status] = { description, ...sealed, content };
  }
  return result;
}

/** The plugin's own policy allows any host's fonts and styles, and asks for HTTPS where there is none. */
const DOCS_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const IDEMPOTENCY_KEY = {
  in: 'header',
  name: 'Idempotency-Key',
  required: true,
  description:
    'The same request with the same key is run once; the answer is repeated with Idempotency-Replayed: true',
  schema: { type: 'string', pattern: '^"?[A-Za-z0-9_-]{16,64}"?$' },
  example: '8e03978e-40d5-43dd-bc93-6894a57f9324',
} as const;

const ABOUT = [
  'Moves CSV and JSON rows into a SQL database and accounts for every one:',
  'read = inserted + updated + skipped + rejected.',
  '',
  'Everything under /v1 needs an API key. Seal the request with it, as `rowferry/client` and every command do, and its',
  'answer is sealed too (`docs/protocol.md`); or send `Authorization: Bearer rfk_…`, over TLS or on this machine.',
].join('\n');

const TAGS = [
  { name: 'tables', description: 'The dictionary' },
  { name: 'rows', description: 'One batch in one request' },
  { name: 'loads', description: 'A file of any size, part by part' },
  { name: 'rejects', description: 'The records that were not loaded, and why' },
  { name: 'backups', description: 'Avro files that can be restored' },
  { name: 'keys', description: 'Who may do what' },
  { name: 'operations', description: 'Health and metrics' },
];
