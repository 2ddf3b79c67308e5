/** Made from /openapi.json by scripts/api-types.ts: not to be edited. */
import type { Schemas } from './api-documents.ts';

export interface Operations {
  readonly 'GET /health/live': {
    readonly path: never;
    readonly query: never;
    readonly bodies: never;
    readonly answer: Schemas['Health'];
  };
  readonly 'GET /health/ready': {
    readonly path: never;
    readonly query: never;
    readonly bodies: never;
    readonly answer: Schemas['Health'];
  };
  readonly 'GET /metrics': {
    readonly path: never;
    readonly query: never;
    readonly bodies: never;
    readonly answer: string;
  };
  readonly 'GET /v1/tables': {
    readonly path: never;
    readonly query: { readonly counts?: 'true' | 'false' };
    readonly bodies: never;
    readonly answer: Schemas['TableList'];
  };
  readonly 'GET /v1/tables/{table}': {
    readonly path: { readonly table: string };
    readonly query: never;
    readonly bodies: never;
    readonly answer: Schemas['Table'];
  };
  readonly 'POST /v1/tables/{table}/rows': {
    readonly path: { readonly table: string };
    readonly query: {
      readonly mode?: 'insert' | 'skip' | 'upsert';
      readonly atomic?: 'true' | 'false';
      readonly dialect?: string;
    };
    readonly bodies: {
      readonly 'application/json':
        | ReadonlyArray<Readonly<Record<string, null | boolean | number | string>>>
        | {
            readonly columns: ReadonlyArray<string>;
            readonly rows: ReadonlyArray<ReadonlyArray<null | boolean | number | string>>;
          };
      readonly 'application/x-ndjson': string;
      readonly 'text/csv': string;
    };
    readonly answer: Schemas['BatchReceipt'];
  };
  readonly 'POST /v1/rows': {
    readonly path: never;
    readonly query: {
      readonly mode?: 'insert' | 'skip' | 'upsert';
      readonly atomic?: 'true' | 'false';
      readonly dialect?: string;
    };
    readonly bodies: {
      readonly 'application/json': Readonly<
        Record<string, ReadonlyArray<Readonly<Record<string, null | boolean | number | string>>>>
      >;
    };
    readonly answer: Schemas['MultiBatchReceipt'];
  };
  readonly 'GET /v1/loads': {
    readonly path: never;
    readonly query: {
      readonly table?: string;
      readonly state?: 'receiving' | 'completed' | 'completed_with_rejects' | 'aborted' | 'failed';
      readonly sha256?: string;
      readonly limit?: string;
      readonly parent?: string;
      readonly before?: string;
    };
    readonly bodies: never;
    readonly answer: Schemas['LoadList'];
  };
  readonly 'POST /v1/loads': {
    readonly path: never;
    readonly query: never;
    readonly bodies: {
      readonly 'application/json': {
        readonly table: string;
        readonly name: string;
        readonly size: number;
        readonly sha256: string;
        readonly dialect?: {
          readonly delimiter?: string;
          readonly lineTerminator?: string | null;
          readonly quoteChar?: string | null;
          readonly doubleQuote?: boolean;
          readonly escapeChar?: string | null;
          readonly nullSequence?: string | null;
          readonly skipInitialSpace?: boolean;
          readonly header?: boolean | null;
          readonly headerRows?: ReadonlyArray<number>;
          readonly headerJoin?: string;
          readonly commentChar?: string | null;
          readonly commentRows?: ReadonlyArray<number>;
          readonly encoding?: string;
          readonly skipRows?: number;
          readonly skipFooterRows?: number;
          readonly skipBlankRows?: boolean;
          readonly ragged?: 'reject' | 'pad' | 'trim' | 'repair';
          readonly decimalChar?: string;
          readonly groupChar?: string | null;
          readonly dateFormat?: string | null;
          readonly datetimeFormat?: string | null;
          readonly timeZone?: string | null;
          readonly trueValues?: ReadonlyArray<string> | null;
          readonly falseValues?: ReadonlyArray<string> | null;
        };
        readonly schema?: Readonly<Record<string, unknown>>;
        readonly mode?: 'insert' | 'skip' | 'upsert';
        readonly atomic?: boolean;
        readonly maxRejects?: string;
      };
    };
    readonly answer: Schemas['Load'];
  };
  readonly 'GET /v1/loads/{id}': {
    readonly path: { readonly id: string };
    readonly query: never;
    readonly bodies: never;
    readonly answer: Schemas['Load'];
  };
  readonly 'PATCH /v1/loads/{id}': {
    readonly path: { readonly id: string };
    readonly query: { readonly offset: string; readonly last?: 'true' | 'false' };
    readonly bodies: { readonly 'text/csv': string };
    readonly answer: Schemas['PartReceipt'];
  };
  readonly 'DELETE /v1/loads/{id}': {
    readonly path: { readonly id: string };
    readonly query: never;
    readonly bodies: never;
    readonly answer: Schemas['Load'];
  };
  readonly 'POST /v1/loads/{id}/finish': {
    readonly path: { readonly id: string };
    readonly query: never;
    readonly bodies: never;
    readonly answer: Schemas['Load'];
  };
  readonly 'GET /v1/loads/{id}/events': {
    readonly path: { readonly id: string };
    readonly query: never;
    readonly bodies: never;
    readonly answer: string;
  };
  readonly 'GET /v1/loads/{id}/rejects': {
    readonly path: { readonly id: string };
    readonly query: {
      readonly format?: 'json' | 'ndjson' | 'csv';
      readonly limit?: string;
      readonly after?: string;
      readonly state?: 'open' | 'retried' | 'returned';
      readonly code?:
        | 'missing'
        | 'type.integer'
        | 'type.decimal'
        | 'type.float'
        | 'type.boolean'
        | 'type.date'
        | 'type.time'
        | 'type.datetime'
        | 'type.uuid'
        | 'type.json'
        | 'type.binary'
        | 'range'
        | 'length'
        | 'scale'
        | 'enum'
        | 'pattern'
        | 'columns.few'
        | 'columns.many'
        | 'quote.unclosed'
        | 'quote.stray'
        | 'encoding'
        | 'nul'
        | 'record.too_long'
        | 'unique.file'
        | 'unique.table'
        | 'foreign_key'
        | 'check'
        | 'database';
      readonly column?: string;
    };
    readonly bodies: never;
    readonly answer: Schemas['RejectPage'];
  };
  readonly 'POST /v1/loads/{id}/rejects/retry': {
    readonly path: { readonly id: string };
    readonly query: {
      readonly mode?: 'insert' | 'skip' | 'upsert';
      readonly atomic?: 'true' | 'false';
      readonly dialect?: string;
      readonly after?: string;
      readonly first?: string;
    };
    readonly bodies: {
      readonly 'application/json':
        | ReadonlyArray<Readonly<Record<string, null | boolean | number | string>>>
        | {
            readonly columns: ReadonlyArray<string>;
            readonly rows: ReadonlyArray<ReadonlyArray<null | boolean | number | string>>;
          };
      readonly 'application/x-ndjson': string;
      readonly 'text/csv': string;
    };
    readonly answer: Schemas['BatchReceipt'];
  };
  readonly 'GET /v1/loads/{id}/batches': {
    readonly path: { readonly id: string };
    readonly query: { readonly limit?: string; readonly after?: string };
    readonly bodies: never;
    readonly answer: Schemas['BatchList'];
  };
  readonly 'POST /v1/loads/{id}/reconcile': {
    readonly path: { readonly id: string };
    readonly query: {
      readonly offset: string;
      readonly line?: string;
      readonly last?: 'true' | 'false';
      readonly resend?: 'true' | 'false';
    };
    readonly bodies: { readonly 'text/csv': string };
    readonly answer: Schemas['ReconcileReceipt'];
  };
  readonly 'GET /v1/backups': {
    readonly path: never;
    readonly query: { readonly table?: string };
    readonly bodies: never;
    readonly answer: Schemas['BackupList'];
  };
  readonly 'POST /v1/backups': {
    readonly path: never;
    readonly query: never;
    readonly bodies: {
      readonly 'application/json': {
        readonly tables?: ReadonlyArray<string>;
        readonly codec?: 'deflate' | 'zstandard' | 'null';
        readonly profile?: 'iceberg' | 'standard';
      };
    };
    readonly answer: Schemas['BackupResultList'];
  };
  readonly 'GET /v1/backups/{id}/content': {
    readonly path: { readonly id: string };
    readonly query: { readonly offset?: string };
    readonly bodies: never;
    readonly answer: string;
  };
  readonly 'POST /v1/backups/{id}/verify': {
    readonly path: { readonly id: string };
    readonly query: { readonly level?: '0' | '1' | '2' | '3' };
    readonly bodies: { readonly 'application/json': { readonly fileKey?: string } };
    readonly answer: Schemas['Backup'];
  };
  readonly 'GET /v1/backups/jobs': {
    readonly path: never;
    readonly query: never;
    readonly bodies: never;
    readonly answer: Schemas['BackupJobList'];
  };
  readonly 'DELETE /v1/backups/jobs/{id}': {
    readonly path: { readonly id: string };
    readonly query: never;
    readonly bodies: never;
    readonly answer: Schemas['BackupJobList'];
  };
  readonly 'POST /v1/backups/prune': {
    readonly path: never;
    readonly query: never;
    readonly bodies: { readonly 'application/json': { readonly dryRun?: boolean; readonly table?: string } };
    readonly answer: Schemas['PrunedList'];
  };
  readonly 'POST /v1/backups/{id}/hold': {
    readonly path: { readonly id: string };
    readonly query: never;
    readonly bodies: never;
    readonly answer: Schemas['Backup'];
  };
  readonly 'POST /v1/backups/{id}/release': {
    readonly path: { readonly id: string };
    readonly query: never;
    readonly bodies: never;
    readonly answer: Schemas['Backup'];
  };
  readonly 'POST /v1/tables/{table}/restore': {
    readonly path: { readonly table: string };
    readonly query: { readonly dryRun?: 'true' | 'false'; readonly convert?: 'true' | 'false' };
    readonly bodies: {
      readonly 'application/json': {
        readonly backup: string;
        readonly dryRun?: boolean;
        readonly convert?: boolean;
        readonly fileKey?: string;
      };
      readonly 'application/avro': string;
      readonly 'application/vnd.rowferry.keyed-age': string;
    };
    readonly answer: Schemas['RestoreResult'];
  };
  readonly 'GET /v1/keys': {
    readonly path: never;
    readonly query: never;
    readonly bodies: never;
    readonly answer: Schemas['KeyList'];
  };
  readonly 'POST /v1/keys': {
    readonly path: never;
    readonly query: never;
    readonly bodies: {
      readonly 'application/json': {
        readonly owner: string;
        readonly name?: string;
        readonly scopes: ReadonlyArray<string>;
        readonly expiresInDays?: number;
        readonly sealedOnly?: boolean;
      };
    };
    readonly answer: Schemas['CreatedKey'];
  };
  readonly 'POST /v1/keys/{id}/rotate': {
    readonly path: { readonly id: string };
    readonly query: never;
    readonly bodies: never;
    readonly answer: Schemas['CreatedKey'];
  };
  readonly 'DELETE /v1/keys/{id}': {
    readonly path: { readonly id: string };
    readonly query: never;
    readonly bodies: never;
    readonly answer: Schemas['Key'];
  };
  readonly 'GET /v1/audit': {
    readonly path: never;
    readonly query: {
      readonly limit?: string;
      readonly before?: string;
      readonly event?:
        | 'auth-failed'
        | 'denied'
        | 'first-key-created'
        | 'key-created'
        | 'key-rotated'
        | 'key-revoked'
        | 'restore-started'
        | 'restore-finished'
        | 'backup-downloaded'
        | 'backup-deletion-started'
        | 'backup-deleted'
        | 'backup-held'
        | 'backup-released'
        | 'events-dropped';
    };
    readonly bodies: never;
    readonly answer: Schemas['AuditList'];
  };
  readonly 'GET /v1/audit/verification': {
    readonly path: never;
    readonly query: { readonly head?: string };
    readonly bodies: never;
    readonly answer: Schemas['AuditVerification'];
  };
}
