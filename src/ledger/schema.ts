/** The ledger's tables as Kysely sees them. Times are RFC 3339 in UTC; JSON stands as text. */

export interface CountColumns {
  read: number;
  inserted: number;
  updated: number;
  skipped: number;
  rejected: number;
}

export interface LoadRow extends CountColumns {
  id: string;
  table_name: string;
  name: string;
  owner: string;
  size: number;
  sha256: string;
  request: string;
  mode: string;
  atomic: number;
  max_rejects: string | null;
  dialect: string | null;
  columns: string | null;
  state: string;
  position: number;
  next_line: number;
  reasons: string;
  strategy: string | null;
  detail: string | null;
  parent: string | null;
  schema_sha256: string | null;
  fence: number;
  lease: string | null;
  created_at: string;
  updated_at: string;
}

export interface BatchRow extends CountColumns {
  load_id: string;
  first_byte: number;
  end_byte: number;
  sha256: string;
  committed_at: string;
}

export interface RejectRow {
  load_id: string;
  record: number;
  line: number;
  byte_offset: number;
  raw: Uint8Array;
  errors: string;
  state: string;
  retry_load: string | null;
}

export interface AnswerRow {
  owner: string;
  idempotency_key: string;
  fingerprint: string;
  body_sha256: string;
  state: string;
  fence: number;
  lease: string | null;
  status: number | null;
  body: string | null;
  created_at: string;
}

export interface AuditRow {
  sequence: number;
  time: string;
  event: string;
  owner: string | null;
  key_id: string | null;
  address: string | null;
  subject: string | null;
  detail: string;
  previous: string;
  hash: string;
}

export interface KeyRow {
  id: string;
  owner: string;
  name: string;
  scopes: string;
  wrapped: Uint8Array;
  sealed_only: number;
  created_at: string;
  expires_at: string;
  revoked_at: string | null;
  last_used_at: string | null;
}

export interface SchemaRow {
  sha256: string;
  document: string;
}

export interface ScheduleRow {
  name: string;
  due: string;
  place: string;
  state: string;
  attempts: number;
  beat: number;
  started_at: string;
  finished_at: string | null;
  detail: string | null;
}

export interface LedgerSchema {
  rowferry_loads: LoadRow;
  rowferry_batches: BatchRow;
  rowferry_rejects: RejectRow;
  rowferry_answers: AnswerRow;
  rowferry_keys: KeyRow;
  rowferry_audit: AuditRow;
  rowferry_schemas: SchemaRow;
  rowferry_database: { one: number; id: string };
  rowferry_schedules: ScheduleRow;
  /** Where several connections can write. */
  rowferry_turns: { name: 'keys' | 'audit' };
  rowferry_migrations: { version: number; name: string; applied_at: string };
}
