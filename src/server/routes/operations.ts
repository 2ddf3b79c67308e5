import { ERROR_CODES, RowferryError } from '../../errors.ts';
import { HOME_PAGE, HOME_POLICY } from '../home-page.ts';
import type { App, Services } from '../services.ts';

/** What needs no key: the front page, health, metrics, and the pages of the problem types. */
export function addOperationRoutes(app: App, services: Services): void {
  addHealth(app, services);
  addMetrics(app, services);
  addProblemPages(app);
  app.get('/', async (_, reply) => {
    reply.header('content-security-policy', HOME_POLICY);
    return reply.type('text/html; charset=utf-8').send(HOME_PAGE);
  });
}

function addHealth(app: App, services: Services): void {
  app.get(
    '/health/live',
    {
      config: {
        docs: {
          id: 'live',
          tag: 'operations',
          summary: 'The process answers',
          response: { status: 200, description: 'Always', document: 'Health' },
        },
      },
    },
    async () => ({ status: 'ok', checks: {} }),
  );
  app.get(
    '/health/ready',
    {
      config: {
        docs: {
          id: 'ready',
          tag: 'operations',
          summary: 'The database answers and the ledger is there',
          response: { status: 200, description: 'Ready', document: 'Health' },
          others: { 503: { status: 503, description: 'Not ready, and why', document: 'Health' } },
        },
      },
    },
    async (_, reply) => {
      const { ok, checks } = await services.ingest.ready();
      if (!ok) return reply.code(503).send({ status: 'unavailable', checks });
      return { status: 'ok', checks: { ...checks, ...(await lastBackup(services)) } };
    },
  );
}

/** For who watches; a server whose backup failed takes rows all the same. */
async function lastBackup({ backups }: Services): Promise<Record<string, string>> {
  const last = await backups.lastRun();
  if (last === null) return {};
  return { lastBackup: `${last.state} ${last.finishedAt ?? last.startedAt}` };
}

function addMetrics(app: App, services: Services): void {
  app.get(
    '/metrics',
    {
      config: {
        docs: {
          id: 'metrics',
          tag: 'operations',
          summary: 'Metrics for Prometheus',
          response: { status: 200, description: 'Text format 0.0.4', types: ['text/plain'] },
        },
      },
    },
    async (_, reply) => {
      const { type, body } = await services.metrics.text();
      return reply.type(type).send(body);
    },
  );
}

/** What the `type` of a problem leads to. */
function addProblemPages(app: App): void {
  app.get<{ Params: { code: string } }>('/problems/:code', async (request) => {
    const { code } = request.params;
    const entry = Object.entries(ERROR_CODES).find(([name]) => name === code);
    if (entry !== undefined)
      return { type: `/problems/${code}`, code, ...entry[1], documentation: 'docs/errors.md' };
    throw new RowferryError('not-found', `there is no problem type ${code}`, {
      hint: 'docs/errors.md lists them',
    });
  });
}
