import { createRequire } from 'node:module';

/**
 * Patterns of others, run by RE2, whose time grows with the length of the text alone: no pattern can hold a thread up.
 * Read when the first pattern is, as most loads have none.
 */
const require = createRequire(import.meta.url);
const re2 = (): typeof import('re2js') => require('re2js');

/** Characters of a pattern. */
export const MAX_PATTERN = 1000;

/** What is wrong with a pattern, in words that follow "the pattern …"; null: nothing. */
export function patternProblem(pattern: string): string | null {
  if (pattern.length > MAX_PATTERN) return `has ${pattern.length} characters; at most ${MAX_PATTERN}`;
  try {
    re2().RE2JS.compile(pattern);
    return null;
  } catch (error) {
    return `cannot be read: ${error instanceof Error ? error.message : error}`;
  }
}

/** Whether the whole of a text fits. Throws where `patternProblem` has something to say. */
export function patternTest(pattern: string): (text: string) => boolean {
  const compiled = re2().RE2JS.compile(pattern);
  return (text) => compiled.testExact(text);
}
