import { type TSchema, Type } from 'typebox';
import { REJECT_CODES, REJECT_STATES } from '../../model/reject.ts';
import { MODES } from '../../model/table.ts';
import { DialectDocument } from '../dialect-document.ts';
import { count, list, nullable, oneOf, ref, time } from './schema.ts';

/** Loads, and what became of their records: rejects, receipts, reconciliation. */

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

export const LOAD_DOCUMENTS: Readonly<Record<string, TSchema>> = {
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
};
