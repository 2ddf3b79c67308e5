import type { TestServer } from './harness.ts';

interface Parameter {
  readonly $ref?: string;
  readonly in?: string;
  readonly name?: string;
  readonly required?: boolean;
  readonly example?: unknown;
  readonly schema?: { readonly examples?: readonly unknown[] };
}

export interface Media {
  readonly schema?: object;
  readonly example?: unknown;
}

export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly operationId: string;
  readonly parameters: readonly Parameter[];
  /** By media type. */
  readonly bodies: Readonly<Record<string, Media>>;
  readonly responses: Readonly<Record<string, Described>>;
  /** Alternatives; none: no key is needed. */
  readonly security?: ReadonlyArray<Readonly<Record<string, readonly string[]>>>;
}

interface Described {
  readonly headers?: Readonly<Record<string, object>>;
  readonly content: Readonly<Record<string, Media>>;
}

interface Listed extends Omit<Operation, 'method' | 'path' | 'bodies'> {
  readonly requestBody?: { readonly content: Operation['bodies'] };
}

interface SecurityScheme {
  readonly type: string;
  readonly name?: string;
  readonly scheme?: string;
  readonly description: string;
}

export interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Listed>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, object>>;
    readonly securitySchemes: Readonly<Record<string, SecurityScheme>>;
  };
}

/** Every operation of the running server's own /openapi.json. */
export async function readOperations({ call }: Pick<TestServer, 'call'>): Promise<Operation[]> {
  const { json } = await call<OpenApi>('GET', '/openapi.json');
  return Object.entries(json.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, { requestBody, parameters, ...described }]) => ({
      ...described,
      method: method.toUpperCase(),
      path,
      parameters: parameters ?? [],
      bodies: requestBody?.content ?? {},
    })),
  );
}

/** The path with its parameters filled in and the queries it cannot do without. */
export function target(operation: Operation, names: Readonly<Record<string, string>>): string {
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(names[name] ?? name),
  );
  const needed = operation.parameters.filter((parameter) => parameter.in === 'query' && parameter.required);
  const query = needed.map(({ name, example }) => `${name}=${encodeURIComponent(String(example))}`).join('&');
  return query === '' ? path : `${path}?${query}`;
}

export const isGuarded = ({ path }: Operation): boolean => path.startsWith('/v1/');
export const isUnsafe = ({ method }: Operation): boolean => method !== 'GET';
