import { type TSchema, Type } from 'typebox';
import { AUDIT_EVENTS } from '../../model/audit.ts';
import { count, list, nullable, oneOf, ref, time } from './schema.ts';

/** API keys, and the audit log of what was done with them. */

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

export const KEY_DOCUMENTS: Readonly<Record<string, TSchema>> = {
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
};
