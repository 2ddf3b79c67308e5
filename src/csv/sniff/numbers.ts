import type { Dialect } from '../../model/dialect.ts';
import type { ColumnValues, Value } from './column-values.ts';
import type { Question } from './question.ts';

export type NumberMarks = Pick<Dialect, 'decimalChar' | 'groupChar'>;

/** How the numbers are written, what it rests on, and what is not decided. */
export interface NumberGuess {
  readonly marks: NumberMarks;
  readonly evidence: string | null;
  readonly question: Question | null;
}

/** What a number says of its marks. */
export interface NumberSign {
  readonly decimal: string | null;
  readonly group: string | null;
  /** One mark with three digits after it: a fraction or a group. */
  readonly either: string | null;
  /** Marks between its digits that are no decimal mark, or may be none. */
  readonly groups: number;
}

const PLAIN: NumberMarks = { decimalChar: '.', groupChar: null };
const NUMERIC = new Set(['integer', 'decimal', 'float']);
const SPACES_AND_APOSTROPHES = "' \u00a0\u202f\u2019";
const MARKED = new RegExp(`^[+-]?(\\d{1,3}(?:[.,${SPACES_AND_APOSTROPHES}]\\d{3})+|\\d*)(?:([.,])(\\d*))?$`);
/** So many numbers with one mark that could be either are no slip. */
const MANY = 5;

/**
 * By numbers that can be read in one way only: 1.234,56 or 12,5 or 1,234,567. Where some say a comma and others a
 * point, nothing is changed, and what is no number of the table becomes a reject.
 */
export function sniffNumbers(columns: readonly ColumnValues[]): NumberGuess {
  const seen = new Seen();
  for (const { column, values } of columns) {
    if (!NUMERIC.has(column.kind)) continue;
    for (const value of values) seen.add(value, column.kind === 'integer' ? 0 : column.scale, column.name);
    seen.endColumn(values.length);
  }
  return seen.decide();
}

interface EitherMark {
  readonly value: Value;
  readonly mark: string;
  readonly name: string;
  /** The column has no place for a fraction of three digits. */
  readonly whole: boolean;
}

class Seen {
  readonly #decimals = new Map<string, Value>();
  readonly #groups = new Map<string, Value>();
  readonly #either: EitherMark[] = [];
  /** Numbers such as 1.234 of a column that has no others. */
  readonly #allPointed: EitherMark[] = [];
  #columnFrom = 0;

  add(value: Value, scale: number | undefined, name: string): void {
    const sign = signOf(value.text);
    if (sign === null) return;
    if (sign.decimal !== null && !this.#decimals.has(sign.decimal)) this.#decimals.set(sign.decimal, value);
    if (sign.group !== null && !this.#groups.has(sign.group)) this.#groups.set(sign.group, value);
    if (sign.either !== null) {
      this.#either.push({ value, mark: sign.either, name, whole: scale !== undefined && scale < 3 });
    }
  }

  /** After the last of so many values of a column. */
  endColumn(values: number): void {
    const own = this.#either.slice(this.#columnFrom);
    this.#columnFrom = this.#either.length;
    const pointed = own.every(({ mark, whole }) => mark === '.' && !whole);
    if (pointed && own.length === values && values >= MANY) this.#allPointed.push(...own);
  }

  decide(): NumberGuess {
    const decimal = this.#decimal();
    if (decimal === null || this.#groups.has(decimal)) return nothing(null);
    const marks = [...this.#groups.keys()].filter((mark) => mark !== decimal);
    if (marks.length > 1) return nothing(null);
    const group = marks[0] ?? this.#impliedGroup(decimal);
    const commas = this.#either.filter(({ mark }) => mark === ',');
    if (this.#decimals.size === 0 && group !== ',' && commas.length >= MANY) return this.#ask(commas);
    if (group === '.' && this.#groups.size === 0 && this.#allPointed.length > 0) return this.#askOfPoints();
    if (decimal === '.' && group === null) return nothing(null);
    return {
      marks: { decimalChar: decimal, groupChar: group },
      evidence: this.#evidence(decimal, group),
      question: null,
    };
  }

  /** Null where the data say both. Without any sign it is the point; a group of points makes it the comma. */
  #decimal(): string | null {
    if (this.#decimals.size > 1) return null;
    const [only] = this.#decimals.keys();
    return only ?? (this.#groups.has('.') ? ',' : '.');
  }

  /** 1,234 is a group where the point is the decimal mark, or where all such columns hold whole numbers. */
  #impliedGroup(decimal: string): string | null {
    const others = this.#either.filter(({ mark }) => mark !== decimal);
    const [first] = others;
    if (first === undefined) return null;
    if (this.#decimals.size > 0) return first.mark;
    const whole = others.length >= MANY && others.every((each) => each.whole);
    return whole ? first.mark : null;
  }

  #ask(commas: readonly EitherMark[]): NumberGuess {
    const [first] = commas;
    if (first === undefined) return nothing(null);
    const { text, line } = first.value;
    const as = (number: string) => `${text} in line ${line + 1} is ${number}`;
    return nothing({
      about: `column ${first.name}`,
      readings: [
        { dialect: { decimalChar: ',' }, shows: as(text.replace(',', '.')) },
        { dialect: { groupChar: ',' }, shows: as(text.replace(',', '')) },
      ],
    });
  }

  /** Commas elsewhere do not tell whether a column of 1.101, 2.345 and the like has thousands or three decimals. */
  #askOfPoints(): NumberGuess {
    const [first] = this.#allPointed;
    if (first === undefined) return nothing(null);
    const { text, line } = first.value;
    const as = (end: string) => `${text} in line ${line + 1} ${end}`;
    return nothing({
      about: `column ${first.name}`,
      readings: [
        { dialect: { decimalChar: ',', groupChar: '.' }, shows: as(`is ${text.replace('.', '')}`) },
        { dialect: { decimalChar: ',' }, shows: as('is a reject') },
      ],
    });
  }

  #evidence(decimal: string, group: string | null): string {
    const shown = this.#decimals.get(decimal) ?? (group === null ? undefined : this.#groups.get(group));
    const value = shown ?? this.#either[0]?.value;
    return value === undefined ? 'its numbers' : `numbers such as ${value.text} in line ${value.line + 1}`;
  }
}

function nothing(question: Question | null): NumberGuess {
  return { marks: PLAIN, evidence: null, question };
}

/** Null for what has no mark, and for what is no number. */
export function signOf(text: string): NumberSign | null {
  const match = MARKED.exec(text);
  if (match === null) return null;
  const [, whole = '', mark, fraction = ''] = match;
  const groups = whole.match(/\D/g) ?? [];
  const [group = null] = groups;
  const count = groups.length;
  if (groups.some((each) => each !== group)) return null;
  if (group === null)
    return mark === undefined ? null : { decimal: mark, group: null, either: null, groups: 0 };
  if (mark !== undefined)
    return mark === group || fraction === '' ? null : { decimal: mark, group, either: null, groups: count };
  const single = count === 1 && (group === '.' || group === ',');
  // 0,125 and 0.125 have no group: a number begins with another digit.
  if (single && whole.startsWith('0')) return { decimal: group, group: null, either: null, groups: 0 };
  return single
    ? { decimal: null, group: null, either: group, groups: count }
    : { decimal: null, group, either: null, groups: count };
}
