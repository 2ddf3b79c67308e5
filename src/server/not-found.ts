import { RowferryError } from '../errors.ts';
import { pathOf } from './problems.ts';
import type { App, Request } from './services.ts';

/** 404, or 405 with Allow where the path has other methods. Call before the routes are added. */
export function answerUnknownRoutes(app: App): void {
  const known = new Map<string, { readonly pattern: RegExp; readonly methods: Set<string> }>();
  app.addHook('onRoute', ({ url, method }) => {
    const entry = known.get(url) ?? { pattern: toPattern(url), methods: new Set<string>() };
    for (const each of [method].flat()) entry.methods.add(each);
    known.set(url, entry);
  });
  app.setNotFoundHandler((request, reply) => {
    const path = pathOf(request.url);
    const match = [...known.values()].find(({ pattern }) => pattern.test(path));
    if (match === undefined) throw notFound(request);
    reply.header('allow', [...match.methods].sort().join(', '));
    throw new RowferryError('method-not-allowed', `${request.method} is not allowed on ${path}`, {
      hint: `use ${[...match.methods].sort().join(' or ')}`,
    });
  });
}

function toPattern(url: string): RegExp {
  const source = url
    .split('/')
    .map((part) => (part.startsWith(':') ? '[^/]+' : part.replace(/[^A-Za-z0-9_-]/g, '\\$&')))
    .join('/');
  return new RegExp(`^${source}$`);
}

function notFound(request: Request): RowferryError {
  return new RowferryError('not-found', `there is nothing at ${request.method} ${pathOf(request.url)}`, {
    hint: '/docs lists what there is',
  });
}
