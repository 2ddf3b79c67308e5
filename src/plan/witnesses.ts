import type { Value } from '../csv/sniff/column-values.ts';
import { type DateForm, dateForm, readDate } from '../csv/sniff/date-forms.ts';
import { signOf } from '../csv/sniff/numbers.ts';

/** Of values that say the same of their writing so many are kept: enough for whoever counts them. */
const MOST_ALIKE = 12;
/** `12.3.20` may be a date, or the number of a version: so many different ones have a day after the twelfth. */
const SHORT_DATE = 8;
const FEWEST_PROOFS = 5;
const PLAIN_NUMBER = /^[+-]?\d+(?:e[+-]?\d+)?$/i;

/**
 * What the values of one column of a whole file say of how they are written, in bounded memory: as long as all of
 * them are numbers with marks, or dates of one form, some of each kind.
 */
export class Witnesses {
  /** All values so far are numbers, with marks or without. */
  numbers = true;
  /** All values so far are dates of this form; null: not, or there is none yet. */
  dates: DateForm | null = null;
  readonly #kept = new Map<string, Value[]>();
  /** Numbers of groups: `1.234.567` has two. */
  readonly #groups = new Set<number>();
  #fractions = false;
  #spaced = false;
  #seen = false;
  /** A date with a year of two digits has a day or a month of one. */
  #short = false;
  /** Dates of which the day and the month cannot be the other way round. */
  readonly #proofs = new Set<string>();

  /** Whether more of its values can tell anything. */
  get open(): boolean {
    return this.numbers || this.dates !== null || !this.#seen;
  }

  get values(): Value[] {
    return [...this.#kept.values()].flat().sort((a, b) => a.line - b.line);
  }

  /**
   * Groups of three alone are no number yet: 192.168.100.101 and 555 123 456 have them too. They are where their
   * count differs, or a fraction follows.
   */
  get groupsAlone(): boolean {
    const most = Math.max(0, ...this.#groups);
    return !this.#fractions && this.#groups.size === 1 && (most > 1 || (most === 1 && this.#spaced));
  }

  /** Numbers of versions look like these dates. */
  get mayBeVersions(): boolean {
    return this.#short && this.#proofs.size < FEWEST_PROOFS;
  }

  take(text: string, line: number): void {
    if (!this.open) return;
    const kind = this.#number(text) ?? this.#date(text);
    this.#seen = true;
    if (kind === null) return;
    const alike = this.#kept.get(kind);
    if (alike === undefined) this.#kept.set(kind, [{ text, quoted: false, line }]);
    else if (alike.length < MOST_ALIKE) alike.push({ text, quoted: false, line });
  }

  #number(text: string): string | null {
    if (!this.numbers) return null;
    const sign = signOf(text);
    if (sign === null ? !PLAIN_NUMBER.test(text) : !/\d/.test(text)) {
      this.numbers = false;
      return null;
    }
    this.#groups.add(sign?.groups ?? 0);
    if (typeof sign?.decimal === 'string') this.#fractions = true;
    if (typeof sign?.group === 'string' && !'.,'.includes(sign.group)) this.#spaced = true;
    return `number ${sign?.decimal ?? ''} ${sign?.group ?? ''} ${sign?.either ?? ''}`;
  }

  #date(text: string): string | null {
    const form = dateForm(text);
    const known = this.#seen ? this.dates : form;
    const same = form !== null && form.key === known?.key;
    this.dates = same ? form : null;
    if (!same) return null;
    if (isShort(text, form)) this.#short = true;
    const read = form.formats.map((format) => readDate(text, format) !== null);
    if (this.#proofs.size < FEWEST_PROOFS && read[0] !== read[1]) this.#proofs.add(text);
    return `date ${read.map(Number).join('')}`;
  }
}

function isShort(text: string, { formats }: DateForm): boolean {
  return formats.some((format) => format.includes('%y')) && text.length < SHORT_DATE;
}
