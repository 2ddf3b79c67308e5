import { type TSchema, Type } from 'typebox';
import { BACKUP_DOCUMENTS } from './documents/backups.ts';
import { KEY_DOCUMENTS } from './documents/keys.ts';
import { LOAD_DOCUMENTS } from './documents/loads.ts';
import { list, oneOf, ref } from './documents/schema.ts';
import { TABLE_DOCUMENTS } from './documents/tables.ts';

/** The JSON documents of the API, as components/schemas of /openapi.json. Their types stand in src/model. */
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
  ...LOAD_DOCUMENTS,
  ...TABLE_DOCUMENTS,
  ...BACKUP_DOCUMENTS,
  ...KEY_DOCUMENTS,
  Health: Type.Object({
    status: oneOf(['ok', 'unavailable']),
    checks: Type.Record(Type.String(), Type.String()),
  }),
};
