import { Type } from 'typebox';
import { actorOf, auditDeletions } from '../audit.ts';
import { mayOn, requireAction } from '../auth.ts';
import { OPTIONAL_JSON_BODY } from '../body-rules.ts';
import { claimOf, runOnce, sendOutcome } from '../idempotency.ts';
import type { App, Services } from '../services.ts';
import { backupFor } from './backups.ts';
import { IdParams, TableName } from './parameters.ts';

/** Delete what the rules of retention do not keep; hold backups against that. */

const PruneRequest = Type.Object(
  {
    dryRun: Type.Optional(Type.Boolean({ description: 'Only say what would be deleted; default false' })),
    table: Type.Optional(TableName),
  },
  { additionalProperties: false },
);

export function addRetentionRoutes(app: App, services: Services): void {
  addPrune(app, services);
  addHold(app, services, true);
  addHold(app, services, false);
}

function addPrune(app: App, services: Services): void {
  app.post(
    '/v1/backups/prune',
    {
      schema: { body: Type.Union([PruneRequest, Type.Null()]) },
      config: {
        body: OPTIONAL_JSON_BODY,
        docs: {
          id: 'pruneBackups',
          tag: 'backups',
          summary: 'Delete the backups that no rule keeps',
          description:
            'By the rules of the server (backupRetention), for the tables that the key may back up. The newest verified ' +
            'backup of a table is never deleted, nor one that is held.',
          request: { 'application/json': { schema: PruneRequest, example: { dryRun: true } } },
          response: {
            status: 200,
            description: 'Every backup, and why it is kept or not',
            document: 'PrunedList',
          },
        },
      },
    },
    async (request, reply) => {
      const { dryRun = false, table } = request.body ?? {};
      if (table !== undefined) requireAction(request, table, 'backup');
      const prune = async () => {
        const found = await services.backups.list(table === undefined ? {} : { table });
        const tables = new Set(found.map((backup) => backup.table));
        const allowed = [...tables].filter((each) => mayOn(request, each, 'backup'));
        const backups = dryRun
          ? await services.backups.prune(allowed, true)
          : await auditDeletions(request, services, (beforehand) =>
              services.backups.prune(allowed, false, beforehand),
            );
        return { status: 200, body: { backups, dryRun } };
      };
      return sendOutcome(reply, await runOnce(request, services, claimOf(request), prune));
    },
  );
}

function addHold(app: App, services: Services, held: boolean): void {
  app.post(
    held ? '/v1/backups/:id/hold' : '/v1/backups/:id/release',
    {
      schema: { params: IdParams },
      config: {
        docs: {
          id: held ? 'holdBackup' : 'releaseBackup',
          tag: 'backups',
          summary: held ? 'Keep a backup, whatever the rules' : 'Leave a backup to the rules again',
          response: { status: 200, description: 'The backup', document: 'Backup' },
        },
      },
    },
    async (request, reply) => {
      const { id, table } = await backupFor(request, services, request.params.id);
      const hold = async () => {
        const body = await services.backups.hold(id, held);
        const event = held ? 'backup-held' : 'backup-released';
        services.audit.note({ event, actor: actorOf(request), subject: id, detail: { table } });
        return { status: 200, body };
      };
      return sendOutcome(reply, await runOnce(request, services, claimOf(request), hold));
    },
  );
}
