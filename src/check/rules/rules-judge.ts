import { patternTest } from '../../lib/pattern.ts';
import type { RejectCode } from '../../model/reject.ts';
import type { Bound, Column, ColumnKind, ColumnRules } from '../../model/table.ts';
import type { BytesJudge } from '../column-check.ts';
import { comparisonWith, keyOf } from './measure.ts';
import { TEXT_FORMATS } from './text-format.ts';

/** Says what rule a text breaks, or null. */
export type TextRule = (text: string) => RejectCode | null;

/** What the values of a column are to be like, texts of numbers as numbers. */
export const meantKind = ({ kind, rules }: Column): ColumnKind => rules?.kind ?? kind;

/**
 * The rules of a schema that nothing of the database says too, for values that the judge of their kind has passed; null
 * where there are none. `required` and what `ruledColumn` takes over are not among them.
 */
export function rulesJudge(column: Column): BytesJudge | null {
  const rules = textRules(column);
  if (rules.length === 0) return null;
  return (bytes, start, end) => {
    const text = decoder.decode(bytes.subarray(start, end));
    for (const rule of rules) {
      const code = rule(text);
      if (code !== null) return code;
    }
    return null;
  };
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

function textRules(column: Column): TextRule[] {
  const { rules = {}, kind } = column;
  const bounded = kind === 'integer' ? {} : rules;
  const found = [
    formatRule(rules),
    boundRule(bounded.minimum, meantKind(column), 1),
    boundRule(bounded.maximum, meantKind(column), -1),
    lengthRule(rules, kind),
    patternRule(rules),
    enumRule(column),
  ];
  return found.filter((rule) => rule !== null);
}

function formatRule({ format }: ColumnRules): TextRule | null {
  if (format === undefined) return null;
  const { code, fits } = TEXT_FORMATS[format];
  return (text) => (fits(text) ? null : code);
}

/** `side`: 1 where values are to be greater than the bound, -1 where they are to be less. */
export function boundRule(bound: Bound | undefined, kind: ColumnKind, side: 1 | -1): TextRule | null {
  const compare = bound === undefined ? null : comparisonWith(bound.value, kind);
  if (bound === undefined || compare === null) return null;
  const { exclusive } = bound;
  return (text) => {
    const distance = side * compare(text);
    return distance < 0 || (exclusive && distance === 0) ? 'range' : null;
  };
}

/** The longest is the column's own where it is a text. */
function lengthRule({ minLength = 0, maxLength = Number.POSITIVE_INFINITY }: ColumnRules, kind: ColumnKind) {
  const most = kind === 'text' ? Number.POSITIVE_INFINITY : maxLength;
  if (minLength === 0 && most === Number.POSITIVE_INFINITY) return null;
  return (text: string): RejectCode | null => {
    const length = characters(text);
    return length < minLength || length > most ? 'length' : null;
  };
}

function characters(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xfc00) === 0xdc00) count--;
  return count;
}

function patternRule({ pattern }: ColumnRules): TextRule | null {
  if (pattern === undefined) return null;
  const fits = patternTest(pattern);
  return (text) => (fits(text) ? null : 'pattern');
}

function enumRule(column: Column): TextRule | null {
  const listed = column.rules?.enum;
  if (listed === undefined || (column.kind === 'text' && column.enum !== undefined)) return null;
  const key = keyOf(meantKind(column));
  const keys = new Set(listed.map(key));
  return (text) => (keys.has(key(text)) ? null : 'enum');
}
