import { createRequire } from 'node:module';
import type { RE2JS } from 're2js';

/**
 * Patterns of others, run by RE2, whose time grows with the length of the text times the size of the pattern and no
 * faster: none can hold a thread up for ever. Read when the first pattern is, as most loads have none.
 */
const require = createRequire(import.meta.url);
const re2 = (): typeof import('re2js') => require('re2js');

/** Characters of a pattern. */
const MAX_PATTERN = 1000;
/** Instructions of a pattern: `.{500}` has some 500. A character of the text costs up to as many steps. */
const MAX_PATTERN_SIZE = 1000;

/** Those of one schema at least, since each part of a load asks for its own again. */
const REMEMBERED = 64;
const compiled = new Map<string, RE2JS>();

function compile(pattern: string): RE2JS {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  const made = re2().RE2JS.compile(pattern);
  const [oldest] = compiled.keys();
  if (oldest !== undefined && compiled.size >= REMEMBERED) compiled.delete(oldest);
  compiled.set(pattern, made);
  return made;
}

/** What is wrong with a pattern, in words that follow "the pattern …"; null: nothing. */
export function patternProblem(pattern: string): string | null {
  if (pattern.length > MAX_PATTERN) return `has ${pattern.length} characters; at most ${MAX_PATTERN}`;
  try {
    const size = patternSize(pattern);
    return size <= MAX_PATTERN_SIZE ? null : `has ${size} instructions; at most ${MAX_PATTERN_SIZE}`;
  } catch (error) {
    return `cannot be read: ${error instanceof Error ? error.message : error}`;
  }
}

/** Instructions. Throws where a pattern cannot be read. */
export const patternSize = (pattern: string): number => compile(pattern).programSize();

/** Whether the whole of a text fits. Throws where `patternProblem` has something to say. */
export function patternTest(pattern: string): (text: string) => boolean {
  const made = compile(pattern);
  return (text) => made.testExact(text);
}
