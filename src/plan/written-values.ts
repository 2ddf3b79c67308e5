import type { ColumnValues } from '../csv/sniff/column-values.ts';
import { sniffDates } from '../csv/sniff/dates.ts';
import { sniffNumbers } from '../csv/sniff/numbers.ts';
import type { Question } from '../csv/sniff/question.ts';
import type { Dialect } from '../model/dialect.ts';
import type { Reading } from './readings.ts';
import type { Witnesses } from './witnesses.ts';

/** A column whose values may be written in another way than the check takes them. */
export interface OpenColumn {
  readonly field: number;
  readonly name: string;
  readonly witnesses: Witnesses;
}

/** How the values of a file are written, as far as they say so themselves. */
export interface WrittenValues {
  readonly dialect: Partial<Dialect>;
  /** What the columns are read as, by their fields. */
  readonly readings: ReadonlyMap<number, Reading>;
  /** What it rests on. */
  readonly evidence: readonly string[];
  /** What the values do not decide: such columns stay text. For a person. */
  readonly doubts: readonly string[];
}

const NOTHING: WrittenValues = { dialect: {}, readings: new Map(), evidence: [], doubts: [] };

/** By the rules that a load sniffs with, what is declared left as it is. */
export function writtenValues(columns: readonly OpenColumn[], declared: Partial<Dialect>): WrittenValues {
  return together([numbers(columns, declared), dates(columns, declared), datetimes(columns, declared)]);
}

function numbers(columns: readonly OpenColumn[], declared: Partial<Dialect>): WrittenValues {
  if (declared.decimalChar !== undefined || declared.groupChar !== undefined) return NOTHING;
  const all = columns.filter(({ witnesses }) => witnesses.numbers);
  const own = all.filter(({ witnesses }) => !witnesses.groupsAlone);
  const grouped = all.filter(({ witnesses }) => witnesses.groupsAlone).map(groupDoubt);
  const { marks, evidence, question } = sniffNumbers(own.map((column) => valuesOf(column, 'decimal')));
  if (evidence === null) return { ...NOTHING, doubts: [...grouped, ...own.flatMap(numberDoubt(question))] };
  return {
    dialect: marks,
    readings: new Map(own.map(({ field }) => [field, 'float'])),
    evidence: [evidence],
    doubts: grouped,
  };
}

function groupDoubt({ name, witnesses }: OpenColumn): string {
  const [first] = witnesses.values;
  return `column ${name}: ${first?.text} in line ${(first?.line ?? 0) + 1} may be a number with marks between its digits, or none; it stays text`;
}

/** Of columns of which the values do not tell a decimal comma from a mark of thousands. */
const numberDoubt =
  (question: Question | null) =>
  ({ name, witnesses }: OpenColumn): string[] => {
    if (question?.about === `column ${name}`) return [doubt(question)];
    const marked = witnesses.values.find(({ text }) => text.includes(','));
    if (marked === undefined) return [];
    const why = question === null ? 'the numbers of the file do not say whether it is' : 'may have';
    return [
      `column ${name}: ${marked.text} in line ${marked.line + 1}: ${why} a decimal comma; it stays text. ` +
        `--dialect '{"decimalChar":","}' or '{"groupChar":","}' decides`,
    ];
  };

const dates = (columns: readonly OpenColumn[], declared: Partial<Dialect>): WrittenValues =>
  temporal(columns, declared, 'date');
const datetimes = (columns: readonly OpenColumn[], declared: Partial<Dialect>): WrittenValues =>
  temporal(columns, declared, 'datetime');

/** The format that most columns are written in; one that could be read so goes with them. */
function temporal(
  columns: readonly OpenColumn[],
  declared: Partial<Dialect>,
  kind: 'date' | 'datetime',
): WrittenValues {
  const property = `${kind}Format` as const;
  if (declared[property] !== undefined) return NOTHING;
  const guesses = columns
    .filter(({ witnesses }) => kindOf(witnesses) === kind)
    .map((column) => ({ column, guess: sniffDates([valuesOf(column, kind)], kind, property) }));
  const format = mostUsual(guesses.flatMap(({ guess }) => guess.format ?? []));
  const fits = guesses.filter(
    ({ guess: { format: own, question } }) =>
      format !== null &&
      (own === format || question?.readings.some(({ dialect }) => dialect[property] === format)),
  );
  const evidence = fits.find(({ guess }) => guess.evidence !== null)?.guess.evidence;
  return {
    dialect: format === null ? {} : { [property]: format },
    readings: new Map(fits.map(({ column }) => [column.field, kind])),
    evidence: evidence === null || evidence === undefined ? [] : [evidence],
    doubts: guesses
      .filter((each) => !fits.includes(each))
      .map(({ column, guess }) =>
        guess.question === null ? otherDates(column, format) : doubt(guess.question),
      ),
  };
}

function kindOf({ dates: form, mayBeVersions }: Witnesses): 'date' | 'datetime' | null {
  if (form === null || form.iso || mayBeVersions) return null;
  return form.formats.some((format) => /%[HI]/.test(format)) ? 'datetime' : 'date';
}

function mostUsual(formats: readonly string[]): string | null {
  const counts = Map.groupBy(formats, (format) => format);
  const [most] = [...counts].sort(([, a], [, b]) => b.length - a.length);
  return most?.[0] ?? null;
}

function otherDates({ name, witnesses }: OpenColumn, format: string | null): string {
  const [first] = witnesses.values;
  const line = (first?.line ?? 0) + 1;
  return `column ${name}: ${first?.text} in line ${line} is no date of ${format}, as other columns are; it stays text`;
}

function doubt({ about, readings: [one, other] }: Question): string {
  const [first, second] = [one, other].map(
    ({ dialect, shows }) => `${shows} with --dialect '${JSON.stringify(dialect)}'`,
  );
  return `${about}: ${first}, ${second}; as nothing decides, it stays text`;
}

function valuesOf({ name, witnesses }: OpenColumn, kind: string): ColumnValues {
  return {
    column: { name, kind, nullable: true, generated: false },
    values: witnesses.values,
    bare: true,
    words: new Set(),
  };
}

function together(parts: readonly WrittenValues[]): WrittenValues {
  return {
    dialect: Object.assign({}, ...parts.map(({ dialect }) => dialect)),
    readings: new Map(parts.flatMap(({ readings }) => [...readings])),
    evidence: parts.flatMap(({ evidence }) => evidence),
    doubts: parts.flatMap(({ doubts }) => doubts),
  };
}
