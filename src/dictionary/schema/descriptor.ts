import { foldName } from '../../lib/fold-name.ts';
import { isMembers, type Members, membersOf, refused, shown } from './members.ts';

/** Digits that a number of JavaScript surely keeps. */
const EXACT_DIGITS = 15;

/** JSON whose numbers of many digits, which a reader would round, stand as texts. `schema-invalid`. */
export function parseDescriptor(json: string, where: string): Members {
  try {
    return membersOf(JSON.parse(json, exactly), where);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw refused(
      where,
      `is no JSON: ${cause.message}`,
      'expected {"fields": [{"name": "id", "type": "integer"}, …]}',
    );
  }
}

function exactly(_name: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || context?.source === undefined) return value;
  const digits = context.source.replace(/[eE].*$|\D/g, '').length;
  return digits > EXACT_DIGITS ? context.source : value;
}

/** Whether a descriptor is one of a package, with the schemas of several tables. */
export const isPackage = (descriptor: Members): boolean => Array.isArray(descriptor.resources);

/**
 * The schema of a table in a descriptor: a Table Schema, a data resource that has one, or a data package with a resource
 * named as the table is. Undefined where a package has nothing for the table.
 */
export function schemaIn(descriptor: Members, table: string): Members | undefined {
  if (!isPackage(descriptor)) return ofResource(descriptor);
  const resources = Array.isArray(descriptor.resources) ? descriptor.resources.filter(isMembers) : [];
  const resource = resources.find(
    ({ name }) => typeof name === 'string' && foldName(name) === foldName(table),
  );
  return resource?.schema === undefined ? undefined : ofResource(resource);
}

function ofResource(descriptor: Members): Members {
  const { schema } = descriptor;
  if (Array.isArray(descriptor.fields) || schema === undefined) return descriptor;
  if (isMembers(schema)) return schema;
  throw refused(
    'the resource',
    `its schema is ${shown(schema)}; expected the schema itself`,
    'put it in the place of its address',
  );
}
