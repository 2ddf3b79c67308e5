import type { RejectCode } from '../../model/reject.ts';
import type { Bound, Column } from '../../model/table.ts';
import { boundRule, meantKind } from './rules-judge.ts';
import { TEXT_FORMATS } from './text-format.ts';

/** What a rule of a schema expected instead of a value, to follow "expected"; null where the rule is the database's. */
export function ruleNote(column: Column, code: RejectCode, value: string): string | null {
  const { rules } = column;
  if (rules === undefined) return null;
  switch (code) {
    case 'range':
      return rangeNote(column, value);
    case 'pattern':
    case 'type.json':
      if (rules.format !== undefined && !TEXT_FORMATS[rules.format].fits(value))
        return TEXT_FORMATS[rules.format].expected;
      return rules.pattern === undefined ? null : `a text of the pattern ${rules.pattern}`;
    case 'enum':
      return rules.enum === undefined ? null : `one of ${listed(rules.enum)}`;
    case 'length':
      return lengthNote(column, [...value].length);
    default:
      return null;
  }
}

/** Of integers the limits of the database and of the schema are one, and named as one. */
function rangeNote(column: Column, value: string): string | null {
  const { rules = {}, kind } = column;
  if (kind === 'integer') return null;
  const least = rules.minimum;
  if (least !== undefined && breaks(least, column, 1, value))
    return `${least.exclusive ? 'more than' : 'at least'} ${least.value}`;
  const most = rules.maximum;
  if (most !== undefined && breaks(most, column, -1, value))
    return `${most.exclusive ? 'less than' : 'at most'} ${most.value}`;
  return null;
}

const breaks = (bound: Bound, column: Column, side: 1 | -1, value: string): boolean =>
  boundRule(bound, meantKind(column), side)?.(value) === 'range';

function lengthNote({ rules = {} }: Column, length: number): string | null {
  const { minLength = 0, maxLength = Number.POSITIVE_INFINITY } = rules;
  if (length < minLength) return `${minLength} characters or more, found ${length}`;
  return length > maxLength ? `${maxLength} characters or fewer` : null;
}

/** Members shown. */
const SHOWN = 20;

function listed(members: readonly string[]): string {
  const shown = members.slice(0, SHOWN).map((each) => JSON.stringify(each));
  return members.length > SHOWN ? `${shown.join(', ')} … (${members.length} in all)` : shown.join(', ');
}
