/** Names for the documents of the API that the client takes and gives. */
import type { Schemas } from './api-documents.ts';
import type { Operations } from './api-operations.ts';

/** `rows` is null where it was not asked for, or is not to be known with this key. */
export type CountedTable = Schemas['Table'];
export type BackupInfo = Schemas['Backup'];
export type BackupSchedule = Pick<Schemas['BackupList'], 'lastRun' | 'nextRun'>;
export type PrunedBackup = Schemas['PrunedBackup'];
export type BackupJob = Schemas['BackupJob'];
export type BackupResult = Schemas['BackupResult'];
export type RestoreResult = Schemas['RestoreResult'];
export type KeyInfo = Schemas['Key'];
export type CreatedKey = Schemas['CreatedKey'] & { readonly token: string };
export type NewKey = Operations['POST /v1/keys']['bodies']['application/json'];
