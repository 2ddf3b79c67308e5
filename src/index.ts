/** The library: the client, and the types of what it gives. */

export type { BackupInfo, BackupResult, RestoreResult } from './backup/backups.ts';
export { clean } from './clean/clean.ts';
export type { CleanCode, CleanOptions, CleanReject, CleanReport } from './clean/report.ts';
export {
  type ApiKeys,
  type AuditEntry,
  type AuditEvent,
  type AuditFilter,
  type AuditVerification,
  type BackupOptions,
  type BatchOptions,
  type ChainHead,
  type CountedTable,
  type CreatedKey,
  type Health,
  type KeyInfo,
  type LoadOptions,
  type LoadProgress,
  type LoadResult,
  type NewKey,
  type RestoreOptions,
  type ResultState,
  type Row,
  Rowferry,
  type RowferryOptions,
  type Rows,
  TableRows,
} from './client/client.ts';
export { readDescriptor } from './csv/descriptor.ts';
export { ERROR_CODES, type ErrorCode, RowferryError } from './errors.ts';
export type { Dialect } from './model/dialect.ts';
export type { BatchReceipt, Counts, Load, LoadState, PartReceipt, Reason } from './model/receipt.ts';
export type { RejectCode, RejectDocument, RejectError } from './model/reject.ts';
export type { Column, ForeignKey, Mode, Table, UniqueKey } from './model/table.ts';
