import type { ColumnValues } from './column-values.ts';
import { isNothingElse, isNullMark } from './null-marks.ts';
import type { Question } from './question.ts';

export interface NullGuess {
  readonly mark: string | null;
  readonly evidence: string | null;
  readonly question: Question | null;
}

/** So many are no slip, and so large a share of a column would be rejected without the mark. */
const MANY = 5;
const LARGE_SHARE = 0.05;

/**
 * A text that stands for no value in columns that cannot hold it. It would be none in columns of text as well: where
 * those have fields without quotes and the mark may be a word of theirs, the data do not decide. `whole`: there are no
 * other records, so that a mark that no column of text has changes none of them.
 */
export function sniffNulls(columns: readonly ColumnValues[], whole = false): NullGuess {
  const marked = columns
    .filter(({ column }) => column.kind !== 'text' && column.nullable)
    .flatMap(({ column, values }) => {
      const marks = values.filter(({ text, quoted }) => !quoted && isNullMark(text));
      const [first] = marks;
      return first === undefined ? [] : [{ column, first, marks, all: values.length }];
    })
    .sort((a, b) => b.marks.length - a.marks.length);
  const [most] = marked;
  if (most === undefined) return { mark: null, evidence: null, question: null };
  const { text: mark, line } = most.first;
  const own = most.marks.filter(({ text }) => text === mark).length;
  const mayBeWord = columns.some((each) => holdsBareText(each) && (!whole || each.words.has(mark)));
  if (isNothingElse(mark) || !mayBeWord) {
    return { mark, evidence: `${mark} in line ${line + 1} is no ${most.column.kind}`, question: null };
  }
  if (own < MANY || own < most.all * LARGE_SHARE) return { mark: null, evidence: null, question: null };
  return { mark: null, evidence: null, question: asked(mark, most.column.name, line) };
}

function holdsBareText({ column, bare }: ColumnValues): boolean {
  return column.kind === 'text' && bare;
}

function asked(mark: string, name: string, line: number): Question {
  const where = `${JSON.stringify(mark)} in column ${name}, line ${line + 1},`;
  return {
    about: `fields that are ${JSON.stringify(mark)}`,
    readings: [
      { dialect: { nullSequence: mark }, shows: `${where} is NULL, and so it is in every column of text` },
      { dialect: { nullSequence: '' }, shows: `${where} is a reject` },
    ],
  };
}
