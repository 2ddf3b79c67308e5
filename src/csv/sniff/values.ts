import type { Dialect } from '../../model/dialect.ts';
import { sniffBooleans } from './booleans.ts';
import { type ColumnValues, valuesOf } from './column-values.ts';
import { sniffDates } from './dates.ts';
import { sniffNulls } from './nulls.ts';
import { sniffNumbers } from './numbers.ts';
import type { Question } from './question.ts';
import type { Candidate } from './rank.ts';
import { tokenize } from './tokenize.ts';

export interface ValuesRequest {
  readonly best: Candidate;
  readonly text: string;
  /** Records at the end that are none. */
  readonly footers: number;
  readonly whole: boolean;
  readonly declared: Partial<Dialect>;
  /** Physical lines before the text. */
  readonly lines: number;
}

export interface ValuesGuess {
  readonly dialect: Partial<Dialect>;
  readonly evidence: Partial<Record<keyof Dialect, string>>;
  readonly questions: readonly Question[];
}

const NONE: ValuesGuess = { dialect: {}, evidence: {}, questions: [] };

/** Characters that tell most; all of the text is looked at where they leave a question. */
const USUALLY_ENOUGH = 1 << 17;

/** How the values are written, by the kinds of the table's columns; nothing without a table. */
export function sniffValues(request: ValuesRequest): ValuesGuess {
  const { text, whole } = request;
  if (text.length <= USUALLY_ENOUGH) return guessIn(request);
  const first = guessIn({ ...request, text: text.slice(0, USUALLY_ENOUGH), whole: false, footers: 0 });
  if (first.questions.length === 0 || !mayDecide(first, text)) return first;
  return guessIn({ ...request, whole });
}

/** A day after the twelfth, in the first or the second place. */
const TELLING =
  /(?<!\d)(?:(?:1[3-9]|2\d|3[01])([-/. ])\d{1,2}\1\d\d|\d{1,2}([-/. ])(?:1[3-9]|2\d|3[01])\2\d\d)/;

/** Whether the rest can answer what is asked: to look for such a day is quicker than to read it all. */
function mayDecide({ questions }: ValuesGuess, text: string): boolean {
  const ofDates = questions.every(
    ({ readings: [{ dialect }] }) => dialect.dateFormat ?? dialect.datetimeFormat,
  );
  return !ofDates || TELLING.test(text);
}

function guessIn({ best, text, footers, whole, declared, lines }: ValuesRequest): ValuesGuess {
  const { columns } = best.layout;
  const start = best.layout.records[0]?.line;
  if (columns === null || start === undefined) return NONE;
  const rows = tokenize(text, best.shape, { whole }).filter(
    (row) => row.line >= start && row.cells.length > 0,
  );
  const records = rows.slice(0, rows.length - footers).map((row) => ({ ...row, line: row.line + lines }));
  const values = valuesOf(records, columns);
  return together([numbers, dates, booleans, nulls].map((guess) => guess(values, declared, whole)));
}

type Guess = (values: readonly ColumnValues[], declared: Partial<Dialect>, whole: boolean) => ValuesGuess;

const numbers: Guess = (values, declared) => {
  if (declared.decimalChar !== undefined || declared.groupChar !== undefined) return NONE;
  const { marks, evidence, question } = sniffNumbers(values);
  const { decimalChar, groupChar } = marks;
  const found = {
    ...(decimalChar === '.' ? {} : { decimalChar }),
    ...(groupChar === null ? {} : { groupChar }),
  };
  return guessed(found, evidence, question);
};

const dates: Guess = (values, declared) =>
  together(
    (['date', 'datetime'] as const).map((kind) => {
      const property = `${kind}Format` as const;
      if (declared[property] !== undefined) return NONE;
      const { format, evidence, question } = sniffDates(values, kind, property);
      return guessed(format === null ? {} : { [property]: format }, evidence, question);
    }),
  );

const booleans: Guess = (values, declared) => {
  if (declared.trueValues !== undefined || declared.falseValues !== undefined) return NONE;
  const found = sniffBooleans(values);
  return found === null ? NONE : guessed(found.words, found.evidence, null);
};

const nulls: Guess = (values, declared, whole) => {
  if (declared.nullSequence !== undefined) return NONE;
  const { mark, evidence, question } = sniffNulls(values, whole);
  return guessed(mark === null ? {} : { nullSequence: mark }, evidence, question);
};

function guessed(dialect: Partial<Dialect>, evidence: string | null, question: Question | null): ValuesGuess {
  const names = evidence === null ? [] : Object.keys(dialect);
  return {
    dialect,
    evidence: Object.fromEntries(names.map((name) => [name, evidence])),
    questions: question === null ? [] : [question],
  };
}

function together(guesses: readonly ValuesGuess[]): ValuesGuess {
  return {
    dialect: Object.assign({}, ...guesses.map(({ dialect }) => dialect)),
    evidence: Object.assign({}, ...guesses.map(({ evidence }) => evidence)),
    questions: guesses.flatMap(({ questions }) => questions),
  };
}
