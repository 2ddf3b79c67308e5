import { plainNumber } from '../../lib/plain-number.ts';
import type { ColumnKind } from '../../model/table.ts';
import type { SchemaField } from './field.ts';
import { refused, type Scalar, shown } from './members.ts';

/** The values of constraints as texts in the form that values are checked in. */

interface FormFacts {
  readonly form: RegExp;
  readonly example: string;
}

const FORMS: Partial<Record<ColumnKind, FormFacts>> = {
  integer: { form: /^[+-]?\d{1,4000}$/, example: 'a whole number such as 42' },
  decimal: { form: /^[+-]?\d{1,4000}(?:\.\d{0,4000})?$/, example: 'a number such as 12.50' },
  float: { form: /^[+-]?\d{1,4000}(?:\.\d{0,4000})?$/, example: 'a number such as 12.50' },
  date: { form: /^\d{4}-\d\d-\d\d$/, example: 'a date such as 2021-11-07' },
  time: { form: /^\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?$/, example: 'a time such as 02:48:42' },
  datetime: {
    form: /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)?$/i,
    example: 'a moment such as 2021-11-07T02:48:42Z',
  },
};

/** Kinds that have an order which bounds can stand in. */
export const isOrdered = (kind: ColumnKind): boolean => FORMS[kind] !== undefined;

/** Throws `schema-invalid` where the value is none of the kind. */
export function valueText(value: Scalar, kind: ColumnKind, field: SchemaField, constraint: string): string {
  const where = `field ${field.name}`;
  if (typeof value === 'number' && !isExact(value)) {
    throw refused(
      where,
      `${constraint} is ${value}, which a JSON number does not keep`,
      `write it as a text: "…"`,
    );
  }
  if (kind === 'boolean') return truthText(value, field, constraint);
  const text = typeof value === 'number' ? plainNumber(String(value)) : String(value);
  const facts = FORMS[kind];
  if (facts === undefined) return text;
  const plain = typeof value === 'string' && isNumber(kind) ? withoutMarks(text, field) : text;
  if (facts.form.test(plain) && isReal(plain, kind)) return plain;
  throw refused(where, `${constraint} is ${shown(value)}; expected ${facts.example}`);
}

/** Beyond it JSON readers round whole numbers, and this one did. */
const isExact = (value: number): boolean => !Number.isInteger(value) || Number.isSafeInteger(value);

const isNumber = (kind: ColumnKind): boolean => kind === 'integer' || kind === 'decimal' || kind === 'float';

/** A number as the file would have it. */
function withoutMarks(text: string, { reading }: SchemaField): string {
  const { decimalChar = '.', groupChar } = reading;
  const ungrouped = typeof groupChar === 'string' ? text.replaceAll(groupChar, '') : text;
  return plainNumber(ungrouped.replace(decimalChar, '.'));
}

/** A day and a time that exist. */
function isReal(text: string, kind: ColumnKind): boolean {
  if (isNumber(kind)) return true;
  const moment = kind === 'time' ? `2000-01-01T${text}` : text.replace(' ', 'T');
  const day = moment.slice(0, 10);
  const time = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(Date.parse(moment)) && new Date(time).toISOString().startsWith(day);
}

function truthText(value: Scalar, { name, reading }: SchemaField, constraint: string): string {
  const { trueValues = ['true', 'True', 'TRUE', '1'], falseValues = ['false', 'False', 'FALSE', '0'] } =
    reading;
  const text = String(value);
  if (typeof value === 'boolean') return text;
  if (trueValues.includes(text)) return 'true';
  if (falseValues.includes(text)) return 'false';
  throw refused(`field ${name}`, `${constraint} has ${shown(value)}; expected true or false`);
}
