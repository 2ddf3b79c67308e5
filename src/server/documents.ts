import { type TSchema, Type } from 'typebox';
import { AUDIT_EVENTS } from '../model/audit.ts';
import { REJECT_CODES, REJECT_STATES } from '../model/reject.ts';
import { MODES } from '../model/table.ts';
import { DialectDocument } from './dialect-document.ts';

/** The JSON documents of the API, as components/schemas of /openapi.json. Their types stand in src/model. */

const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const count = (description: string) => Type.Integer({ minimum: 0, description });
const time = (description: string) => Type.String({ format: 'date-time', description });
const oneOf = (values: readonly string[], description?: string) =>
  Type.Enum([...values], description === undefined ? {} : { description });
const list = (name: string) => Type.Array(ref(name));

export function ref(name: string): TSchema {
  return Type.Unsafe({ $ref: `#/components/schemas/${name}` });
}

const counts = {
  read: count('Records read. read = inserted + updated + skipped + rejected'),
  inserted: count('Rows added'),
  updated: count('Rows changed (mode upsert)'),
  skipped: count('Rows passed over (mode skip)'),
  rejected: count('Records not loaded'),
};

const STATES = ['receiving', 'completed', 'completed_with_rejects', 'aborted', 'failed'];

const load = {
  id: Type.String({ description: 'ULID' }),
  table: Type.String(),
  name: Type.String({ description: 'The name of the file as it was announced' }),
  state: oneOf(STATES),
  size: count('Bytes announced'),
  offset: count('Where the next part starts'),
  sha256: Type.String(),
  mode: oneOf(MODES),
  atomic: Type.Boolean(),
  maxRejects: nullable(Type.String()),
  dialect: nullable(ref('Dialect')),
  columns: nullable(Type.Array(Type.String())),
  reasons: list('Reason'),
  strategy: nullable(Type.String({ description: 'How the rows were written' })),
  detail: nullable(Type.String({ description: 'Why it was stopped or failed' })),
  parent: nullable(Type.String({ description: 'The load whose rejects this one retries' })),
  schema: nullable(Type.String({ description: 'SHA-256 of its Table Schema as JSON' })),
  createdAt: time('When it was announced'),
  updatedAt: time('When it last moved on'),
  ...counts,
};

const names = Type.Array(Type.String());
const limit = Type.Union([Type.Integer(), Type.String()], {
  description: 'A text where a number cannot hold it',
});

const column = Type.Object({
  name: Type.String(),
  sqlType: Type.String({ description: 'As the database writes it' }),
  kind: Type.String({ description: 'integer, decimal, text, datetime …' }),
  nullable: Type.Boolean(),
  default: nullable(Type.String({ description: 'SQL' })),
  generated: Type.Boolean({ description: 'Computed by the database: never written' }),
  identity: Type.Boolean({ description: 'Filled by the database when left out' }),
  maxLength: Type.Optional(count('Characters')),
  precision: Type.Optional(count('Digits in all')),
  scale: Type.Optional(count('Digits after the point')),
  significantDigits: Type.Optional(count('Digits the engine keeps')),
  minimum: Type.Optional(limit),
  maximum: Type.Optional(limit),
  withZone: Type.Optional(Type.Boolean()),
  fractionDigits: Type.Optional(count('Of a second')),
  enum: Type.Optional(names),
});

const backup = {
  id: Type.String(),
  table: Type.String(),
  file: Type.String({ description: 'Relative to the home folder' }),
  rows: count('Rows in the file'),
  bytes: count('Size of the file'),
  sha256: Type.String({ description: 'Of the file' }),
  state: oneOf(['complete', 'verified', 'corrupt']),
};

const key = {
  id: Type.String(),
  owner: Type.String(),
  name: Type.String(),
  scopes: Type.Array(Type.String()),
  sealedOnly: Type.Boolean({ description: 'Not good as a Bearer token, only for sealed requests' }),
  createdAt: time('When it was made'),
  expiresAt: time('When it ends'),
  revokedAt: nullable(time('When it was revoked')),
  lastUsedAt: nullable(time('When it was last used, to the minute')),
};

