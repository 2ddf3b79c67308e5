import { Type } from 'typebox';
import type { BackupInfo, VerifyLevel } from '../../backup/backups.ts';
import { RowferryError } from '../../errors.ts';
import { CODECS, PROFILES } from '../../model/avro-options.ts';
import { visibleTable, visibleTables } from '../access.ts';
import { actorOf, deny } from '../audit.ts';
import { mayOn, requireAction, seesTable } from '../auth.ts';
import { OPTIONAL_JSON_BODY } from '../body-rules.ts';
import { claimOf, runOnce, sendOutcome } from '../idempotency.ts';
import type { App, Request, Services } from '../services.ts';
import { askerOf } from './backup-jobs.ts';
import { FileKey, fileKeyIn, IdParams, Offset, TableName } from './parameters.ts';

const BackupRequest = Type.Object(
  {
    tables: Type.Optional(
      Type.Array(TableName, {
        minItems: 1,
        maxItems: 10_000,
        description: 'Default: every table the key may back up',
      }),
    ),
    codec: Type.Optional(
      Type.Enum([...CODECS], {
        description: 'Of the Avro files. Default: as configured, deflate. Fewer programs read zstandard',
      }),
    ),
    profile: Type.Optional(
      Type.Enum([...PROFILES], {
        description:
          'Moments without a zone. Default: as configured, iceberg: timestamp-micros, adjust-to-utc false. standard: ' +
          'local-timestamp-micros',
      }),
    ),
  },
  { additionalProperties: false },
);

const AVRO = 'application/avro';
/** Registered with IANA. */
const AGE = 'application/vnd.age';

const ContentQuery = Type.Object(
  {
    offset: Type.Optional(Offset),
  },
  { additionalProperties: false },
);

const LEVELS: readonly VerifyLevel[] = [0, 1, 2, 3];
const VerifyRequest = Type.Object({ fileKey: Type.Optional(FileKey) }, { additionalProperties: false });

const VerifyQuery = Type.Object(
  { level: Type.Optional(Type.Enum(['0', '1', '2', '3'])) },
  { additionalProperties: false },
);

const BackupsQuery = Type.Object({ table: Type.Optional(TableName) }, { additionalProperties: false });

export function addBackupRoutes(app: App, services: Services): void {
  addRun(app, services);
  addList(app, services);
  addContent(app, services);
  addVerify(app, services);
}

function addRun(app: App, services: Services): void {
  app.post(
    '/v1/backups',
    {
      schema: { body: Type.Union([BackupRequest, Type.Null()]) },
      config: {
        body: OPTIONAL_JSON_BODY,
        docs: {
          id: 'runBackup',
          tag: 'backups',
          summary: 'Back tables up',
          description:
            'One Avro file for each table, all from one snapshot, each read back whole before it counts.',
          request: {
            'application/json': { schema: BackupRequest, example: { tables: ['departments', 'jobs'] } },
          },
          response: { status: 201, description: 'The backups', document: 'BackupResultList' },
        },
      },
    },
    async (request, reply) => {
      const { tables: named, ...avro } = request.body ?? {};
      const tables = await tablesToBackUp(request, services, named);
      const backUp = () => services.backups.run(tables, askerOf(request), avro);
      const run = async () => ({ status: 201, body: { backups: await backUp() } });
      return sendOutcome(reply, await runOnce(request, services, claimOf(request), run));
    },
  );
}

async function tablesToBackUp(
  request: Request,
  services: Services,
  named: readonly string[] | undefined,
): Promise<string[]> {
  if (named !== undefined) {
    for (const name of named) {
      // One that cannot be backed up, such as a view, stands in no dictionary: the snapshot says what it is.
      if (!mayOn(request, name, 'backup')) await visibleTable(request, services, name);
      requireAction(request, name, 'backup');
    }
    return [...new Set(named)];
  }
  const names = (await visibleTables(request, services)).map(({ name }) => name);
  const allowed = names.filter((name) => mayOn(request, name, 'backup'));
  if (allowed.length > 0) return allowed;
  const error = new RowferryError('forbidden', 'this key may back up no table', {
    hint: 'use a key with a scope such as tables:*:backup',
  });
  throw deny(request, '*', error);
}

