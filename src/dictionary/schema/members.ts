import { RowferryError } from '../../errors.ts';

/** Members of a descriptor, read one by one: each throws `schema-invalid` with its place and what was expected. */

export type Members = Readonly<Record<string, unknown>>;

export function refused(where: string, problem: string, hint?: string): RowferryError {
  return new RowferryError('schema-invalid', `${where}: ${problem}`, {
    hint: hint ?? 'mend the schema; docs/schemas.md says what is read of it',
  });
}

/** `value` as it stands in a message. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

export const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function membersOf(value: unknown, where: string): Members {
  if (isMembers(value)) return value;
  throw refused(where, `found ${shown(value)}; expected a JSON object`);
}

/** What is absent is undefined; so is null, which writers of descriptors leave behind. */
function optional<T>(read: (value: unknown) => T | undefined, expected: string) {
  return (members: Members, name: string, where: string): T | undefined => {
    const value = members[name];
    if (value === undefined || value === null) return undefined;
    const found = read(value);
    if (found !== undefined) return found;
    throw refused(where, `${name} is ${shown(value)}; expected ${expected}`);
  };
}

const asText = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

function asTexts(value: unknown): string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const texts = value.filter((each) => typeof each === 'string');
  return texts.length === value.length ? texts : undefined;
}

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

export const textMember = optional(asText, 'a text');
export const flagMember = optional(
  (value) => (typeof value === 'boolean' ? value : undefined),
  'true or false',
);
export const countMember = optional(
  (value) => (isCount(value) ? value : undefined),
  'a whole number of 0 or more',
);
export const textsMember = optional(asTexts, 'a list of texts');
export const listMember = optional(
  (value): readonly unknown[] | undefined => (Array.isArray(value) ? value : undefined),
  'a list',
);
/** One name or a list of them. */
export const namesMember = optional(
  (value) => (typeof value === 'string' ? [value] : asTexts(value)),
  'the name of a field or a list of names',
);
export const objectMember = optional((value) => (isMembers(value) ? value : undefined), 'a JSON object');
/** One character: a mark between digits. */
export const markMember = optional(
  (value) => (typeof value === 'string' && /^[^\dA-Za-z+-]$/u.test(value) ? value : undefined),
  'one character that is no digit, letter or sign',
);
/** Texts, or objects with a `value` and a label beside it (Data Package v2). */
export const markedTextsMember = optional(
  (value) => (Array.isArray(value) ? asTexts(value.map(withoutLabel)) : undefined),
  'a list of texts',
);
/** Values of any type that has a text, or objects with a `value` and a label beside it. */
export const valuesMember = optional((value) => asScalars(value), 'a list of values');

export type Scalar = string | number | boolean;

const isScalar = (value: unknown): value is Scalar =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

const withoutLabel = (value: unknown): unknown => (isMembers(value) ? value.value : value);

function asScalars(value: unknown): Scalar[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const scalars = value.map(withoutLabel).filter(isScalar);
  return scalars.length === value.length ? scalars : undefined;
}

export const scalarMember = optional((value) => (isScalar(value) ? value : undefined), 'a value');