const auditEntry = {
  sequence: Type.Integer({ minimum: 1, description: 'The order in which the entries were written' }),
  time: time('When it happened'),
  event: oneOf(AUDIT_EVENTS, 'docs/audit.md explains them'),
  owner: nullable(Type.String({ description: 'Null: the key was not proven' })),
  keyId: nullable(Type.String({ description: 'Without an owner: as the request claimed' })),
  address: nullable(Type.String({ description: 'Null: the program itself' })),
  subject: nullable(Type.String({ description: 'The table, key or backup it is about' })),
  detail: Type.Record(Type.String(), Type.Unknown()),
  previous: Type.String({ description: 'The hash of the entry before' }),
  hash: Type.String({ description: 'HMAC-SHA256 over the entry, hex' }),
};

export const DOCUMENTS: Readonly<Record<string, TSchema>> = {
  Problem: Type.Object(
    {
      type: Type.String({ description: '/problems/<code>' }),
      title: Type.String(),
      status: Type.Integer(),
      detail: Type.String({ description: 'What was found and what was expected' }),
      code: Type.String({ description: 'Stable; docs/errors.md lists them' }),
      instance: Type.String({ description: 'The path of the request' }),
      retryable: Type.Boolean({ description: 'The same request may succeed later' }),
      hint: Type.Optional(Type.String({ description: 'What to do' })),
      errors: Type.Optional(
        Type.Array(
          Type.Object({
            pointer: Type.String({
              description: 'RFC 6901; /query/…, /path/… and /headers/… outside the body',
            }),
            code: Type.String(),
            detail: Type.Optional(Type.String()),
          }),
        ),
      ),
      receipt: Type.Optional(ref('BatchReceipt')),
      receipts: Type.Optional(list('BatchReceipt')),
    },
    { description: 'RFC 9457 problem details' },
  ),
  RejectError: Type.Object({
    code: oneOf(REJECT_CODES, 'docs/rejects.md explains them'),
    column: nullable(Type.String()),
    value: nullable(Type.String()),
    message: Type.String(),
  }),
  Reject: Type.Object({
    index: count('0-based among the data records of the request or part'),
    line: Type.Integer({ minimum: 1 }),
    byteOffset: count('Of the first byte of the record'),
    raw: Type.String({ description: 'The record as it came' }),
    rawBase64: Type.Optional(Type.String({ description: 'Its bytes, where they are not UTF-8' })),
    errors: list('RejectError'),
    state: Type.Optional(oneOf(REJECT_STATES, 'In a list of rejects: docs/rejects.md explains them')),
    retryLoad: Type.Optional(nullable(Type.String({ description: 'The load that loaded it since' }))),
  }),
  RejectPage: Type.Object({
    rejects: list('Reject'),
    next: nullable(Type.Integer({ description: 'Give as ?after= for the next page; null at the end' })),
  }),
  Dialect: DialectDocument,
  Reason: Type.Object({
    code: oneOf(REJECT_CODES),
    column: nullable(Type.String()),
    count: count('Errors of this code in this column'),
    firstLine: Type.Integer({ minimum: 1 }),
  }),
  BatchReceipt: Type.Object({
    load: Type.String({ description: 'Id of the load that keeps this batch' }),
    table: Type.String(),
    state: oneOf(STATES),
    mode: oneOf(MODES),
    atomic: Type.Boolean(),
    reasons: list('Reason'),
    rejects: list('Reject'),
    strategy: Type.String(),
    seconds: Type.Number(),
    next: Type.Optional(
      nullable(
        Type.Integer({
          description: 'Of a retry: give as ?after= (with a body: as ?first=) to go on; null at the end',
        }),
      ),
    ),
    ...counts,
  }),
  MultiBatchReceipt: Type.Object({ receipts: list('BatchReceipt') }),
  Load: Type.Object(load),
  LoadList: Type.Object({ loads: list('Load') }),
  PartReceipt: Type.Object({
    ...load,
    part: Type.Object({
      ...counts,
      firstByte: count('Of the part'),
      endByte: count('Of what was taken of it'),
    }),
    rejects: list('Reject'),
  }),
  Batch: Type.Object({
    firstByte: count('Of the batch'),
    endByte: count('Where the next batch starts'),
    sha256: Type.String({ description: 'Of its bytes in the file' }),
    ...counts,
  }),
  BatchList: Type.Object({
    batches: list('Batch'),
    next: nullable(Type.Integer({ description: 'Give as ?after= for the next page; null at the end' })),
  }),
  ReconcileReceipt: Type.Object(
    {
      load: Type.String(),
      table: Type.String(),
      firstByte: count('Of the slice'),
      endByte: count('Of what was taken of it: whole records'),
      lines: count('Physical lines in it'),
      read: count('Records read'),
      rejected: count('Of them rejects of the load, by the ledger'),
      found: count('Rows that stand in the table as the file has them'),
      missing: count('Rows that are not there'),
      changed: count('Rows whose key is there with other values'),
      differences: list('Difference'),
      resent: nullable(Type.String({ description: 'The load that the missing rows were sent again as' })),
      seconds: Type.Number(),
    },
    { description: 'read = rejected + found + missing + changed' },
  ),
  Difference: Type.Object({
    kind: oneOf(['missing', 'changed']),
    line: Type.Integer({ minimum: 1 }),
    byteOffset: count('Of the first byte of the record'),
    raw: Type.String({ description: 'The record as it came' }),
    columns: Type.Array(
      Type.Object({
        column: Type.String(),
        file: nullable(Type.String({ description: 'As the database writes the value of the file' })),
        table: nullable(Type.String({ description: 'As the database writes its own' })),
      }),
      { description: 'Of a changed row: where they differ' },
    ),
  }),
  Column: column,
  Table: Type.Object(
    {
      schema: Type.Optional(Type.String({ description: 'Where the engine has schemas' })),
      name: Type.String(),
      rows: nullable(count('Null without the scope read, and in a list without ?counts=true')),
      columns: list('Column'),
      primaryKey: names,
      uniqueKeys: Type.Array(Type.Object({ name: Type.String(), columns: names, primary: Type.Boolean() })),
      foreignKeys: Type.Array(
        Type.Object({
          name: Type.String(),
          columns: names,
          parentTable: Type.String(),
          parentColumns: names,
          onDelete: Type.String(),
          onUpdate: Type.String(),
        }),
      ),
      checks: Type.Array(Type.String({ description: 'SQL' })),
      triggers: names,
      createSql: Type.Optional(Type.String({ description: 'The statement that made the table' })),
    },
    { description: 'The rules of one table, read from the live database' },
  ),
  TableList: Type.Object({ tables: list('Table') }),
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
  Key: Type.Object(key),
  KeyList: Type.Object({ keys: list('Key') }),
  CreatedKey: Type.Object({
    token: nullable(Type.String({ description: 'Shown this once; null when the answer is a replay' })),
    key: ref('Key'),
  }),
  AuditEntry: Type.Object(auditEntry),
  AuditList: Type.Object({
    entries: list('AuditEntry'),
    next: nullable(Type.Integer({ description: 'Give as ?before= for the next page; null at the end' })),
  }),
  AuditVerification: Type.Object({
    ok: Type.Boolean(),
    entries: count('Entries that fit, from the first on'),
    head: Type.Object({ sequence: count('Of the last entry that fits'), hash: Type.String() }),
    problem: nullable(
      Type.Object({
        sequence: Type.Integer({ description: 'Of the first entry that does not fit' }),
        detail: Type.String(),
      }),
    ),
  }),
  Health: Type.Object({
    status: oneOf(['ok', 'unavailable']),
    checks: Type.Record(Type.String(), Type.String()),
  }),
};
