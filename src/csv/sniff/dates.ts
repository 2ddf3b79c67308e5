import type { ColumnValues, Value } from './column-values.ts';
import { type DateForm, dateForm, readDate } from './date-forms.ts';
import type { Question, Reading } from './question.ts';

type Property = 'dateFormat' | 'datetimeFormat';

/** A format and a value that no other format of the same form reads. */
interface Proof {
  readonly format: string;
  readonly proof: Value | undefined;
}

export interface DateGuess {
  /** As strptime writes them; null: ISO 8601, or nothing that could be told. */
  readonly format: string | null;
  readonly evidence: string | null;
  readonly question: Question | null;
}

const NOTHING: DateGuess = { format: null, evidence: null, question: null };

/** What a column may say in one way only counts; a column with dates of ISO 8601 among others says nothing. */
export function sniffDates(
  columns: readonly ColumnValues[],
  kind: 'date' | 'datetime',
  property: Property,
): DateGuess {
  const guesses = columns
    .filter(({ column, values }) => column.kind === kind && values.length > 0)
    .map((each) => guessOf(each, property))
    .filter((guess) => guess !== NOTHING);
  const decided = guesses.filter(({ format }) => format !== null);
  const formats = new Set(decided.map(({ format }) => format));
  if (formats.size > 1) return NOTHING;
  const [known] = decided;
  const [open] = guesses.filter(({ question }) => question !== null);
  // A column that is decided decides for those that are written alike.
  if (known !== undefined && (open === undefined || offers(open.question, known.format, property)))
    return known;
  return open ?? NOTHING;
}

function offers(question: Question | null, format: string | null, property: Property): boolean {
  return question?.readings.some(({ dialect }) => dialect[property] === format) === true;
}

/** A column in which less than this share is written so is not written so. */
const MOST = 0.5;

function guessOf({ column, values }: ColumnValues, property: Property): DateGuess {
  const forms = new Map<string, { form: DateForm; values: Value[] }>();
  const all = distinct(values);
  for (const value of all) {
    const form = dateForm(value.text);
    if (form === null) continue;
    if (form.iso) return NOTHING;
    const same = forms.get(form.key);
    if (same === undefined) forms.set(form.key, { form, values: [value] });
    else same.values.push(value);
  }
  const [usual] = [...forms.values()].sort((a, b) => b.values.length - a.values.length);
  if (usual === undefined || usual.values.length < all.length * MOST) return NOTHING;
  return decide(column.name, usual.form, usual.values, property);
}

/** Each text where it stands first. */
function distinct(values: readonly Value[]): Value[] {
  const seen = new Map<string, Value>();
  for (const value of values) if (!seen.has(value.text)) seen.set(value.text, value);
  return [...seen.values()];
}

function decide(name: string, form: DateForm, values: readonly Value[], property: Property): DateGuess {
  const proofs = form.formats.map((format) => ({
    format,
    // A value that no other format of the form reads.
    proof: values.find(
      ({ text }) =>
        readDate(text, format) !== null &&
        form.formats.every((o) => o === format || readDate(text, o) === null),
    ),
  }));
  const proven = proofs.filter(({ proof }) => proof !== undefined);
  const [best] = proven;
  if (proven.length === 1 && best?.proof !== undefined) {
    const { text, line } = best.proof;
    return {
      format: best.format,
      evidence: `${text} in line ${line + 1} is a date in no other order`,
      question: null,
    };
  }
  const all = values.filter(({ text }) => form.formats.some((format) => readDate(text, format) !== null));
  const [only, another] = form.formats.filter((format) =>
    all.every(({ text }) => readDate(text, format) !== null),
  );
  if (only !== undefined && another === undefined && all.length > 1) {
    return { format: only, evidence: 'no other order reads all of its dates', question: null };
  }
  return ask(name, proofs, values, property);
}

/** Both orders are possible, or each is proven by some line. */
function ask(
  name: string,
  proofs: readonly Proof[],
  values: readonly Value[],
  property: Property,
): DateGuess {
  const readable = proofs.filter(({ format }) => values.some(({ text }) => readDate(text, format) !== null));
  const proven = readable.filter(({ proof }) => proof !== undefined);
  const [one, other] = proven.length > 1 ? proven : readable;
  if (one === undefined) return NOTHING;
  const telling =
    other && values.find(({ text }) => readDate(text, one.format) !== readDate(text, other.format));
  if (other === undefined || telling === undefined) {
    return { format: one.format, evidence: 'no other order gives other dates', question: null };
  }
  const reading = ({ format, proof }: Proof): Reading => {
    const { text, line } = proof ?? telling;
    return {
      dialect: { [property]: format },
      shows: `${text} in line ${line + 1} is ${readDate(text, format)}`,
    };
  };
  return {
    ...NOTHING,
    question: { about: `the dates of column ${name}`, readings: [reading(one), reading(other)] },
  };
}
