/** Texts that stand for no value in columns that cannot hold them. */
const MARKS = new Set([
  '\\N',
  'NULL',
  'null',
  'Null',
  '<null>',
  '<NULL>',
  '(null)',
  '(NULL)',
  '[NULL]',
  'NA',
  'N/A',
  'n/a',
  '#N/A',
  'na',
  'NaN',
  'nan',
  'None',
  'none',
  'nil',
  '-',
  '--',
  '?',
  '.',
]);

/** Texts that nobody means, so that they stand for no value in columns of text too. */
const NOTHING_ELSE = new Set(['\\N', '<null>', '<NULL>', '(null)', '(NULL)', '[NULL]', '#N/A']);

export function isNullMark(text: string): boolean {
  return text.length <= 6 && MARKS.has(text);
}

export function isNothingElse(mark: string): boolean {
  return NOTHING_ELSE.has(mark);
}
