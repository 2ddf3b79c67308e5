import { Type } from 'typebox';
import { AUDIT_EVENTS, type ChainHead } from '../../model/audit.ts';
import { adminOnly } from '../auth.ts';
import type { App, Services } from '../services.ts';
import { Count, Sequence } from './parameters.ts';

const DEFAULT_LIMIT = 100;
const MOST_ENTRIES = 10_000;

const AuditQuery = Type.Object(
  {
    limit: Type.Optional(Count),
    before: Type.Optional(Sequence),
    event: Type.Optional(Type.Enum([...AUDIT_EVENTS], { description: 'Only entries of this event' })),
  },
  { additionalProperties: false },
);

const VerifyQuery = Type.Object(
  {
    head: Type.Optional(
      Type.String({
        pattern: '^[1-9][0-9]{0,14}:[0-9a-f]{64}$',
        description: 'A head that was kept elsewhere, as sequence:hash; without one, a cut end is not seen',
      }),
    ),
  },
  { additionalProperties: false },
);

export function addAuditRoutes(app: App, { audit }: Services): void {
  app.get(
    '/v1/audit',
    {
      schema: { querystring: AuditQuery },
      onRequest: adminOnly,
      config: {
        docs: {
          id: 'listAudit',
          tag: 'keys',
          summary: 'The audit log, newest first',
          description: 'Refused keys, denials, the life of keys, restores and downloads: docs/audit.md.',
          response: { status: 200, description: 'Entries', document: 'AuditList' },
        },
      },
    },
    async ({ query: { limit, before, event } }) => {
      const most = Math.min(Number(limit ?? DEFAULT_LIMIT), MOST_ENTRIES);
      const entries = await audit.list({
        limit: most,
        ...(before === undefined ? {} : { before: Number(before) }),
        ...(event === undefined ? {} : { event }),
      });
      return { entries, next: entries.length < most ? null : (entries.at(-1)?.sequence ?? null) };
    },
  );
  app.get(
    '/v1/audit/verification',
    {
      schema: { querystring: VerifyQuery },
      onRequest: adminOnly,
      config: {
        docs: {
          id: 'verifyAudit',
          tag: 'keys',
          summary: 'Whether the audit log is as it was written',
          description: 'Walks the whole chain; names the first entry that does not fit.',
          response: { status: 200, description: 'The verdict', document: 'AuditVerification' },
        },
      },
    },
    async ({ query }) => audit.verify(query.head === undefined ? undefined : toHead(query.head)),
  );
}

function toHead(text: string): ChainHead {
  const [sequence, hash = ''] = text.split(':');
  return { sequence: Number(sequence), hash };
}
