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

/** How the values are written, by the kinds of the table's columns; nothing without a table. */
export function sniffValues({ best, text, footers, whole, declared, lines }: ValuesRequest): ValuesGuess {
  const { columns } = best.layout;
  if (columns === null) return NONE;
  const start = best.layout.records[0]?.line;
  if (start === undefined) return NONE;
  const rows = tokenize(text, best.shape, { whole }).filter(
    (row) => row.line >= start && row.cells.length > 0,
  );
  const records = rows.slice(0, rows.length - footers).map((row) => ({ ...row, line: row.line + lines }));
  return together(
    [numbers, dates, booleans, nulls].map((guess) => guess(valuesOf(records, columns), declared)),
  );
}

type Guess = (values: readonly ColumnValues[], declared: Partial<Dialect>) => ValuesGuess;

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

const nulls: Guess = (values, declared) => {
  if (declared.nullSequence !== undefined) return NONE;
  const { mark, evidence, question } = sniffNulls(values);
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
