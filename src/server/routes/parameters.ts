import { Type } from 'typebox';
import { MODES } from '../../model/table.ts';

/** Path and query parameters. Nothing is coerced, so numbers and flags of a query are texts with a pattern. */

export const Flag = Type.Enum(['true', 'false']);
export const Mode = Type.Enum([...MODES], {
  description: 'What becomes of a row whose key exists; default insert',
});
export const Count = Type.String({ pattern: '^[1-9][0-9]{0,5}$', examples: ['100'] });
export const Sequence = Type.String({ pattern: '^[1-9][0-9]{0,14}$', examples: ['1000'] });
export const Offset = Type.String({ pattern: '^(0|[1-9][0-9]{0,14})$', examples: ['0'] });

/** Base64 of 16 bytes. */
export const FileKey = Type.String({
  pattern: '^[A-Za-z0-9+/]{22}==$',
  description:
    'Opens an encrypted file; a client finds it with the identity of a recipient. It is kept nowhere',
});

export function fileKeyIn(text: string | undefined): Uint8Array | null {
  return text === undefined ? null : Buffer.from(text, 'base64');
}

const Name = Type.String({ minLength: 1, maxLength: 256 });
export const TableName = Type.String({ minLength: 1, maxLength: 256, examples: ['hired_employees'] });
export const TableParams = Type.Object({ table: TableName });
export const IdParams = Type.Object({ id: Name });

export const RowsQuery = Type.Object(
  {
    mode: Type.Optional(Mode),
    atomic: Type.Optional(Type.Enum(['true', 'false'], { description: 'All rows or none' })),
    dialect: Type.Optional(Type.String({ maxLength: 4000, description: 'For text/csv: a dialect as JSON' })),
  },
  { additionalProperties: false },
);
