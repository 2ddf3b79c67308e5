import type { Asker, BackupJob } from '../../backup/backups.ts';
import { RowferryError } from '../../errors.ts';
import { identityOf, seesTable } from '../auth.ts';
import { claimOf } from '../idempotency.ts';
import type { App, Request, Services } from '../services.ts';
import { IdParams } from './parameters.ts';

/** What is under way of backups, verifications and restores: watched, and stopped by who asked for it. */

export function addBackupJobRoutes(app: App, services: Services): void {
  addList(app, services);
  addStop(app, services);
}

/** Who asked, as the job is told of it. */
export function askerOf(request: Request): Asker {
  const { owner, key } = claimOf(request);
  return { owner, request: key };
}

function addList(app: App, services: Services): void {
  app.get(
    '/v1/backups/jobs',
    {
      config: {
        docs: {
          id: 'listBackupJobs',
          tag: 'backups',
          summary: 'What is under way: backups, verifications, restores',
          description:
            'The first one runs, the others wait for their turn. `request` is the Idempotency-Key of the request, for the ' +
            'owner of the key that sent it. To be asked as often as somebody looks; once a second is plenty.',
          response: { status: 200, description: 'The jobs of this server', document: 'BackupJobList' },
        },
      },
    },
    async (request) => ({ jobs: jobsFor(request, services) }),
  );
}

function addStop(app: App, services: Services): void {
  app.delete(
    '/v1/backups/jobs/:id',
    {
      schema: { params: IdParams },
      config: {
        docs: {
          id: 'stopBackupJob',
          tag: 'backups',
          summary: 'Stop a backup, verification or restore',
          description:
            'By the Idempotency-Key of its request, for the owner of the key that sent it. Its request then answers ' +
            '`job-stopped`, and what it changed is taken back; or it was done before, and answers so.',
          response: {
            status: 200,
            description: 'It was told to stop; what is under way',
            document: 'BackupJobList',
          },
        },
      },
    },
    // Nothing is written for it: a restore may hold the lock that a write of the ledger would wait for.
    async (request) => {
      const { id } = request.params;
      const { owner } = identityOf(request);
      if (!services.backups.stopJob({ owner, request: id })) throw notThere(id);
      return { jobs: jobsFor(request, services) };
    },
  );
}

function jobsFor(request: Request, { backups }: Services): object[] {
  return backups.jobs().map((job) => documentOf(job, request));
}

function notThere(id: string): RowferryError {
  return new RowferryError('job-not-found', `no job of this owner is under way for the request ${id}`, {
    hint: 'see what is: GET /v1/backups/jobs',
  });
}

/** Without what the key may not know of. */
function documentOf({ kind, asker, startedAt, progress, endsAt }: BackupJob, request: Request): object {
  const isMine = asker !== null && asker.owner === identityOf(request).owner;
  const table = progress?.table ?? null;
  const round = progress?.share == null ? null : Math.floor(progress.share * 1000) / 1000;
  return {
    kind,
    request: isMine ? asker.request : null,
    startedAt: startedAt?.toISOString() ?? null,
    phase: progress?.phase ?? null,
    table: table !== null && seesTable(request, table) ? table : null,
    rows: progress?.rows ?? null,
    total: progress?.total ?? null,
    rowsPerSecond: progress?.rowsPerSecond ?? null,
    share: round,
    endsAt: endsAt?.toISOString() ?? null,
    tablesDone: progress?.tablesDone ?? 0,
    tables: progress?.tables ?? null,
  };
}
