import { RowferryError } from '../errors.ts';
import type { Dialect } from '../model/dialect.ts';
import { csvwProperties, isCsvw } from './csvw-dialect.ts';
import { assertDeclared } from './dialect.ts';

/**
 * The descriptors that a dialect is declared by, read as properties of `Dialect`: Data Package v2 Table Dialect and
 * its predecessors (https://specs.frictionlessdata.io/csv-dialect/), dialect descriptions of CSVW
 * (https://www.w3.org/TR/tabular-data-model/), and resources of either that hold one. What a descriptor leaves out is
 * left out of the answer. `dialect-invalid` for what cannot be honoured; nothing is dropped in silence.
 */
export function readDescriptor(descriptor: unknown): Partial<Dialect> {
  const properties = nativeProperties(descriptor);
  assertDeclared(properties);
  return properties;
}

export type Properties = Readonly<Record<string, unknown>>;

/** The same with the values as they came, and with properties that are none: for a check that follows. */
export function nativeProperties(descriptor: unknown): Properties {
  if (!isObject(descriptor)) {
    throw new RowferryError('dialect-invalid', 'the dialect is no JSON object; expected one', {
      hint: 'for example {"delimiter":";"}',
    });
  }
  if (Object.hasOwn(descriptor, 'dialect')) return resourceProperties(descriptor);
  return isCsvw(descriptor)
    ? csvwProperties(descriptor)
    : frictionlessProperties(descriptor, isForeign(descriptor));
}

/** The encoding of a resource is one of its own members. */
function resourceProperties({ dialect, encoding }: Properties): Properties {
  if (!isObject(dialect)) {
    throw new RowferryError(
      'dialect-invalid',
      `the descriptor's dialect is ${JSON.stringify(dialect)}; expected a JSON object`,
      { hint: 'give the dialect itself, where the descriptor only says where it stands' },
    );
  }
  const properties = isCsvw(dialect) ? csvwProperties(dialect) : frictionlessProperties(dialect, true);
  return typeof encoding === 'string' ? { encoding, ...properties } : properties;
}

const isObject = (value: unknown): value is Properties =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Members that say what the descriptor is and nothing of how the file is written. */
const ABOUT = new Set(['$schema', 'profile', 'name', 'title', 'description', 'csvddfVersion']);
/** `true` keeps apart names that differ by case only, and so does the header here. */
const HEADER_CASE = new Set(['caseSensitiveHeader', 'headerCase']);
/** How the Frictionless framework wraps the properties of CSV. */
const WRAP = 'csv';

const isForeign = (descriptor: Properties): boolean =>
  Object.keys(descriptor).some((name) => ABOUT.has(name) || HEADER_CASE.has(name) || name === WRAP);

function frictionlessProperties(descriptor: Properties, foreign: boolean): Properties {
  const { [WRAP]: wrapped = {}, ...flat } = descriptor;
  if (!isObject(wrapped)) return descriptor;
  const kept = Object.entries({ ...flat, ...wrapped }).filter(([name, value]) => {
    if (HEADER_CASE.has(name)) return typeof value !== 'boolean';
    if (ABOUT.has(name)) return false;
    return !(foreign && name === 'lineTerminator' && value === CRLF);
  });
  return Object.fromEntries(kept);
}

/** What descriptors of the standard say by default; their readers take any line end for it. */
const CRLF = '\r\n';
