import { RowferryError } from '../../errors.ts';
import type { Dialect } from '../../model/dialect.ts';

/** What the data do not decide: two ways to read them that give other values. */
export interface Question {
  /** What can be read in two ways, e.g. `column hired`. */
  readonly about: string;
  readonly readings: readonly [Reading, Reading];
}

export interface Reading {
  /** What is to be declared for it. */
  readonly dialect: Partial<Dialect>;
  /** What a line of the data is under it. */
  readonly shows: string;
}

/** `dialect-ambiguous`, with both readings and what to type for each. */
export function ambiguous({ about, readings }: Question): RowferryError {
  const [one, other] = readings;
  return new RowferryError(
    'dialect-ambiguous',
    `the data do not decide how to read ${about}: ${one.shows} with ${JSON.stringify(one.dialect)}, ` +
      `${other.shows} with ${JSON.stringify(other.dialect)}`,
    {
      hint: `say which: --dialect '${JSON.stringify(one.dialect)}' or --dialect '${JSON.stringify(other.dialect)}'`,
    },
  );
}
