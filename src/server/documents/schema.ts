import { type TSchema, Type } from 'typebox';

/** The parts that documents are put together from. */

/** One of /openapi.json's components/schemas, by its name. */
export function ref(name: string): TSchema {
  return Type.Unsafe({ $ref: `#/components/schemas/${name}` });
}

export const list = (name: string) => Type.Array(ref(name));
export const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
export const count = (description: string) => Type.Integer({ minimum: 0, description });
export const time = (description: string) => Type.String({ format: 'date-time', description });
export const oneOf = (values: readonly string[], description?: string) =>
  Type.Enum([...values], description === undefined ? {} : { description });
export const names = Type.Array(Type.String());
