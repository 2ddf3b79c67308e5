import { align, type Way } from '../csv/repair/align.ts';
import type { Marks } from '../csv/repair/marks.ts';
import type { ColumnLike, Field } from '../csv/repair/profile.ts';
import type { Dialect } from '../model/dialect.ts';

/** A record that is not as it should be: its lines, as text. */
export interface Broken {
  /** Without its record end. */
  readonly whole: string;
  /** The same where the record has only one line. */
  readonly firstLine: string;
  /** Its quotes are not as the dialect says. */
  readonly quotes: boolean;
}

export interface Mended {
  readonly fields: readonly Field[];
  /** What comes after the first line belongs to other records. */
  readonly onlyFirstLine: boolean;
}

/** Delimiters of which a single row may have another than its file. */
const OTHERS = [',', ';', '\t', '|', ' '];

/**
 * Quotes that are data are read as such always, since the content of the record is known then; delimiters that are
 * missing, too many or others only where the dialect says `ragged: repair`.
 */
export class Mender {
  readonly #marks: Marks;
  readonly #repairs: boolean;

  constructor(dialect: Dialect) {
    this.#marks = dialect;
    this.#repairs = dialect.ragged === 'repair';
  }

  get delimiter(): string {
    return this.#marks.delimiter;
  }

  /** Whether it would look at a record at all. */
  minds(quotes: boolean): boolean {
    return quotes || this.#repairs;
  }

  /**
   * Null: no way to read it fits, or several do. With columns that are not `known` nothing says where a delimiter is
   * wrong, so none is taken to be. A reading with the delimiters as they are must beat those with another one too.
   */
  mend(broken: Broken, profiles: readonly ColumnLike[], known = true): Mended | null {
    const repairs = this.#repairs && known;
    if (!this.minds(broken.quotes)) return null;
    const read = this.#read(broken, profiles, known ? 1 : 0);
    if (read !== null) return repairs || !read.damaged ? read : null;
    return repairs ? this.#otherDelimiter(broken, profiles) : null;
  }

  #read(broken: Broken, profiles: readonly ColumnLike[], damage: 0 | 1, marks = this.#marks): Read | null {
    const { whole, firstLine } = broken;
    const options = { marks, profiles, damage };
    const first = readOf(align(firstLine, options), firstLine !== whole);
    if (firstLine === whole) return first;
    const all = readOf(align(whole, options), false);
    if (first === null || all === null) return first ?? all;
    return all.cost <= first.cost ? all : first;
  }

  #otherDelimiter(broken: Broken, profiles: readonly ColumnLike[]): Mended | null {
    const found = OTHERS.filter(
      (delimiter) =>
        delimiter !== this.#marks.delimiter && broken.firstLine.split(delimiter).length >= profiles.length,
    )
      .map((delimiter) => this.#read(broken, profiles, 1, { ...this.#marks, delimiter }))
      .filter((each) => each !== null);
    return found.length === 1 ? (found[0] ?? null) : null;
  }
}

interface Read extends Mended {
  readonly cost: number;
  readonly damaged: boolean;
}

function readOf(way: Way | null, onlyFirstLine: boolean): Read | null {
  return way === null ? null : { ...way, onlyFirstLine };
}
