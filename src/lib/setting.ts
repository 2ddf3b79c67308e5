import { RowferryError } from '../errors.ts';

/** Settings read one by one: each throws `config-invalid` with its name, what stood there and what was expected. */

type Settings = Readonly<Record<string, unknown>>;

export function invalid(name: string, found: unknown, expected: string): RowferryError {
  return new RowferryError('config-invalid', `${name} is ${JSON.stringify(found)}; expected ${expected}`);
}

/** Null: not said. */
export function text(settings: Settings, name: string): string | null {
  const value = settings[name];
  if (value === undefined || value === null) return null;
  if (typeof value !== 'string' || value === '') throw invalid(name, value, 'a text');
  return value;
}

/** Null: not said. */
export function oneOf<T extends string>(settings: Settings, name: string, allowed: readonly T[]): T | null {
  const value = settings[name];
  if (value === undefined || value === null) return null;
  const found = allowed.find((each) => each === value);
  if (found === undefined) throw invalid(name, value, `one of ${allowed.join(', ')}`);
  return found;
}
