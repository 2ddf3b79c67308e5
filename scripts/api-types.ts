/**
 * Writes the documents and operations of /openapi.json as types into src/client, so that the client does not compile when
 * it does not follow a route. A house test holds files and routes together.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../src/config.ts';
import { createLog } from '../src/log.ts';
import { startServer } from '../src/server/listen.ts';

const ROOT = join(import.meta.dirname, '..');
const DOCUMENTS = 'src/client/api-documents.ts';
const OPERATIONS = 'src/client/api-operations.ts';
const NOTE = '/** Made from /openapi.json by scripts/api-types.ts: not to be edited. */';
const METHODS = ['get', 'post', 'patch', 'delete'] as const;

/** What of JSON Schema 2020-12 the API's documents use. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

interface Parameter {
  readonly name?: string;
  readonly in?: string;
  readonly required?: boolean;
  readonly schema?: Schema;
}

type Content = Readonly<Record<string, { readonly schema: Schema }>>;

export interface OpenApiOperation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}

export interface OpenApi {
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
  readonly paths: Readonly<Record<string, Partial<Record<(typeof METHODS)[number], OpenApiOperation>>>>;
}

/** Documents without others in them keep the file short enough: one line each. */
const ONE_LINE = '// biome-ignore format: made\n';
const isFlat = (type: string): boolean => type.startsWith('{') && !type.includes('{', 1);

/** The text of api-documents.ts, not yet formatted. */
export function documentsOf({ components }: OpenApi): string {
  const members = Object.entries(components.schemas).map(([name, schema]) => {
    const type = typeOf(schema);
    return isFlat(type) ? `\n${ONE_LINE}${member(name, type.replaceAll('\n', ' '))}` : member(name, type);
  });
  return `${NOTE}\nexport interface Schemas {${members.join('')}}\n`;
}

/** The text of api-operations.ts, not yet formatted. */
export function operationsOf({ paths }: OpenApi): string {
  const members = Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      if (operation === undefined) return [];
      return [member(`${method.toUpperCase()} ${path}`, operationType(operation))];
    }),
  );
  const imports = "import type { Schemas } from './api-documents.ts';";
  return `${NOTE}\n${imports}\n\nexport interface Operations {${members.join('')}}\n`;
}

function operationType({ parameters = [], requestBody, responses }: OpenApiOperation): string {
  const placed = (place: string) =>
    parameters.flatMap(({ in: where, name, schema = {}, required = false }) =>
      where === place && name !== undefined ? [member(name, typeOf(schema), required)] : [],
    );
  const bodies = Object.entries(requestBody?.content ?? {}).map(([type, { schema }]) =>
    member(type, typeOf(schema)),
  );
  return record([
    member('path', record(placed('path'))),
    member('query', record(placed('query'))),
    member('bodies', record(bodies)),
    member('answer', answerOf(responses)),
  ]);
}

/** `never` for one without members: to `{}` anything could be assigned. */
function record(members: readonly string[]): string {
  return members.length === 0 ? 'never' : `{${members.join('')}}`;
}

/** The JSON of success; string for what is no JSON. */
function answerOf(responses: OpenApiOperation['responses']): string {
  const success = Object.entries(responses).filter(([status]) => status.startsWith('2'));
  const types = success.map(([, { content }]) => content?.['application/json']?.schema);
  return [...new Set(types.map((schema) => (schema === undefined ? 'string' : typeOf(schema))))].join(' | ');
}

/** Throws for what it does not know: a type that says too little would let mistakes pass. */
export function typeOf(schema: Schema): string {
  const { $ref, anyOf, items, properties, patternProperties } = schema;
  if ($ref !== undefined) return `Schemas['${$ref.slice($ref.lastIndexOf('/') + 1)}']`;
  if (anyOf !== undefined) return anyOf.map(typeOf).join(' | ');
  if ('const' in schema) return literal(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(literal).join(' | ');
  if (schema.type === 'array' && items !== undefined) return `ReadonlyArray<${typeOf(items)}>`;
  if (properties !== undefined) return objectType(schema);
  if (patternProperties !== undefined) return recordType(patternProperties);
  if (schema.type === 'integer') return 'number';
  if (schema.type !== undefined && /^(string|number|boolean|null)$/.test(schema.type)) return schema.type;
  if (Object.keys(schema).length === 0) return 'unknown';
  throw new Error(`scripts/api-types.ts does not know the schema ${JSON.stringify(schema)}`);
}

function objectType({ properties = {}, required = [] }: Schema): string {
  const members = Object.entries(properties).map(([name, each]) =>
    member(name, typeOf(each), required.includes(name)),
  );
  return record(members);
}

function recordType(patterns: Readonly<Record<string, Schema>>): string {
  return `Readonly<Record<string, ${Object.values(patterns).map(typeOf).join(' | ')}>>`;
}

function literal(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : JSON.stringify(value);
}

function member(name: string, type: string, required = true): string {
  return `readonly ${/^\w+$/.test(name) ? name : `'${name}'`}${required ? '' : '?'}: ${type};\n`;
}

/** As /openapi.json of a real server gives it. */
async function readOpenApi(): Promise<OpenApi> {
  const home = mkdtempSync(join(tmpdir(), 'rowferry-openapi-'));
  const config = loadConfig({ home, backupSchedule: null }, {});
  const log = createLog({ destination: { write: () => {} } });
  const server = await startServer({ config, log, port: 0 });
  try {
    return (await (await fetch(`${server.url}/openapi.json`)).json()) as OpenApi;
  } finally {
    await server.close();
    rmSync(home, { recursive: true });
  }
}

/** Path → the text it should have. */
export async function makeApiTypes(): Promise<ReadonlyMap<string, string>> {
  const document = await readOpenApi();
  return new Map([
    [DOCUMENTS, format(DOCUMENTS, documentsOf(document))],
    [OPERATIONS, format(OPERATIONS, operationsOf(document))],
  ]);
}

function format(path: string, text: string): string {
  const biome = join(ROOT, 'node_modules/@biomejs/biome/bin/biome');
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [biome, 'format', `--stdin-file-path=${path}`],
    { cwd: ROOT, input: text, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`biome format: ${stderr}`);
  return stdout;
}

if (import.meta.main) {
  for (const [path, text] of await makeApiTypes()) writeFileSync(join(ROOT, path), text);
}