function addList(app: App, services: Services): void {
  app.get(
    '/v1/backups',
    {
      schema: { querystring: BackupsQuery },
      config: {
        docs: {
          id: 'listBackups',
          tag: 'backups',
          summary: 'The backups, newest first',
          response: {
            status: 200,
            description: 'Backups of tables the key may know of',
            document: 'BackupList',
          },
        },
      },
    },
    async (request) => {
      const found = await services.backups.list(request.query);
      const backups = found.filter((backup) => seesTable(request, backup.table));
      const nextRun = services.backups.nextRun()?.toISOString() ?? null;
      return { backups, nextRun, lastRun: await lastRunOf(services) };
    },
  );
}

/** Without the reason of a failure, which may name tables that the key may not know of: the log has it. */
async function lastRunOf({ backups }: Services): Promise<object | null> {
  const last = await backups.lastRun();
  if (last === null) return null;
  const { due, state, startedAt, finishedAt } = last;
  return { due, state, startedAt, finishedAt };
}

function addContent(app: App, services: Services): void {
  app.get(
    '/v1/backups/:id/content',
    {
      schema: { params: IdParams, querystring: ContentQuery },
      config: {
        docs: {
          id: 'downloadBackup',
          tag: 'backups',
          summary: 'The Avro file itself, or the rest of it',
          description:
            'An encrypted one is application/vnd.age. With ?offset=N from byte N on: a download that was cut goes on there.',
          response: {
            status: 200,
            description: 'An Avro object container file, or a file of age with one in it',
            types: [AVRO, AGE],
          },
        },
      },
    },
    async (request, reply) => {
      const { id } = await backupFor(request, services, request.params.id);
      const offset = Number(request.query.offset ?? 0);
      const { info, stream } = await services.backups.content(id, offset);
      const detail = { table: info.table, sha256: info.sha256, ...(offset === 0 ? {} : { offset }) };
      services.audit.note({ event: 'backup-downloaded', actor: actorOf(request), subject: id, detail });
      reply.header('content-length', info.bytes - offset);
      reply.header('content-disposition', `attachment; filename*=UTF-8''${encodeName(info.file)}`);
      return reply.type(info.encryption === null ? AVRO : AGE).send(stream);
    },
  );
}

function addVerify(app: App, services: Services): void {
  app.post(
    '/v1/backups/:id/verify',
    {
      schema: { params: IdParams, querystring: VerifyQuery, body: Type.Union([VerifyRequest, Type.Null()]) },
      config: {
        body: OPTIONAL_JSON_BODY,
        docs: {
          id: 'verifyBackup',
          tag: 'backups',
          summary: 'Read a backup back whole: checksum, rows, digest',
          description:
            'With ?level= less or more: 0 the file is there, 1 its SHA-256, 2 it is decoded (the default), 3 it is ' +
            'restored into a scratch table, which is compared. Of an encrypted backup whose key does not come with the ' +
            'request, 2 is its SHA-256.',
          request: { 'application/json': { schema: VerifyRequest, example: {} } },
          response: { status: 200, description: 'The backup with what was found', document: 'Backup' },
        },
      },
    },
    async (request, reply) => {
      const { id } = await backupFor(request, services, request.params.id);
      const fileKey = fileKeyIn(request.body?.fileKey);
      const level = LEVELS.find((each) => String(each) === request.query.level);
      const asker = askerOf(request);
      const verify = async () => ({
        status: 200,
        body: await services.backups.verify(id, fileKey, level, asker),
      });
      return sendOutcome(reply, await runOnce(request, services, claimOf(request), verify));
    },
  );
}

/** `backup-not-found` also for a backup of a table the key may not know of. */
export async function backupFor(request: Request, { backups }: Services, id: string): Promise<BackupInfo> {
  const info = await backups.find(id);
  if (!seesTable(request, info.table)) {
    const hint = 'list them: GET /v1/backups';
    throw deny(
      request,
      info.table,
      new RowferryError('backup-not-found', `there is no backup ${id}`, { hint }),
    );
  }
  requireAction(request, info.table, 'backup');
  return info;
}

/** RFC 8187: what encodeURIComponent leaves and the field may not have. */
function encodeName(file: string): string {
  const name = file.slice(file.lastIndexOf('/') + 1);
  return encodeURIComponent(name).replace(
    /['()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
