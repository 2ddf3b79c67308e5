import { type TSchema, Type } from 'typebox';
import { count, list, names, nullable } from './schema.ts';

/** The rules of the tables, as the database has them. */

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

export const TABLE_DOCUMENTS: Readonly<Record<string, TSchema>> = {
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
};
