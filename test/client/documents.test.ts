import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BackupInfo, BackupResult, RestoreResult } from '../../src/backup/backups.ts';
import type { Schemas } from '../../src/client/api-documents.ts';
import { callOf } from '../../src/client/operations.ts';
import type { KeyInfo } from '../../src/ledger/keys.ts';
import type { AuditVerification } from '../../src/model/audit.ts';
import type { BatchReceipt, Load, PartReceipt, Reason } from '../../src/model/receipt.ts';
import type { RejectDocument, RejectError } from '../../src/model/reject.ts';

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? [] : [never]) : [never];

/** Compiles only when either type can stand for the other. */
const same = <A, B>(..._: Same<A, B>): void => {};

test('the documents of the API are the nouns that the server gives', () => {
  same<Schemas['Load'], Load>();
  same<Schemas['PartReceipt'], PartReceipt>();
  same<Schemas['BatchReceipt'], BatchReceipt>();
  same<Schemas['Reason'], Reason>();
  same<Schemas['Reject'], RejectDocument>();
  same<Schemas['RejectError'], RejectError>();
  same<Schemas['Backup'], BackupInfo>();
  same<Schemas['BackupResult'], BackupResult>();
  same<Schemas['RestoreResult'], RestoreResult>();
  same<Schemas['Key'], KeyInfo>();
  same<Schemas['AuditVerification'], AuditVerification>();
});

test('an operation becomes a request: names in paths are escaped, JSON is encoded', () => {
  assert.deepEqual(callOf('GET /v1/tables/{table}', { path: { table: 'a/b ?ü' } }), {
    method: 'GET',
    path: '/v1/tables/a%2Fb%20%3F%C3%BC',
  });
  const { body, ...call } = callOf('POST /v1/backups', { json: { tables: ['jobs'] }, timeoutMs: 5 });
  assert.deepEqual(call, {
    method: 'POST',
    path: '/v1/backups',
    timeoutMs: 5,
    contentType: 'application/json',
  });
  assert.ok(body instanceof Uint8Array);
  assert.equal(Buffer.from(body).toString(), '{"tables":["jobs"]}');
});
