import { type TSchema, Type } from 'typebox';
import { count, list, nullable, oneOf, ref, time } from './schema.ts';

/** Backups, the jobs that make and check them, and what a restore did. */

const backup = {
  id: Type.String(),
  table: Type.String(),
  file: Type.String({ description: 'Relative to the home folder' }),
  rows: count('Rows in the file'),
  bytes: count('Size of the file'),
  sha256: Type.String({ description: 'Of the file' }),
  state: oneOf(['complete', 'verified', 'corrupt']),
};

export const BACKUP_DOCUMENTS: Readonly<Record<string, TSchema>> = {
  BackupResult: Type.Object({
    ...backup,
    seconds: Type.Number(),
    verifySeconds: Type.Number({ description: 'Of them, to read back what was written' }),
  }),
  BackupResultList: Type.Object({ backups: list('BackupResult') }),
  Backup: Type.Object({
    ...backup,
    snapshotAt: time('Of the snapshot'),
    run: Type.String({ description: 'Shared by the tables of one run' }),
    verifiedAt: nullable(time('When it was last read back whole')),
    testRestoredAt: nullable(time('When it was last restored into a scratch table and compared')),
    held: Type.Boolean({ description: 'Nothing deletes it until it is released' }),
    database: nullable(Type.String({ description: 'The id of its database; null where it does not say' })),
    engine: Type.String(),
    encryption: nullable(
      Type.Object({
        recipients: Type.Array(Type.String({ description: 'Public key of one who can open the file' })),
        header: Type.String({ description: 'The header of the file (age-encryption.org/v1), base64' }),
      }),
    ),
    contentDigest: Type.String({ description: 'Of the rows, whatever their order' }),
    problem: nullable(Type.String({ description: 'Why it is corrupt' })),
  }),
  PrunedBackup: Type.Object({
    backup: ref('Backup'),
    keep: Type.Boolean(),
    reasons: Type.Array(Type.String({ description: 'What keeps it, or why nothing does' })),
  }),
  BackupList: Type.Object({
    backups: list('Backup'),
    nextRun: nullable(time('When the schedule runs next')),
    lastRun: nullable(
      Type.Object(
        {
          due: time('When it had to start'),
          state: oneOf(
            ['running', 'done', 'failed', 'cut', 'skipped'],
            'cut: ended by a server that stopped; skipped: passed over',
          ),
          startedAt: time('When it started'),
          finishedAt: nullable(time('When it ended')),
        },
        { description: 'Of the schedule, on whichever server' },
      ),
    ),
  }),
  BackupJob: Type.Object(
    {
      kind: oneOf(['backup', 'verify', 'restore', 'prune', 'hold']),
      request: nullable(
        Type.String({ description: 'Its Idempotency-Key; null: of another owner or the schedule' }),
      ),
      startedAt: nullable(time('When it began; null: it waits for its turn')),
      phase: nullable(
        oneOf(
          ['counting', 'writing', 'reading-back', 'proving', 'restoring', 'finishing', 'comparing'],
          'writing and reading-back of a restore: the backup of what is there',
        ),
      ),
      table: nullable(Type.String({ description: 'At work on; null where the key may not know of it' })),
      rows: nullable(count('Done in this phase; null where it does not go row by row')),
      total: nullable(count('Rows that there are; null: not known')),
      rowsPerSecond: nullable(count('In this phase')),
      share: nullable(Type.Number({ description: 'Of the whole job, 0 to 1; null: not known yet' })),
      endsAt: nullable(time('When it is done, as fast as it went so far; null: too soon to say')),
      tablesDone: count('Tables that are done'),
      tables: nullable(count('Tables of the job')),
    },
    { description: 'A backup, verification or restore under way' },
  ),
  BackupJobList: Type.Object({ jobs: list('BackupJob') }),
  PrunedList: Type.Object({
    backups: list('PrunedBackup'),
    dryRun: Type.Boolean({ description: 'Nothing was deleted' }),
  }),
  RestoreResult: Type.Object({
    table: Type.String(),
    backupTable: Type.String({ description: 'The table of the backup' }),
    rows: count('Rows of the backup'),
    replaced: count('Rows that were there before'),
    strategy: Type.String(),
    seconds: Type.Number(),
    safetyBackup: nullable(Type.String({ description: 'Backup of what was there before' })),
    notTaken: Type.Array(Type.String(), {
      description: 'What the table that was made does not have of that of the backup',
    }),
    changes: Type.Array(Type.String(), {
      description: 'Of a backup of another engine: a line for each column that is another one afterwards',
    }),
    createTable: nullable(
      Type.String({ description: 'What makes a missing table for a backup of another engine' }),
    ),
    compared: Type.String({ description: 'What was compared when the table was read back' }),
    dryRun: Type.Boolean(),
  }),
};
