import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { FILE_KEY_BYTES } from '../../age/header.ts';
import type { RestoreRequest } from '../../backup/backups.ts';
import { RowferryError } from '../../errors.ts';
import { type AuditedRestore, auditRestore, deny } from '../audit.ts';
import { requireAction, seesTable } from '../auth.ts';
import { type BodyRule, mediaType } from '../body-rules.ts';
import { type Answer, claimOf, runOnce, sendOutcome } from '../idempotency.ts';
import type { App, Request, Services } from '../services.ts';
import { type Spooled, uploadFolder, withSpooledBody } from '../spool.ts';
import { askerOf } from './backup-jobs.ts';
import { FileKey, fileKeyIn, TableParams } from './parameters.ts';

/** An encrypted file with its key in front: 16 bytes that stay in memory. */
const KEYED_AGE = 'application/vnd.rowferry.keyed-age';

const RESTORE_BODY: BodyRule = {
  types: {
    'application/json': 'json',
    'application/avro': 'stream',
    'application/octet-stream': 'stream',
    [KEYED_AGE]: 'stream',
  },
  required: true,
  hashed: true,
};

const RestoreBody = Type.Object(
  {
    backup: Type.String({ minLength: 1, maxLength: 256, description: 'Id of a backup' }),
    dryRun: Type.Optional(Type.Boolean({ description: 'Check everything, change nothing' })),
    convert: Type.Optional(
      Type.Boolean({ description: 'The backup may be one of another kind of database' }),
    ),
    fileKey: Type.Optional(FileKey),
  },
  { additionalProperties: false },
);

const restoreBodyCheck = Compile(RestoreBody);

const RestoreQuery = Type.Object(
  {
    dryRun: Type.Optional(Type.Enum(['true', 'false'], { description: 'For an Avro body' })),
    convert: Type.Optional(Type.Enum(['true', 'false'], { description: 'For an Avro body' })),
  },
  { additionalProperties: false },
);

export function addRestoreRoute(app: App, services: Services): void {
  app.post(
    '/v1/tables/:table/restore',
    {
      schema: {
        params: TableParams,
        querystring: RestoreQuery,
        body: { content: { 'application/json': { schema: RestoreBody } } },
      },
      // A table that was dropped can be restored, so only the key is asked, not the dictionary.
      onRequest: async (request) => requireAction(request, request.params.table, 'restore'),
      config: {
        body: RESTORE_BODY,
        docs: {
          id: 'restoreTable',
          tag: 'backups',
          summary: 'Replace a whole table by a backup, or change nothing',
          description:
            'With the id of a backup, or with the Avro file as the body (then ?dryRun=true for a dry run). An encrypted file comes with its key: 16 bytes in front of it. The backup may be that of another table: this one then needs the same columns, or is made like it; by id that needs the action backup on the other table. One of another kind of database is refused, unless convert says to convert its values.',
          request: {
            'application/json': {
              schema: RestoreBody,
              example: { backup: '<id of a backup>', dryRun: true },
            },
            'application/avro': { schema: Type.String({ format: 'binary' }), example: '<an Avro file>' },
            [KEYED_AGE]: {
              schema: Type.String({ format: 'binary' }),
              example: '<16 bytes: the key of the file><a file of age>',
            },
          },
          response: { status: 200, description: 'What was restored', document: 'RestoreResult' },
        },
      },
    },
    async (request, reply) => {
      const { table } = request.params;
      if (mediaType(request.raw) === 'application/json') {
        const { backup, dryRun = false, convert = false, fileKey } = await askedFor(request, services, table);
        const about = { table, dryRun, convert, source: { backup } };
        const work = restore(request, services, about, { source: about.source, fileKey: fileKeyIn(fileKey) });
        return sendOutcome(reply, await runOnce(request, services, claimOf(request), work));
      }
      const folder = uploadFolder(services.config.home);
      const dryRun = request.query.dryRun === 'true';
      const convert = request.query.convert === 'true';
      const secretBytes = mediaType(request.raw) === KEYED_AGE ? FILE_KEY_BYTES : 0;
      const use = ({ path, sha256, secret }: Spooled) => {
        const about = { table, dryRun, convert, source: { sha256 } };
        const fileKey = secretBytes === 0 ? null : secret;
        const work = restore(request, services, about, { source: { file: path }, fileKey });
        return runOnce(request, services, claimOf(request, sha256), work);
      };
      const outcome = await withSpooledBody(request, folder, services.limits, use, { secretBytes });
      return sendOutcome(reply, outcome);
    },
  );
}

function restore(
  request: Request,
  services: Services,
  about: AuditedRestore,
  from: Pick<RestoreRequest, 'source' | 'fileKey'>,
): () => Promise<Answer> {
  const { table, dryRun, convert } = about;
  const asker = askerOf(request);
  const work = () => services.backups.restore({ table, dryRun, convert, asker, ...from });
  return async () => ({ status: 200, body: await auditRestore(request, services, about, work) });
}

/**
 * Another table's backup may hold what the key must not read: to restore it into this one, the key needs the right to
 * fetch it.
 */
async function askedFor(
  request: Request,
  { backups }: Services,
  into: string,
): Promise<Static<typeof RestoreBody>> {
  const { body } = request;
  if (!restoreBodyCheck.Check(body)) throw new TypeError('the route was given a body that was not validated');
  const { table } = await backups.find(body.backup);
  const isOther = table.toLowerCase() !== into.toLowerCase();
  if (seesTable(request, table)) {
    if (isOther) requireAction(request, table, 'backup');
    return body;
  }
  const error = new RowferryError('backup-not-found', `there is no backup ${body.backup}`, {
    hint: 'list them: GET /v1/backups',
  });
  throw deny(request, table, error);
}
